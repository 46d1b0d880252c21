// Which VTEP sent a frame.
#pragma once

#include "engine/burst.hpp"
#include "engine/parse_outer.hpp"

#include <ferry/engine/counters.hpp>

namespace ferry::engine {

/// Writes the VTEP of every frame that is ours, right or not, to `burst.peers`, none for one that is not in the
/// table, and counts the frame as received from there. `vteps` is asked once for each run of frames of one sender.
void find_sender(Burst& burst, const OuterHeaders& outer, const Vteps& vteps, WorkerCounters& counters) noexcept;

}  // namespace ferry::engine
