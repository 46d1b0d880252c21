// From look-ups that have begun to rows, and from rows to verdicts.
#pragma once

#include "engine/dispatch.hpp"

namespace ferry::engine {

/// For frames from the attachment `delivery.from`, all of the segment `vni`: local, encapsulated for the VTEP of its
/// row, flood, or a drop; also where the frame does not fit the adjacency or has no room for the outer headers. Other
/// rows: exceptional.hpp. Frames that make a detour: detour.hpp.
void decide_from_attachment(Burst& burst, Vni vni, const LookUp& look_up, const Delivery& delivery) noexcept;

/// For frames from the underlay: local, flood, or a drop, because the underlay never goes to the underlay. Other rows,
/// and frames under labels: exceptional.hpp.
void decide_from_underlay(Burst& burst, const LookUp& look_up, const Delivery& delivery) noexcept;

}  // namespace ferry::engine
