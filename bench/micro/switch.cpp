#include "burst_bench.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <random>
#include <stdexcept>

#include <rte_cycles.h>
#include <rte_mempool.h>

#include "../../tests/support/eal.hpp"

namespace ferry::bench {
namespace {

constexpr std::size_t warm_buffers = 512, placed_buffers = 8192;

/// A pool in huge pages, as data planes have them, where the kernel gives some without being asked beforehand.
rte_mempool* make_pool()
{
    test::start_eal();
    constexpr unsigned buffers = placed_buffers + warm_buffers;
    constexpr std::size_t huge_page = 2 << 20, bytes = 32 * huge_page;
    void* const memory = std::aligned_alloc(huge_page, bytes);
    rte_mempool* const pool = rte_mempool_create_empty("bench", buffers, sizeof(rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE,
                                                       0, sizeof(rte_pktmbuf_pool_private), SOCKET_ID_ANY, 0);
    if (memory == nullptr || pool == nullptr)
        throw std::runtime_error("no memory for the benchmarks' buffer pool");
    madvise(memory, bytes, MADV_HUGEPAGE);
    rte_pktmbuf_pool_init(pool, nullptr);
    if (rte_mempool_populate_virt(pool, static_cast<char*>(memory), bytes, huge_page, nullptr, nullptr) < 0)
        throw std::runtime_error("the benchmarks' buffer pool cannot be filled");
    rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
    return pool;
}

rte_mempool* pool()
{
    static rte_mempool* const all = make_pool();
    return all;
}

template <typename T>
T must(Expected<T> expected)
{
    if (!expected)
        throw std::runtime_error(expected.error().sentence);
    if constexpr (!std::is_void_v<T>)
        return std::move(*expected);
}

/// Moves a cache line from the core's own caches to the shared one, on CPUs that can; a no-operation on others.
void demote(const void* line) noexcept
{
    asm volatile(".byte 0x0f, 0x1c, 0x07" : : "D"(line) : "memory");  // cldemote (%rdi)
}

}  // namespace

MacAddress Switch::remote_mac(std::size_t endpoint) noexcept
{
    return MacAddress::from_u48(0x5254'00aa'0000 + endpoint);
}

MacAddress Switch::local_mac(std::size_t endpoint) noexcept
{
    return MacAddress::from_u48(0x5254'00bb'0000 + endpoint);
}

Ipv4Address Switch::vtep_of(std::size_t endpoint) noexcept
{
    return Ipv4Address::from_host(0xac10'0100u + static_cast<std::uint32_t>(endpoint % remote_vteps));
}

Switch::Switch(bool learning, std::size_t local)
{
    const Vni vni = *Vni::make(100);
    const Ipv4Address self = Ipv4Address::from_host(0xac10'0001);
    tables = must(Tables::make({}));
    Transaction transaction(*tables);
    must(transaction.add_segment(vni, learning));
    std::vector<VtepId> vteps;
    for (std::size_t i = 0; i < remote_vteps; ++i) {
        AdjacencySpec spec;
        spec.next_hop = MacAddress::from_u48(0x0200'0000'0100 + i);
        spec.source_mac = MacAddress::from_u48(0x0200'0000'0001);
        spec.source = self;
        vteps.push_back(must(transaction.add_vtep(vtep_of(i), spec)));
    }
    std::vector<std::vector<MacAddress>> macs(local);
    for (std::size_t i = 0; i < endpoints; ++i)
        macs[i % local].push_back(local_mac(i));
    for (std::size_t i = 0; i < local; ++i)
        attachments.push_back(must(transaction.add_attachment(vni, learning ? std::vector<MacAddress>{} : macs[i])));
    const RowOrigin origin = learning ? RowOrigin::learned : RowOrigin::endpoint;
    for (std::size_t i = 0; i < endpoints; ++i) {
        must(transaction.set_row(vni, remote_mac(i), Row::remote(vteps[i % remote_vteps], origin)));
        must(transaction.set_row(vni, local_mac(i), Row::local(attachments[i % local], origin)));
    }
    const Commit commit = must(transaction.commit());
    wait_until_seen(*tables, commit, std::chrono::seconds(1));
    reclaim(*tables);

    WorkerConfig config;
    config.local_vteps = {self};
    config.pool = pool();
    worker = must(Worker::make(*tables, config));
    worker->online();
}

Ring::Ring(Frames frames, const std::function<std::size_t(std::size_t, std::uint8_t*)>& write)
    : frames_(frames == Frames::warm ? warm_buffers : placed_buffers),
      templates_(frames_.size()),
      place_(frames)
{
    if (rte_pktmbuf_alloc_bulk(pool(), frames_.data(), static_cast<unsigned>(frames_.size())) != 0)
        throw std::runtime_error("the benchmarks' buffer pool is empty");
    std::shuffle(frames_.begin(), frames_.end(), std::mt19937(1));  // buffers come back in any order
    for (std::size_t i = 0; i < frames_.size(); ++i) {
        templates_[i].data_offset = frames_[i]->data_off;
        templates_[i].length = static_cast<std::uint16_t>(write(i, templates_[i].bytes));
    }
}

Ring::~Ring() { rte_pktmbuf_free_bulk(frames_.data(), static_cast<unsigned>(frames_.size())); }

rte_mbuf** Ring::next()
{
    rte_mbuf** const burst = frames_.data() + at_;
    for (std::size_t i = 0; i < burst_size; ++i) {
        rte_mbuf& frame = *burst[i];
        const Template& as_received = templates_[at_ + i];
        frame.data_off = as_received.data_offset;
        frame.data_len = as_received.length;
        frame.pkt_len = as_received.length;
        frame.ol_flags = 0;
        auto* const bytes = static_cast<std::uint8_t*>(frame.buf_addr) + frame.data_off;
        std::memcpy(bytes, as_received.bytes, as_received.length);
        if (place_ == Frames::placed) {
            demote(bytes - 64);
            demote(bytes);
            demote(bytes + 64);
        }
    }
    at_ = (at_ + burst_size) % frames_.size();
    return burst;
}

void run(benchmark::State& state, Ring& ring, const std::function<void(rte_mbuf**)>& take)
{
    const double hz = static_cast<double>(rte_get_tsc_hz());
    std::vector<std::uint32_t> bursts;
    for (auto _ : state) {
        rte_mbuf** const burst = ring.next();
        const std::uint64_t begin = rte_rdtsc_precise();
        take(burst);
        const std::uint64_t cycles = rte_rdtsc_precise() - begin;
        bursts.push_back(static_cast<std::uint32_t>(cycles));
        state.SetIterationTime(static_cast<double>(cycles) / hz);
    }
    if (bursts.empty())
        return;
    const double mean = std::accumulate(bursts.begin(), bursts.end(), 0.0) / static_cast<double>(bursts.size());
    const auto middle = bursts.begin() + static_cast<std::ptrdiff_t>(bursts.size() / 2);
    std::nth_element(bursts.begin(), middle, bursts.end());
    const double median = *middle;
    state.counters["cycles"] = median / burst_size;
    state.counters["ns"] = median / burst_size / hz * 1e9;
    state.counters["mean_cycles"] = mean / burst_size;
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * burst_size));
}

}  // namespace ferry::bench
