// From rows to verdicts.
#pragma once

#include "engine/burst.hpp"

namespace ferry::engine {

/// For frames from the attachment `from`: local, remote with its adjacency as of `epoch`, flood, or a drop; also where
/// the frame does not fit the adjacency or has no room for the outer headers.
void decide_from_attachment(Burst& burst, AttachmentId from, const Vteps& vteps, Epoch epoch) noexcept;

/// For frames from the underlay: local, flood, or a drop, because the underlay never goes to the underlay.
void decide_from_underlay(Burst& burst) noexcept;

}  // namespace ferry::engine
