// Options of AF_PACKET sockets that DPDK 22.11's driver sets wrongly for ferry and has no arguments for. It puts its sockets,
// even a single one, into a fanout group in which the kernel puts IP fragments together: a guest's would come as one frame
// of their sum, and outer ones would pass unseen. In a group, not to see what the host itself sends is the group's option too.
// Neither can be changed later.
#pragma once

namespace ferryd {

/// While it lives, fanout groups that the calling thread makes, in whatever library, leave fragments as they are and do not
/// show what the host sends: the program's own setsockopt() stands before the C library's. Not nested.
class FanoutOptions {
public:
    FanoutOptions() noexcept;
    ~FanoutOptions();
    FanoutOptions(const FanoutOptions&) = delete;
    FanoutOptions& operator=(const FanoutOptions&) = delete;
};

}  // namespace ferryd
