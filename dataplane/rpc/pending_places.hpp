// What one peer is still to be told: at most one place of each endpoint, the newest, in the order of first mention.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "control/controller.hpp"

namespace ferryd {

/// A queue with a bound. Not for several threads at once.
class PendingPlaces {
public:
    struct Item {
        EndpointPlace place;
        PeerAnnouncer::Done done;
    };

    /// `most` is the number of endpoints that can wait.
    explicit PendingPlaces(std::size_t most) : most_(most) {}

    /// Adds a place. Returns what need not be told any more: the older of two places of one endpoint, or, where the
    /// queue is full, the one that has waited longest.
    std::optional<Item> push(Item item);
    /// Takes the one that has waited longest.
    std::optional<Item> pop();
    /// Puts a place that was taken out to the end of the queue, to be told later. Returns it where that is not worth
    /// while: a place of the endpoint waits, or the queue is full.
    std::optional<Item> put_back(Item item);
    std::size_t size() const noexcept { return items_.size(); }

private:
    using Key = std::pair<ferry::Vni, ferry::MacAddress>;
    static Key key_of(const EndpointPlace& place) { return {place.vni, place.mac}; }

    std::size_t most_;
    std::list<Item> items_;
    std::map<Key, std::list<Item>::iterator> by_endpoint_;
};

}  // namespace ferryd
