// How long after a commit the worker that forwards can no longer see what was before; and what changing the adjacency
// under a million rows takes.
#include <sys/resource.h>

#include <atomic>

#include "companion.hpp"
#include "measure.hpp"
#include "to_fleet.hpp"

namespace ferry::bench {
namespace {

constexpr std::uint32_t endpoints = 1'000'000;

double microseconds(std::uint32_t cycles) { return cycles / static_cast<double>(rte_get_tsc_hz()) * 1e6; }

/// A worker without a pause, that watches itself: who waits for it waits longer where it has no CPU.
class BusyWorker {
public:
    explicit BusyWorker(Fleet& fleet) : guests_(fleet, 1) {}

    void step()
    {
        const std::uint64_t now = rte_rdtsc();
        if (now - last_ > stall_cycles_ && last_ != 0)
            stalls_.fetch_add(1, std::memory_order_relaxed);
        last_ = now;
        if (++bursts_ % 1024 == 0)
            preemptions_.store(preemptions_now(), std::memory_order_relaxed);
        guests_.take(guests_.ready());
    }

    /// How often more than 20 us passed between two bursts.
    std::uint64_t stalls() const noexcept { return stalls_.load(std::memory_order_relaxed); }
    /// How often the kernel took the CPU away from the thread.
    std::uint64_t preemptions() const noexcept { return preemptions_.load(std::memory_order_relaxed); }

private:
    static std::uint64_t preemptions_now() noexcept
    {
        rusage use{};
        getrusage(RUSAGE_THREAD, &use);
        return static_cast<std::uint64_t>(use.ru_nivcsw);
    }

    ToFleet guests_;
    const std::uint64_t stall_cycles_ = rte_get_tsc_hz() / 50'000;
    std::uint64_t last_ = 0, bursts_ = 0;
    std::atomic<std::uint64_t> stalls_{0}, preemptions_{0};
};

/// From before commit() until the worker has been quiescent since. Those during which the worker stalled are left out
/// of p99_us_running.
void commit_to_seen(benchmark::State& state)
{
    Fleet& fleet = Fleet::of(endpoints, Place::remote);
    BusyWorker worker(fleet);
    std::vector<std::uint32_t> times, times_running;
    Xorshift random(3);
    Companion companion([&](int) { worker.step(); });
    companion.set_phase(1);
    for (auto _ : state) {
        for (const std::uint64_t begin = rte_rdtsc(); rte_rdtsc() - begin < rte_get_tsc_hz() / 50'000;) {
        }
        const std::uint32_t endpoint = random.below(endpoints);
        const std::uint64_t stalls = worker.stalls();
        const std::uint64_t begin = rte_rdtsc_precise();
        Transaction transaction(*fleet.tables);
        must(transaction.set_row(Fleet::vni(endpoint % fleet_segments), Fleet::mac(endpoint),
                                 Row::remote(VtepId{1 + random.below(fleet_vteps)}, RowOrigin::endpoint)));
        const Commit commit = must(transaction.commit());
        while (!fleet.tables->qsbr().passed(commit.token)) {
        }
        const auto cycles = static_cast<std::uint32_t>(rte_rdtsc_precise() - begin);
        times.push_back(cycles);
        if (worker.stalls() == stalls)
            times_running.push_back(cycles);
        state.SetIterationTime(microseconds(cycles) / 1e6);
        reclaim(*fleet.tables);
    }
    state.counters["p50_us"] = microseconds(quantile(times, 0.5));
    state.counters["p99_us"] = microseconds(quantile(times, 0.99));
    state.counters["p99_us_running"] = microseconds(quantile(times_running, 0.99));
    state.counters["stalls"] = static_cast<double>(worker.stalls());
    state.counters["preemptions"] = static_cast<double>(worker.preemptions());
}
BENCHMARK(commit_to_seen)->Iterations(20'000)->UseManualTime();

/// Every row of the table names the VTEP whose adjacency changes.
void change_adjacency(benchmark::State& state)
{
    const auto rows = static_cast<std::uint32_t>(state.range(0));
    TableLimits limits;
    limits.rows = rows;
    const auto tables = must(Tables::make(limits));
    const Vni vni = *Vni::make(100);
    {
        Transaction transaction(*tables);
        must(transaction.add_segment(vni, false));
        const VtepId vtep = add_vteps(transaction, 1)[0];
        for (std::uint32_t i = 0; i < rows; ++i) {
            must(transaction.set_row(vni, Fleet::mac(i * fleet_segments), Row::remote(vtep, RowOrigin::endpoint)));
            if (i % limits.transaction_rows == limits.transaction_rows - 1)
                settle(*tables, transaction);
        }
        settle(*tables, transaction);
    }
    std::size_t next_hop = 0;
    for (auto _ : state) {
        Transaction change(*tables);
        must(change.set_adjacency(vtep_address(0), adjacency_to(++next_hop)));
        must(change.commit());
        reclaim(*tables);
    }
    if (tables->fdb().size() != rows)
        state.SkipWithError("rows are missing");
}
BENCHMARK(change_adjacency)->ArgName("rows")->Arg(1'000)->Arg(1'000'000);

}  // namespace
}  // namespace ferry::bench
