#include "control/move_log.hpp"

namespace ferryd {

MoveEvent& MoveLog::record(MoveEvent event)
{
    if (events_.size() == capacity)
        events_.pop_front();
    event.id = ++last_id_;
    return events_.emplace_back(std::move(event));
}

MoveEvent* MoveLog::find(std::uint64_t id)
{
    // Ids rise by one, so an event's place follows from the first one's.
    if (events_.empty() || id < events_.front().id || id > last_id_)
        return nullptr;
    return &events_[id - events_.front().id];
}

std::vector<MoveEvent> MoveLog::after(std::uint64_t id) const
{
    std::vector<MoveEvent> found;
    for (const MoveEvent& event : events_) {
        if (event.id > id)
            found.push_back(event);
    }
    return found;
}

}  // namespace ferryd
