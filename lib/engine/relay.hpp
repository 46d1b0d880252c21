// Frames on to another host: relayed for an endpoint that has moved, or sent with a mark to one that moves.
#pragma once

#include "engine/dispatch.hpp"
#include "engine/encap.hpp"

namespace ferry::engine {

/// As encapsulate(), with the mark and stream of a turn.
void encapsulate_marked(rte_mbuf& frame, const Adjacency& adjacency, Vni vni, InnerFlow flow, Mark mark,
                        std::uint8_t stream) noexcept;

/// As encapsulate_marked(), with an outer TTL of `ttl`, and saying that the frame's source is not at this host.
void encapsulate_relayed(rte_mbuf& frame, const Adjacency& adjacency, Vni vni, InnerFlow flow, Mark mark,
                         std::uint8_t stream, std::uint8_t ttl) noexcept;

/// Writes another TTL into the outer header of an encapsulated frame.
void set_outer_ttl(rte_mbuf& frame, std::uint8_t ttl) noexcept;

/// The adjacency by which frame `i`, which came from the underlay with the TTL `ttl`, can go on to the host `to`; null
/// where it was dropped instead.
const Adjacency* way_on(Burst& burst, std::size_t i, VtepId to, std::uint8_t ttl, const Delivery& delivery) noexcept;
/// Frame `i` has been encapsulated to go on by it.
void goes_on(Burst& burst, std::size_t i, const Adjacency& adjacency, const Delivery& delivery) noexcept;

/// Passes frame `i`, which came from the underlay as `arrival` says, on to the host `to` under `label`, own_vni for its
/// segment's VNI. Verdict: encapsulated, or drop. The outer TTL is one less, so that a frame cannot go round for ever.
/// A mark is for the next hop's merge: one that came with a label was for this host and goes no further, nor does one
/// that says that the frame came directly.
void relay(Burst& burst, std::size_t i, VtepId to, Vni label, const Arrival& arrival,
           const Delivery& delivery) noexcept;

/// What becomes of a frame that the port has no room for.
enum class PortFull : std::uint8_t { drops, leaves };

/// Encapsulates up to max_burst inner frames that the gate of the attachment `from` passes on, and gives them to the sink;
/// see Worker::relay() and Worker::flush_dock(), which says what is returned. Counts those that are sent and those that are
/// dropped.
std::uint16_t relay_burst(AttachmentId from, rte_mbuf** frames, const Arrival* arrivals, std::uint16_t count, VtepId to,
                          Vni vni, PortFull when_full, const Delivery& delivery, Sink& sink);

}  // namespace ferry::engine
