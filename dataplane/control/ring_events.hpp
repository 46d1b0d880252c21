// Ring events on their way from DPDK's vhost thread to the control thread.
#pragma once

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>

#include "ports/ring_event.hpp"

namespace ferryd {

/// Never waits and never loses the last event of a port: where a guest makes its ring flap faster than the control thread
/// follows, the events in between are left out.
class RingEvents {
public:
    static constexpr std::size_t plenty = 256;

    /// Any thread.
    void push(const RingEvent& event)
    {
        const std::lock_guard lock(mutex_);
        if (events_.size() >= plenty) {
            const auto last = std::find_if(events_.rbegin(), events_.rend(), [&](const RingEvent& waiting) {
                return waiting.port == event.port && is_migration(waiting) == is_migration(event);
            });
            if (last != events_.rend()) {
                *last = event;
                return;
            }
        }
        events_.push_back(event);
    }

    /// Control thread.
    std::deque<RingEvent> take()
    {
        const std::lock_guard lock(mutex_);
        return std::exchange(events_, {});
    }

private:
    static bool is_migration(const RingEvent& event) noexcept { return event.kind >= RingEvent::Kind::migration_begun; }

    std::mutex mutex_;
    std::deque<RingEvent> events_;
};

}  // namespace ferryd
