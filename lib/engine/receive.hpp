// The first step: the burst's mbufs and the fronts of their frames come into the cache, in one piece each.
#pragma once

#include <cstdint>

#include "engine/burst.hpp"

struct rte_mempool;

namespace ferry::engine {

/// Prefetches the frames' first bytes, and with `room` that many bytes before them, for writing. A frame whose first
/// buffer holds less than contiguous_size of it is replaced by a copy from `pool`; without a buffer there it is
/// dropped. Returns the bytes of all frames.
std::uint64_t receive(Burst& burst, rte_mempool* pool, std::uint16_t room) noexcept;

}  // namespace ferry::engine
