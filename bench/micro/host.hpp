// A host of the benchmarks: 172.16.0.1, its tables, and the VTEPs around it.
#pragma once

#include <memory>

#include <ferry/control/transaction.hpp>
#include <ferry/engine/worker.hpp>

#include "../../tests/support/must.hpp"

namespace ferry::bench {

inline constexpr Ipv4Address host_address = Ipv4Address::from_host(0xac10'0001);

using test::must;

constexpr Ipv4Address vtep_address(std::size_t number) noexcept
{
    return Ipv4Address::from_host(0xac10'0100u + static_cast<std::uint32_t>(number));
}

AdjacencySpec adjacency_to(std::size_t number) noexcept;

/// Adds the VTEPs 0 to `count` - 1.
std::vector<VtepId> add_vteps(Transaction& transaction, std::size_t count);

/// A worker over the tables, online, whose copies are from `pool`.
std::unique_ptr<Worker> make_worker(Tables& tables, rte_mempool* pool, std::uint32_t share_from = 512);

/// Commits, and waits until every worker has seen it and what it replaced is free.
void settle(Tables& tables, Transaction& transaction);

}  // namespace ferry::bench
