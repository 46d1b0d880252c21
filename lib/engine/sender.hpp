// Which VTEP sent a frame.
#pragma once

#include <array>
#include <cstdint>

#include <ferry/engine/counters.hpp>
#include <ferry/table/vtep.hpp>

namespace ferry::engine {

/// Which VTEPs have been asked for lately, by the low bits of their addresses: all of a /20, one beside the other. One
/// worker's. What it remembers is forgotten when a VTEP comes or goes.
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
    std::array<Place, 4096> places_{};
    std::uint64_t as_of_ = 0;
};

/// Tells who sent a burst's frames, and counts what came from whom.
class Senders {
public:
    Senders(const Vteps& vteps, RecentSenders& recent, WorkerCounters& counters) noexcept
        : vteps_(vteps), recent_(recent), counters_(counters)
    {
        recent.refresh(vteps);
    }

    /// A frame of `bytes` has come from `address`, zero where it ends before it. Returns the VTEP, none for one that is
    /// not in the table.
    VtepId received(Ipv4Address address, std::uint32_t bytes) noexcept
    {
        const VtepId vtep = recent_.find(address, vteps_);
        TrafficCounters& of_vtep = counters_.vtep(vtep);
        of_vtep.in_frames.add(1);
        of_vtep.in_bytes.add(bytes);
        return vtep;
    }

private:
    const Vteps& vteps_;
    RecentSenders& recent_;
    WorkerCounters& counters_;
};

}  // namespace ferry::engine
