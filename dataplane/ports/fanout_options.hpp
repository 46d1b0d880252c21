// Options of AF_PACKET sockets that DPDK 22.11's driver sets wrongly for ferry and has no arguments for. It puts its sockets,
// even a single one, into a fanout group in which the kernel puts IP fragments together: a guest's would come as one frame
// of their sum, and outer ones would pass unseen. In a group, not to see what the host itself sends is the group's option too.
// Neither can be changed later.
#pragma once

#include <vector>

namespace ferryd {

/// While it lives, fanout groups that the calling thread makes, in whatever library, leave fragments as they are and do not
/// show what the host sends: the program's own setsockopt() stands before the C library's. Not nested.
class FanoutOptions {
public:
    FanoutOptions();
    ~FanoutOptions();
    /// The sockets that joined a group so far, in that order, which is that of a device's queues.
    const std::vector<int>& sockets() const noexcept { return sockets_; }
    void joined(int socket) noexcept;
    FanoutOptions(const FanoutOptions&) = delete;
    FanoutOptions& operator=(const FanoutOptions&) = delete;

private:
    std::vector<int> sockets_;
};

}  // namespace ferryd
