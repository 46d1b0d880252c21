// Buffers as data planes have them: in huge pages, with a cache for the worker.
#pragma once

#include <cstddef>

struct rte_mempool;

namespace ferry::bench {

/// A pool of `count` buffers of `room` bytes, headroom among them. A second call with the name gives the same one. Starts
/// EAL. It lives as long as the process. Throws std::runtime_error.
rte_mempool* buffers(const char* name, unsigned count, std::size_t room);

}  // namespace ferry::bench
