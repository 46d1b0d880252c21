// The way of what an endpoint that has moved sends to a VTEP that takes it only from its old host (table/detour.hpp).
#pragma once

#include "engine/dispatch.hpp"

namespace ferry::engine {

/// The detour of a frame for the VTEP `peer`, or null. For a frame of at least an Ethernet header.
const Detour* detour_of(const rte_mbuf& frame, VtepId peer, const DetourList& detours) noexcept;

/// Sends the frames of a burst that make a detour to the old host under its label, of those whose row is known to be remote.
/// Verdict: encapsulated, or drop. The attachment has detours.
[[gnu::cold]] void take_detours(Burst& burst, const Delivery& delivery) noexcept;

/// Passes frame `i`, of the verdict detoured, on as its exit says: like a frame of this host's, but for a TTL of one
/// less. Verdict: encapsulated, or drop.
[[gnu::cold]] void leave_detour(Burst& burst, std::size_t i, const Delivery& delivery) noexcept;

}  // namespace ferry::engine
