// A worker that forwards while the writer changes 1,000,000 of its rows a second: what that costs the worker, in turn
// with and without in one run.
#include <algorithm>
#include <atomic>

#include "companion.hpp"
#include "measure.hpp"
#include "to_fleet.hpp"

namespace ferry::bench {
namespace {

constexpr std::uint32_t endpoints = 1'000'000;
constexpr std::uint64_t changes_per_second = 1'000'000;
constexpr std::size_t bursts_of_a_slice = 1000;

/// Changes rows by transactions of `rows` each, at its pace.
class Writer {
public:
    Writer(Fleet& fleet, std::uint32_t rows)
        : fleet_(fleet), rows_(rows), pace_(rte_get_tsc_hz() * rows / changes_per_second)
    {
    }

    /// Changes rows where it is time to. What is late by less than a millisecond is made good; later it had no CPU, or was
    /// not to change any.
    void step()
    {
        const std::uint64_t now = rte_rdtsc();
        if (now < due_)
            return;
        due_ = now - due_ < rte_get_tsc_hz() / 1000 ? due_ + pace_ : now + pace_;
        Transaction transaction(*fleet_.tables);
        for (std::uint32_t i = 0; i < rows_; ++i) {
            const std::uint32_t endpoint = random_.below(endpoints);
            must(transaction.set_row(Fleet::vni(endpoint % fleet_segments), Fleet::mac(endpoint),
                                     Row::remote(VtepId{1 + random_.below(fleet_vteps)}, RowOrigin::endpoint)));
        }
        while (!transaction.commit())
            reclaim(*fleet_.tables);  // a worker that has no CPU just now lets go of nothing
        reclaim(*fleet_.tables);
        changed_.fetch_add(rows_, std::memory_order_relaxed);
    }
    std::uint64_t changed() const noexcept { return changed_.load(std::memory_order_relaxed); }

private:
    Fleet& fleet_;
    const std::uint32_t rows_;
    const std::uint64_t pace_;
    std::uint64_t due_ = 0;
    Xorshift random_{7};
    std::atomic<std::uint64_t> changed_{0};
};

/// Slices without and with changes come in turn. A pair of them counts where the writer kept at least nine tenths of
/// its pace; elsewhere it had no CPU.
void encap_under_changes(benchmark::State& state)
{
    Fleet& fleet = Fleet::of(endpoints, Place::remote);
    ToFleet guests(fleet, 1);
    Writer writer(fleet, static_cast<std::uint32_t>(state.range(0)));
    Companion companion([&](int) { writer.step(); });
    const auto hz = static_cast<double>(rte_get_tsc_hz());
    std::vector<std::uint32_t> slice, slice_before, bursts[2];  // without changes, and with
    std::uint64_t slice_begin = rte_rdtsc(), changed = 0;
    std::size_t slices = 0, slow = 0;
    double kept_seconds = 0, kept_changes = 0;
    for (auto _ : state) {
        rte_mbuf** const burst = guests.ready();
        const std::uint64_t begin = rte_rdtsc_precise();
        guests.take(burst);
        const std::uint64_t cycles = rte_rdtsc_precise() - begin;
        slice.push_back(static_cast<std::uint32_t>(cycles));
        state.SetIterationTime(static_cast<double>(cycles) / hz);
        if (slice.size() < bursts_of_a_slice)
            continue;
        const bool changing = companion.phase() != 0;
        const double seconds = static_cast<double>(rte_rdtsc() - slice_begin) / hz;
        const auto changes = static_cast<double>(writer.changed() - changed);
        const bool is_slow = changes < 0.9 * seconds * changes_per_second;
        if (changing && !is_slow) {
            bursts[0].insert(bursts[0].end(), slice_before.begin(), slice_before.end());
            bursts[1].insert(bursts[1].end(), slice.begin(), slice.end());
            kept_seconds += seconds;
            kept_changes += changes;
        }
        slices += changing;
        slow += changing && is_slow;
        companion.set_phase(changing ? 0 : 1);
        slice_before.swap(slice);
        slice.clear();
        changed = writer.changed();
        slice_begin = rte_rdtsc();
    }
    companion.set_phase(0);
    state.counters["slices"] = static_cast<double>(slices);
    state.counters["slices_too_slow"] = static_cast<double>(slow);
    if (bursts[1].empty())
        return state.SkipWithError("the writer never had the CPU for its pace");
    // The lower quartile: other programs disturb one core or the other for whole slices.
    const double without = quantile(bursts[0], 0.25), with = quantile(bursts[1], 0.25);
    state.counters["cycles"] = with / burst_size;
    state.counters["cycles_without"] = without / burst_size;
    state.counters["rate_ratio"] = without / with;
    state.counters["changes_per_second"] = kept_changes / kept_seconds;
}
BENCHMARK(encap_under_changes)->ArgName("rows_a_transaction")->Arg(1)->Arg(64)->Iterations(400'000)->UseManualTime();

}  // namespace
}  // namespace ferry::bench
