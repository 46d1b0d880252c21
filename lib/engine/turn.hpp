// Frames of this host's attachments for an endpoint that has moved, while they change over to its new host.
#pragma once

#include "engine/dispatch.hpp"

namespace ferry::engine {

/// Decides frame `i`, from the attachment `delivery.from`, whose row names a turn. In the phase `detour` it goes marked
/// to the old host, or to the gate where that is this one, and is counted; in the phase `direct` marked to the new one.
void turn(Burst& burst, std::size_t i, const Delivery& delivery) noexcept;

}  // namespace ferry::engine
