// What a vhost port's rings did, told by DPDK's vhost thread.
#pragma once

#include <cstdint>

#include "host/clock.hpp"

namespace ferryd {

/// Names a port for as long as the process lives; never used again for another.
enum class PortKey : std::uint64_t { none = 0 };

struct RingEvent {
    enum class Kind : std::uint8_t {
        started,          ///< the ring takes frames from `at` on: the VM runs here
        stopped,          ///< asked to stop at `at`; when the event is told no worker touches the ring any more
        migration_begun,  ///< VHOST_F_LOG_ALL is on: the VM's memory is being copied
        migration_ended,  ///< and off again
    };
    PortKey port = PortKey::none;
    Kind kind = Kind::started;
    Stamp at;
};

/// What the vhost ports need of the daemon around them. Called on DPDK's vhost thread, or on the control thread while it
/// closes a port: neither call may wait for the control thread.
class RingHost {
public:
    virtual ~RingHost() = default;
    virtual void ring_event(const RingEvent& event) = 0;
    /// Returns when every worker has forgotten what it knew of any port before the call, and what workers had received by
    /// then has been handed to its ports.
    virtual void wait_until_handed_on() = 0;
    /// Any thread: lets workers that sleep look at what has changed at their ports. Returns at once.
    virtual void wake_workers() noexcept = 0;
};

}  // namespace ferryd
