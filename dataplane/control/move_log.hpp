// The last events that changed where an endpoint is. Control thread only.
#pragma once

#include <deque>

#include "control/status.hpp"

namespace ferryd {

class MoveLog {
public:
    static constexpr std::size_t capacity = 1024;

    /// Gives the event its id, keeps it, and returns it; the oldest goes when there are too many.
    MoveEvent& record(MoveEvent event);
    /// The event, or null where it is too old or never was. Valid until the next record().
    MoveEvent* find(std::uint64_t id);
    /// Events of ids above `after`, oldest first.
    std::vector<MoveEvent> after(std::uint64_t id) const;

private:
    std::deque<MoveEvent> events_;
    std::uint64_t last_id_ = 0;
};

}  // namespace ferryd
