// A burst on its way through the engine's steps: its frames, and what the steps so far have found out about each.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <rte_mbuf.h>

#include <ferry/engine/arrival.hpp>
#include <ferry/engine/drop.hpp>
#include <ferry/engine/worker.hpp>
#include <ferry/table/detour.hpp>
#include <ferry/table/row.hpp>
#include <ferry/table/segment.hpp>
#include <ferry/table/vtep.hpp>

#include "table/look_up.hpp"

namespace ferry::engine {

inline constexpr std::size_t max_burst = Worker::max_burst;

/// One value for each frame of a burst.
template <typename T>
using PerFrame = std::array<T, max_burst>;

/// What is to become of a frame.
enum class Verdict : std::uint8_t {
    forward,       ///< not decided yet: the next step looks at it
    local,         ///< to the attachment that its row names; label() has been called
    encapsulated,  ///< to the VTEP that its adjacency names; the outer headers are on already
    flood,         ///< to everybody else in its segment
    pass,          ///< not ours: to the host
    drop,          ///< freed and counted under its reason
    // Of endpoints that move (exceptional.hpp)
    labelled,      ///< came under a label: its row decides, but not as for other frames
    detoured,      ///< came under the label of a detour: on by its exit
    gate,          ///< to the gate of an attachment
    done,          ///< it has gone
};

/// Each step reads what those before it wrote, for frames whose verdict is still `forward`. A frame keeps its place
/// from beginning to end, so that a decided one costs the steps behind it no more than a look at its verdict.
struct Burst {
    std::size_t count = 0;
    std::uint64_t bytes = 0;                  ///< of the guests' frames, as long as none was dropped on the way
    PerFrame<rte_mbuf*> frames;
    PerFrame<std::uint8_t*> fronts;           ///< where each frame's first byte was when it came
    PerFrame<Verdict> verdicts;
    PerFrame<DropReason> reasons;             ///< where the verdict is drop
    PerFrame<VtepId> peers;                   ///< the VTEP at the other end, none where there is none or it is unknown; not always
                                              ///< said where the verdict is encapsulated
    PerFrame<const Segment*> segments;
    PerFrame<FdbKey> keys;                    ///< whose row is wanted, where the verdict is forward or labelled
    PerFrame<std::uint32_t> homes;            ///< where the look-up of `keys` has begun
    PerFrame<Row> rows;                       ///< what the FDB says of `keys`, once look-ups have ended
    PerFrame<const Adjacency*> adjacencies;   ///< where the verdict is encapsulated
    bool all_to_port = false;                 ///< all are encapsulated, and leave by one underlay port
    bool all_to_attachment = false;           ///< all are local, and for one attachment
    bool any_labelled = false;                ///< there may be such a verdict, or detoured
    PerFrame<Arrival> arrivals;               ///< where the verdict is labelled, detoured or gate
    PerFrame<AttachmentId> gates;             ///< where the verdict is gate
    PerFrame<ExitId> exits;                   ///< where the verdict is detoured

    /// Takes over `frames`, of which nothing is known yet. `arrived` is at most max_burst.
    void start(rte_mbuf** arrived, std::size_t arrived_count) noexcept
    {
        count = arrived_count;
        std::copy_n(arrived, count, frames.begin());
        verdicts.fill(Verdict::forward);
        peers.fill(VtepId::none);
        all_to_port = false;
        all_to_attachment = false;
        any_labelled = false;
    }

    void begin_look_up(std::size_t i, FdbKey key, const LookUp& look_up) noexcept
    {
        keys[i] = key;
        homes[i] = look_up.begin(key);
    }
    void end_look_up(std::size_t i, const LookUp& look_up) noexcept { rows[i] = look_up.end(homes[i], keys[i]).row; }

    void drop(std::size_t i, DropReason reason) noexcept
    {
        verdicts[i] = Verdict::drop;
        reasons[i] = reason;
    }

    void drop_all(DropReason reason) noexcept
    {
        for (std::size_t i = 0; i < count; ++i)
            drop(i, reason);
    }
};

}  // namespace ferry::engine
