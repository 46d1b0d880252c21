// What hosts said of where endpoints are, with the versions by which an old message is known as old.
// Control thread only.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "control/control_api.hpp"

namespace ferryd {

class PlaceBook {
public:
    explicit PlaceBook(std::size_t most_endpoints) : most_(most_endpoints) {}

    /// The newest place known, or null.
    const EndpointPlace* find(ferry::Vni vni, ferry::MacAddress mac) const;
    std::uint64_t version(ferry::Vni vni, ferry::MacAddress mac) const;
    /// A version above all that is known or was heard of.
    std::uint64_t next_version(ferry::Vni vni, ferry::MacAddress mac) const;
    /// True where `place` is newer than what is known: higher version, or the same one by a host whose name sorts higher.
    bool is_news(const EndpointPlace& place) const;
    /// Keeps `place` as the newest. Fails with table_full.
    ferry::Expected<void> keep(const EndpointPlace& place);
    /// Another host knows this version, without having said of what place: next_version() goes above it. Of endpoints that
    /// are not in the book nothing is kept.
    void heard(ferry::Vni vni, ferry::MacAddress mac, std::uint64_t version);
    void forget(ferry::Vni vni);

private:
    using Key = std::pair<ferry::Vni, ferry::MacAddress>;
    struct Known {
        EndpointPlace place;
        std::uint64_t heard = 0;
    };
    std::size_t most_;
    std::map<Key, Known> places_;
};

}  // namespace ferryd
