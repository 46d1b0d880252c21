// FDB look-ups in bursts of 32, ferry's table beside DPDK's rte_hash in its lock-free mode, on the same keys; and what
// the writer's changes cost.
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <rte_cycles.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_malloc.h>

#include <ferry/control/transaction.hpp>

#include "../../tests/support/eal.hpp"
#include "measure.hpp"

namespace {

using namespace ferry;

constexpr std::size_t burst = 32;

/// MACs in sequence in one segment, as a cloud gives them out.
FdbKey key_of(std::uint32_t row)
{
    return FdbKey(SegmentIndex{1}, MacAddress::from_u48(0x5254'0000'0000 + row));
}

Row row_of(std::uint32_t row)
{
    return Row::remote(VtepId{1 + row % 1000}, RowOrigin::permanent);
}

/// 64 Ki keys in random order. With a thousand rows each comes many times, with a million few do.
std::vector<FdbKey> random_keys(std::uint32_t first, std::uint32_t rows)
{
    std::mt19937 random(1);
    std::vector<FdbKey> keys(65'536);
    std::generate(keys.begin(), keys.end(),
                  [&] { return key_of(first + static_cast<std::uint32_t>(random() % rows)); });
    return keys;
}

/// Measures `look_up(keys)` over burst after burst.
template <typename LookUp>
void measure(benchmark::State& state, const std::vector<FdbKey>& keys, LookUp look_up)
{
    std::size_t at = 0;
    bench::run(state, burst, [&] { return &keys[std::exchange(at, (at + burst) % keys.size())]; }, look_up);
}

std::unique_ptr<Fdb> filled_fdb(std::uint32_t rows)
{
    auto fdb = std::move(*Fdb::make(rows, 1));
    for (std::uint32_t i = 0; i < rows; ++i)
        fdb->store(key_of(i), row_of(i), 0);
    return fdb;
}

void fdb_look_up(benchmark::State& state, bool hit)
{
    test::start_eal();  // for the frequency of its clock
    const auto rows = static_cast<std::uint32_t>(state.range(0));
    const auto fdb = filled_fdb(rows);
    measure(state, random_keys(hit ? 0 : rows, rows), [&](const FdbKey* keys) {
        Row found[burst];
        Fdb::Slot slots[burst];
        fdb->lookup(keys, burst, 1, found, slots);
        benchmark::DoNotOptimize(found);
        benchmark::DoNotOptimize(slots);
    });
}

/// DPDK's number of a socket whose memory is in huge pages where the kernel gives them unasked, as that of ferry's
/// tables is.
int socket_of_huge_memory()
{
    static const int socket = [] {
        constexpr std::size_t huge_page = 2 << 20, bytes = 64 * huge_page;
        constexpr char heap[] = "ferry-micro";
        void* memory = std::aligned_alloc(huge_page, bytes);
        if (memory == nullptr)
            return -1;
        madvise(memory, bytes, MADV_HUGEPAGE);
        std::memset(memory, 0, bytes);
        if (rte_malloc_heap_create(heap) != 0 ||
            rte_malloc_heap_memory_add(heap, memory, bytes, nullptr, bytes / huge_page, huge_page) != 0)
            return -1;
        return rte_malloc_heap_get_socket(heap);
    }();
    return socket;
}

void rte_hash_look_up(benchmark::State& state, bool hit)
{
    test::start_eal();
    const auto rows = static_cast<std::uint32_t>(state.range(0));
    rte_hash_parameters parameters{};
    parameters.name = "fdb";
    parameters.entries = rows;
    parameters.key_len = sizeof(FdbKey);
    parameters.hash_func = rte_hash_crc;
    parameters.socket_id = socket_of_huge_memory();
    parameters.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF | RTE_HASH_EXTRA_FLAGS_EXT_TABLE;
    std::unique_ptr<rte_hash, decltype(&rte_hash_free)> hash(rte_hash_create(&parameters), rte_hash_free);
    if (hash == nullptr) {
        state.SkipWithError("rte_hash_create failed");
        return;
    }
    for (std::uint32_t i = 0; i < rows; ++i) {
        const FdbKey key = key_of(i);
        if (rte_hash_add_key_data(hash.get(), &key, reinterpret_cast<void*>(row_of(i).word())) != 0) {
            state.SkipWithError("rte_hash_add_key_data failed");
            return;
        }
    }
    measure(state, random_keys(hit ? 0 : rows, rows), [&](const FdbKey* keys) {
        const void* pointers[burst];
        for (std::size_t i = 0; i < burst; ++i)
            pointers[i] = &keys[i];
        std::uint64_t mask = 0;
        void* found[burst];
        rte_hash_lookup_bulk_data(hash.get(), pointers, burst, &mask, found);
        benchmark::DoNotOptimize(mask);
        benchmark::DoNotOptimize(found);
    });
}

/// A row that moves from VTEP to VTEP by a store, at random places of the table.
void fdb_change_row(benchmark::State& state)
{
    const auto rows = static_cast<std::uint32_t>(state.range(0));
    const auto fdb = filled_fdb(rows);
    const std::vector<FdbKey> keys = random_keys(0, rows);
    std::uint32_t i = 0;
    for (auto _ : state) {
        fdb->store(keys[i % keys.size()], row_of(i), 0);
        ++i;
    }
}

std::unique_ptr<Tables> tables_with_one_segment(std::uint32_t rows)
{
    TableLimits limits;
    limits.rows = rows;
    auto tables = std::move(*Tables::make(limits));
    AdjacencySpec spec;
    spec.next_hop = MacAddress::from_u48(0x0200'0000'0001);
    spec.source_mac = MacAddress::from_u48(0x0200'0000'0002);
    spec.source = Ipv4Address::from_host(0x0a00'0001);
    Transaction transaction(*tables);
    if (!transaction.add_segment(*Vni::make(1), true) ||
        !transaction.add_vtep(Ipv4Address::from_host(0x0a00'0002), spec) ||
        !transaction.add_vtep(Ipv4Address::from_host(0x0a00'0003), spec) || !transaction.commit())
        return nullptr;
    return tables;
}

/// The same by whole transactions, of range(0) rows each: what an API call costs inside the library. A reader is online
/// and always quiescent.
void transaction(benchmark::State& state)
{
    const auto tables = tables_with_one_segment(65'536);
    const std::uint32_t reader = *tables->qsbr().add_reader();
    tables->qsbr().online(reader);
    const auto rows = static_cast<std::uint32_t>(state.range(0));
    std::uint32_t i = 0;
    for (auto _ : state) {
        Transaction changes(*tables);
        for (const std::uint32_t end = i + rows; i != end; ++i)
            benchmark::DoNotOptimize(changes.set_row(*Vni::make(1), key_of(i % 65'536).mac(),
                                                     Row::remote(VtepId{1 + i / 65'536 % 2}, RowOrigin::permanent)));
        if (!changes.commit())
            return state.SkipWithError("commit failed");
        tables->qsbr().quiescent(reader);
        reclaim(*tables);
    }
    state.SetItemsProcessed(state.iterations() * rows);
    tables->qsbr().offline(reader);
    tables->qsbr().remove_reader(reader);
}

/// A million endpoints from nothing, in transactions of range(0) rows each; the time is that of all.
void load_a_million_rows(benchmark::State& state)
{
    constexpr std::uint32_t rows = 1'000'000;
    const auto batch = static_cast<std::uint32_t>(state.range(0));
    for (auto _ : state) {
        const auto tables = tables_with_one_segment(rows);
        Transaction transaction(*tables);
        for (std::uint32_t i = 0; i < rows; ++i) {
            benchmark::DoNotOptimize(transaction.set_row(*Vni::make(1), key_of(i).mac(),
                                                         Row::remote(VtepId{1 + i % 2}, RowOrigin::permanent)));
            if ((i % batch == batch - 1 || i == rows - 1) && !transaction.commit()) {
                state.SkipWithError("commit failed");
                return;
            }
        }
        if (tables->fdb().size() != rows)
            state.SkipWithError("rows are missing");
    }
}

}  // namespace

BENCHMARK_CAPTURE(fdb_look_up, hit, true)->Arg(1'000)->Arg(65'536)->Arg(1'000'000)->UseManualTime();
BENCHMARK_CAPTURE(rte_hash_look_up, hit, true)->Arg(1'000)->Arg(65'536)->Arg(1'000'000)->UseManualTime();
BENCHMARK_CAPTURE(fdb_look_up, miss, false)->Arg(1'000)->Arg(65'536)->Arg(1'000'000)->UseManualTime();
BENCHMARK_CAPTURE(rte_hash_look_up, miss, false)->Arg(1'000)->Arg(65'536)->Arg(1'000'000)->UseManualTime();
BENCHMARK(fdb_change_row)->Arg(1'000)->Arg(1'000'000);
BENCHMARK(transaction)->ArgName("rows")->Arg(1)->Arg(64)->Arg(4'096);
BENCHMARK(load_a_million_rows)->Arg(1'000)->Arg(16'384)->Unit(benchmark::kMillisecond);
