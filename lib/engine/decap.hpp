// Taking the outer headers off.
#pragma once

#include "engine/burst.hpp"
#include "engine/learn.hpp"
#include "engine/parse_outer.hpp"

#include <ferry/table/tables.hpp>

namespace ferry::engine {

/// Finds the segment of each frame's VNI as of `epoch`, brings the outer congestion mark into the inner packet (RFC
/// 6040 §4.2), takes the outer headers and padding off, and begins to look the inner destination up. Drops frames of
/// unknown VNIs, and those that must not lose their mark. Sources of frames from VTEPs that the table knows, in
/// segments that learn, go to `seen`, but not those of frames that were relayed or marked on their way. Returns how
/// many frames were decapsulated.
///
/// A frame under a label gets the verdict `labelled`, and its arrival, and the label's endpoint is looked up, whatever its
/// inner destination. Under a label of a detour it gets the verdict `detoured`, its arrival and its exit.
std::size_t decap(Burst& burst, const OuterHeaders& outer, const Tables& tables, Epoch epoch, const LookUp& look_up,
                  Sightings& seen) noexcept;

}  // namespace ferry::engine
