// Rows and frames that ordinary traffic does not meet: endpoints that come, go or have gone. Off the fast path.
#pragma once

#include "engine/dispatch.hpp"

namespace ferry::engine {

/// Decides frame `i`, from the attachment `delivery.from`, for a row that is neither remote nor local nor absent: to
/// the gate, by its turn (turn.hpp), or a drop.
[[gnu::cold]] void exceptional_from_attachment(Burst& burst, std::size_t i, const Delivery& delivery) noexcept;

/// Decides frame `i`, from the underlay and under its segment's VNI, for a row that is neither local nor absent: to the
/// gate, on to another host where the row says to relay, or a drop.
[[gnu::cold]] void exceptional_from_underlay(Burst& burst, std::size_t i, const Delivery& delivery) noexcept;

/// Decides the frames that came under labels: to the gate of their endpoint, be it a broadcast or not; where the
/// endpoint has gone on, after it; by the exit of their detour; or a drop.
[[gnu::cold]] void decide_labelled(Burst& burst, const LookUp& look_up, const Delivery& delivery) noexcept;

/// Dispatches frame `i`, whose verdict is one of the last four.
[[gnu::cold]] void dispatch_exceptional(Burst& burst, std::size_t i, Delivery& delivery);

}  // namespace ferry::engine
