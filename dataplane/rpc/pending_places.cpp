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

std::optional<PendingPlaces::Item> PendingPlaces::put_back(Item item)
{
    if (items_.size() >= most_ || by_endpoint_.count(key_of(item.place)) != 0)
        return item;
    return push(std::move(item));
}

}  // namespace ferryd
