// Which VTEP sent a frame.
#pragma once

#include <array>

#include "engine/burst.hpp"
#include "engine/parse_outer.hpp"

#include <ferry/engine/counters.hpp>

namespace ferry::engine {

/// Which VTEPs have been asked for lately, by the low bits of their addresses. One worker's. What it remembers is forgotten
/// when a VTEP comes or goes.
class RecentSenders {
public:
    /// Before each burst.
    void refresh(const Vteps& vteps) noexcept
    {
        if (const std::uint64_t now = vteps.address_changes(); now != as_of_) [[unlikely]] {
            as_of_ = now;
            places_.fill({});
        }
    }
    VtepId find(Ipv4Address address, const Vteps& vteps) noexcept
    {
        Place& place = places_[address.host() % places_.size()];
        if (place.address != address) [[unlikely]]
            place = {address, vteps.find(address)};
        return place.vtep;
    }

private:
    struct Place {
        Ipv4Address address{};
        VtepId vtep = VtepId::none;  ///< of 0.0.0.0, which is no VTEP, too
    };
    std::array<Place, 256> places_{};
    std::uint64_t as_of_ = 0;
};

/// Writes the VTEP of every frame that is ours, right or not, to `burst.peers`, none for one that is not in the
/// table, and counts the frame as received from there.
void find_sender(Burst& burst, const OuterHeaders& outer, const Vteps& vteps, RecentSenders& recent,
                 WorkerCounters& counters) noexcept;

}  // namespace ferry::engine
