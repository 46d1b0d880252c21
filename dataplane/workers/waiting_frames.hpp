// Encapsulated frames that wait for their next hop's MAC address.
#pragma once

#include <cstdint>
#include <vector>

#include <ferry/engine/worker.hpp>

#include "underlay/next_hop_table.hpp"

struct rte_mbuf;

namespace ferryd {

/// How many frames may wait, at each worker.
struct WaitingBounds {
    std::uint32_t for_one_vtep = 16;
    constexpr std::uint32_t for_all() const noexcept { return for_one_vtep * 16; }
};

/// One worker's own, used on its thread only. Frames for a VTEP leave in the order in which they came; each has its VTEP
/// in hash.usr, as the engine puts it there.
class WaitingFrames {
public:
    static constexpr std::uint64_t patience_ms = 3'000;  ///< a frame that has waited longer is dropped

    /// May throw std::bad_alloc.
    WaitingFrames(ferry::Worker& engine, const NextHopTable& next_hops, WaitingBounds bounds);
    ~WaitingFrames();
    WaitingFrames(const WaitingFrames&) = delete;
    WaitingFrames& operator=(const WaitingFrames&) = delete;

    bool empty() const noexcept { return frames_.empty(); }
    /// Whether a frame for that VTEP would wait.
    bool waits(ferry::VtepId vtep) const noexcept;

    /// Takes a frame for an incomplete adjacency with its ownership. True where it may leave at once, and is the
    /// caller's again; otherwise it waits, or was dropped and counted.
    bool passes(rte_mbuf* frame, std::uint64_t now_tsc) noexcept;
    /// Takes out frames that may leave, up to `room`, which are the caller's then, and drops those that will not.
    std::uint16_t take_ready(rte_mbuf** ready, std::uint16_t room, std::uint64_t now_tsc) noexcept;

private:
    struct Frame {
        rte_mbuf* mbuf;
        ferry::VtepId vtep;
        std::uint64_t since_tsc;
    };
    void drop(ferry::DropReason reason, rte_mbuf* frame) noexcept;

    ferry::Worker& engine_;
    const NextHopTable& next_hops_;
    const WaitingBounds bounds_;
    std::vector<Frame> frames_;  ///< by age; never more than was reserved
};

}  // namespace ferryd
