// Guarding the source: a guest sends from its own addresses, or from any where its attachment says so.
#pragma once

#include "engine/burst.hpp"
#include "engine/learn.hpp"

#include <ferry/table/attachment.hpp>

namespace ferry::engine {

/// Drops frames that are no frames, or whose source the attachment may not use; for the others writes the segment, and
/// begins to look the destination up. Where the attachment has no MACs of its own and the segment learns, the sources go to `seen`.
void guard(Burst& burst, const Attachment& from, const Segment& segment, const LookUp& look_up,
           Sightings& seen) noexcept;

}  // namespace ferry::engine
