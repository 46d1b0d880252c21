// DPDK's environment for tests: no hugepages, no devices, nothing shared with other processes, nothing left behind.
#pragma once

struct rte_mempool;

namespace ferry::test {

/// Starts EAL at the first call, for the rest of the process; it is cleaned up at exit. Throws std::runtime_error when
/// it cannot start.
void start_eal();

/// A pool of `count` buffers with DPDK's default room of 2,048 bytes behind a headroom of 128. Starts EAL. The pool
/// lives as long as the process. Throws std::runtime_error.
rte_mempool* make_pool(const char* name, unsigned count);

}  // namespace ferry::test
