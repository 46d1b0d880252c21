#include "rpc/pending_places.hpp"

namespace ferryd {

std::optional<PendingPlaces::Item> PendingPlaces::push(Item item)
{
    if (const auto found = by_endpoint_.find(key_of(item.place)); found != by_endpoint_.end()) {
        if (found->second->place.version <= item.place.version)
            std::swap(*found->second, item);
        return item;
    }
    std::optional<Item> oldest;
    if (items_.size() >= most_)
        oldest = pop();
    items_.push_back(std::move(item));
    by_endpoint_[key_of(items_.back().place)] = std::prev(items_.end());
    return oldest;
}

std::optional<PendingPlaces::Item> PendingPlaces::pop()
{
    if (items_.empty())
        return std::nullopt;
    Item item = std::move(items_.front());
    by_endpoint_.erase(key_of(item.place));
    items_.pop_front();
    return item;
}

bool PendingPlaces::supersedes(const EndpointPlace& place) const
{
    const auto found = by_endpoint_.find(key_of(place));
    return found != by_endpoint_.end() && found->second->place.version >= place.version;
}

}  // namespace ferryd
