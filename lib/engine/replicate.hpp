// Ingress replication (RFC 7348 §4.2 without multicast): broadcast, unknown unicast and multicast to everybody else.
#pragma once

#include "engine/dispatch.hpp"

namespace ferry::engine {

/// Sends an inner frame to each attachment of its segment but the one it came from, and, where it came from one, to
/// each remote of the flood list. `peer` is the VTEP that it came from, none otherwise. Attachments get copies from the
/// pool; remotes get copies of short frames, and of long ones outer headers in front of the frame itself, which they
/// share (replica.hpp). Where nothing is shared the last one gets the frame. A copy that cannot be made or sent is a
/// drop of its own; so is a frame for nobody.
void replicate(rte_mbuf& frame, const Segment& segment, VtepId peer, Delivery& delivery);

}  // namespace ferry::engine
