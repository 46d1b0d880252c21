#include "host.hpp"

namespace ferry::bench {

AdjacencySpec adjacency_to(std::size_t number) noexcept
{
    AdjacencySpec spec;
    spec.next_hop = MacAddress::from_u48(0x0200'0000'0100 + number);
    spec.source_mac = MacAddress::from_u48(0x0200'0000'0001);
    spec.source = host_address;
    spec.mtu = 9216;
    return spec;
}

std::vector<VtepId> add_vteps(Transaction& transaction, std::size_t count)
{
    std::vector<VtepId> vteps;
    for (std::size_t i = 0; i < count; ++i)
        vteps.push_back(must(transaction.add_vtep(vtep_address(i), adjacency_to(i))));
    return vteps;
}

std::unique_ptr<Worker> make_worker(Tables& tables, rte_mempool* pool, std::uint32_t share_from)
{
    WorkerConfig config;
    config.local_vtep.address = host_address;
    config.pool = pool;
    config.share_from = share_from;
    auto worker = must(Worker::make(tables, config));
    worker->online();
    return worker;
}

void settle(Tables& tables, Transaction& transaction)
{
    const Commit commit = must(transaction.commit());
    wait_until_seen(tables, commit, std::chrono::seconds(1));
    reclaim(tables);
    reclaim(tables);
}

}  // namespace ferry::bench
