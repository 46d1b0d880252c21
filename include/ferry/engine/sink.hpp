// Where a worker's frames go. The switch that links the library implements it over its own ports.
#pragma once

#include <cstdint>

#include <ferry/engine/arrival.hpp>
#include <ferry/table/row.hpp>
#include <ferry/table/vtep.hpp>

struct rte_mbuf;

namespace ferry {

/// Takes bursts of frames with their ownership, in order. Called by the worker, on its thread, between the look-ups
/// of a burst and the return of the call that brought it; must not call back into that Worker's from_*() functions,
/// may call its drop(). One call a burst and destination, not one a frame; several where floods make more frames for
/// a destination than Worker::max_burst, which `count` never exceeds.
class Sink {
public:
    virtual ~Sink() = default;
    /// Inner frames for a local attachment.
    virtual void to_attachment(AttachmentId attachment, rte_mbuf** frames, std::uint16_t count) = 0;
    /// Inner frames for the gate of an attachment's endpoint, because that comes or goes; `arrivals` says of each how
    /// it came. Such frames and those of to_attachment() for the same attachment keep their order, in calls as short as
    /// that takes.
    virtual void to_gate(AttachmentId attachment, rte_mbuf** frames, const Arrival* arrivals, std::uint16_t count) = 0;
    /// Encapsulated frames for an underlay port. The first buffer of each is its own. Those behind it, which the long
    /// frames of floods have, may belong to frames for other VTEPs too: nobody writes to them, and each frame may be
    /// freed by any thread. A port that frees buffers without a look at their reference counts
    /// (RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) must not get them; for one that sends no chains (without
    /// RTE_ETH_TX_OFFLOAD_MULTI_SEGS) rte_pktmbuf_linearize() makes one buffer of them.
    virtual void to_underlay(UnderlayId underlay, rte_mbuf** frames, std::uint16_t count) = 0;
    /// The same for frames of a dock, which can wait there: takes the first ones that the port has room for and returns
    /// how many. The others stay the caller's, not a byte changed, and are offered again. A frame that no port would
    /// take is dropped, and counts as taken. Who does not override it takes all.
    virtual std::uint16_t offer_to_underlay(UnderlayId underlay, rte_mbuf** frames, std::uint16_t count)
    {
        to_underlay(underlay, frames, count);
        return count;
    }
    /// Frames from the underlay that are not VXLAN for this VTEP: the host's own (ARP, BGP, ssh). Not a byte is
    /// changed.
    virtual void pass(rte_mbuf** frames, std::uint16_t count) = 0;
};

}  // namespace ferry
