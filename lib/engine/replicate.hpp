// Ingress replication (RFC 7348 §4.2 without multicast): broadcast, unknown unicast and multicast to everybody else.
#pragma once

#include "engine/dispatch.hpp"

namespace ferry::engine {

/// Sends an inner frame to each attachment of its segment but the one it came from, and, where it came from one, to
/// each remote of the flood list. `peer` is the VTEP that it came from, none otherwise. All but the last one get
/// copies from the pool, the last one the frame itself. A copy that cannot be made or sent is a drop of its own; so
/// is a frame for nobody.
void replicate(rte_mbuf& frame, const Segment& segment, VtepId peer, Delivery& delivery);

}  // namespace ferry::engine
