// A guest's broadcasts to many remotes: ingress replication by copy and by reference.
#include <cstring>

#include <ferry/wire/ethernet.hpp>

#include "buffers.hpp"
#include "host.hpp"
#include "measure.hpp"
#include "sinks.hpp"

namespace ferry::bench {
namespace {

constexpr std::size_t burst_of_floods = 4;

void write_broadcast(rte_mbuf& frame, std::size_t size)
{
    char* const bytes = rte_pktmbuf_append(&frame, static_cast<std::uint16_t>(size));
    const wire::EthernetHeader header{MacAddress::from_u48(0xffff'ffff'ffff), MacAddress::from_u48(0x5254'0000'0001),
                                      wire::be16{0x88b5}};
    std::memset(bytes, 0x5a, size);
    std::memcpy(bytes, &header, sizeof(header));
}

/// Cycles are those of one frame that leaves, until its buffers are free again.
void flood(benchmark::State& state)
{
    const auto size = static_cast<std::size_t>(state.range(0) - 4);  // the FCS
    const auto remotes = static_cast<std::size_t>(state.range(1));
    const std::uint32_t share_from = state.range(2) != 0 ? 0 : ~std::uint32_t{0};
    rte_mempool* const pool = buffers("flood", 8191, RTE_MBUF_DEFAULT_BUF_SIZE);
    const Vni vni = *Vni::make(100);
    const auto tables = must(Tables::make({}));
    Transaction transaction(*tables);
    must(transaction.add_segment(vni, false));
    const AttachmentId guest = must(transaction.add_attachment(vni, {}));
    add_vteps(transaction, remotes);
    std::vector<Ipv4Address> list;
    for (std::size_t i = 0; i < remotes; ++i)
        list.push_back(vtep_address(i));
    must(transaction.set_flood(vni, list));
    settle(*tables, transaction);

    const auto worker = make_worker(*tables, pool, share_from);
    TransmitRing sink;
    rte_mbuf* frames[burst_of_floods];
    const auto ready = [&] {
        if (rte_pktmbuf_alloc_bulk(pool, frames, burst_of_floods) != 0)
            throw std::runtime_error("the pool is empty");
        for (rte_mbuf* frame : frames)
            write_broadcast(*frame, size);
        return frames;
    };
    run(state, burst_of_floods * remotes, ready, [&](rte_mbuf** burst) {
        worker->from_attachment(guest, burst, burst_of_floods, 1, sink);
        worker->quiescent();
    });
    if (sink.sent != state.iterations() * burst_of_floods * remotes)
        state.SkipWithError("a replica was not sent");
}
BENCHMARK(flood)
    ->ArgNames({"size", "remotes", "by_reference"})
    ->ArgsProduct({{64, 256, 512, 1518}, {1, 8, 64, 512}, {0, 1}})
    ->UseManualTime();

}  // namespace
}  // namespace ferry::bench
