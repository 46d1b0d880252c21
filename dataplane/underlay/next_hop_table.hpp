// What workers know of next hops while an adjacency is incomplete, by VTEP.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <ferry/table/vtep.hpp>

#include "underlay/next_hop.hpp"

namespace ferryd {

/// The underlay port that an incomplete adjacency names. It is none: frames for it go by the NextHopTable, and all
/// others cost nothing but a comparison a burst.
inline constexpr ferry::UnderlayId incomplete_underlay{1};

/// One writer, many readers that never wait. The writer enters a next hop here before the adjacency of its VTEP names
/// the port, so that a worker that sees the complete adjacency finds here how to send what has waited for it.
class NextHopTable {
public:
    struct Entry {
        NextHopState state = NextHopState::unresolved;
        ferry::MacAddress mac;  ///< where resolved
    };

    /// Room for as many VTEPs as the tables have. May throw std::bad_alloc.
    explicit NextHopTable(std::uint32_t max_vteps)
        : words_(std::make_unique<std::atomic<std::uint64_t>[]>(std::size_t{max_vteps} + 1)), max_(max_vteps)
    {
    }

    void set(ferry::VtepId vtep, const Entry& entry) noexcept
    {
        if (ferry::index_of(vtep) <= max_)
            words_[ferry::index_of(vtep)].store(entry.mac.to_u48() << 8 | static_cast<std::uint64_t>(entry.state),
                                                std::memory_order_release);
    }
    /// Unresolved for a VTEP of which nothing has been said.
    Entry at(ferry::VtepId vtep) const noexcept
    {
        if (ferry::index_of(vtep) > max_)
            return {};
        const std::uint64_t word = words_[ferry::index_of(vtep)].load(std::memory_order_acquire);
        return {static_cast<NextHopState>(word & 0xff), ferry::MacAddress::from_u48(word >> 8)};
    }

private:
    std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
    std::uint32_t max_;
};

}  // namespace ferryd
