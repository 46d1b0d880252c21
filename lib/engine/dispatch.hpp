// The last step: every frame goes where its verdict says.
#pragma once

#include "engine/burst.hpp"
#include "engine/encap.hpp"
#include "engine/outbox.hpp"
#include "engine/relay_news.hpp"
#include "engine/trash.hpp"

#include <ferry/table/detour.hpp>
#include <ferry/table/turns.hpp>
#include <ferry/wire/entropy.hpp>

namespace ferry::engine {

/// What delivering a burst needs besides the burst.
struct Delivery {
    AttachmentId from;            ///< none: the underlay
    const Vteps& vteps;
    Epoch epoch;
    wire::PortScale entropy_ports;
    rte_mempool* pool;            ///< for copies
    Turns& turns;
    const DetourExits& exits;
    std::uint32_t worker;         ///< its reader number, for counts in `turns`
    WorkerCounters& counters;
    Outbox& outbox;
    Trash& trash;
    RelayNews& relay_news;
    std::uint32_t now_seconds;
    std::uint32_t share_from;     ///< bytes of a frame from which the replicas of a flood share it
    const DetourList* detours = nullptr;  ///< of the attachment; null: it has none
};

/// The adjacency by which frame `i` can go to the VTEP `to`; null where it was dropped instead, because there is none or
/// the frame does not fit it.
inline const Adjacency* adjacency_for(Burst& burst, std::size_t i, VtepId to, const Delivery& delivery) noexcept
{
    burst.peers[i] = to;
    const Adjacency* const adjacency = delivery.vteps.at(to, delivery.epoch);
    const rte_mbuf& frame = *burst.frames[i];
    if (adjacency != nullptr && fits(frame, *adjacency)) [[likely]]
        return adjacency;
    burst.drop(i, adjacency != nullptr ? *misfit(frame, *adjacency) : DropReason::adjacency_gone);
    return nullptr;
}

/// Frame `i` has been encapsulated for the VTEP `burst.peers[i]` and leaves by its adjacency.
inline void leaves(Burst& burst, std::size_t i, const Adjacency& adjacency, const Delivery& delivery) noexcept
{
    burst.adjacencies[i] = &adjacency;
    burst.verdicts[i] = Verdict::encapsulated;
    delivery.outbox.count_out(*burst.frames[i], burst.peers[i]);
}

/// Puts frames, in their order, into the outbox or the trash. Floods are replicated here, so that they keep their place
/// among the frames of every destination.
void dispatch(Burst& burst, Delivery& delivery);

}  // namespace ferry::engine
