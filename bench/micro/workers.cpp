// Two workers over the same tables, each on a core of its own, beside one, in turn in one run; and the same of two
// plain loops that share nothing, which is what the machine has to give just then.
#include <atomic>

#include "companion.hpp"
#include "measure.hpp"
#include "to_fleet.hpp"

namespace ferry::bench {
namespace {

constexpr std::size_t steps_of_a_slice = 300;
constexpr std::ptrdiff_t first_that_counts = 30;  ///< the other thread knows by then

/// Arithmetic for about as long as a burst takes, in six chains, so that it keeps a core's units as busy as a burst does:
/// of two CPUs that are threads of one core both wait for those.
[[gnu::noinline]] std::uint64_t loop_without_memory(std::uint64_t value)
{
    std::uint64_t a = value, b = value + 1, c = value + 2, d = value + 3, e = value + 4, f = value + 5;
    for (int i = 0; i < 600; ++i) {
        const auto next = [](std::uint64_t& chain) {
            chain = (chain ^ chain >> 7) + 12'345;
            asm volatile("" : "+r"(chain));  // in a register, and never worked out beforehand
        };
        next(a), next(b), next(c), next(d), next(e), next(f);
    }
    return a + b + c + d + e + f;
}

/// Slices come in turn. The second thread works in those of two. Such a slice, and the one before it, count where it
/// took at least half as many steps as the first one; elsewhere it had no CPU.
enum Slice : int { worker_alone = 0, two_workers = 1, loop_alone = 2, two_loops = 3 };
constexpr bool is_of_two(int slice) noexcept { return slice == two_workers || slice == two_loops; }

void workers(benchmark::State& state)
{
    Fleet& fleet = Fleet::of(static_cast<std::uint32_t>(state.range(0)), Place::remote);
    ToFleet first(fleet, 1), second(fleet, 2);
    std::uint64_t value = 1, other_value = 2;
    std::atomic<std::uint64_t> steps{0};
    Companion companion([&](int slice) {
        if (slice == two_workers)
            second.take(second.ready());
        else
            other_value = loop_without_memory(other_value);
        steps.store(steps.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    });
    std::vector<std::uint32_t> slice_times, times_before, times[4];
    int slice = worker_alone;
    std::uint64_t steps_before = 0;
    std::size_t slices = 0, slow = 0;
    for (auto _ : state) {
        rte_mbuf** const burst = first.ready();
        const std::uint64_t begin = rte_rdtsc_precise();
        if (slice == worker_alone || slice == two_workers)
            first.take(burst);
        else
            value = loop_without_memory(value);
        const std::uint64_t cycles = rte_rdtsc_precise() - begin;
        slice_times.push_back(static_cast<std::uint32_t>(cycles));
        state.SetIterationTime(static_cast<double>(cycles) / static_cast<double>(rte_get_tsc_hz()));
        if (slice_times.size() < steps_of_a_slice)
            continue;
        const bool is_slow = is_of_two(slice) && steps - steps_before < steps_of_a_slice / 2;
        if (is_of_two(slice) && !is_slow) {
            const auto keep = [&](int of, const std::vector<std::uint32_t>& some) {
                times[of].insert(times[of].end(), some.begin() + first_that_counts, some.end());
            };
            keep(slice - 1, times_before);
            keep(slice, slice_times);
        }
        slices += is_of_two(slice);
        slow += is_slow;
        slice = (slice + 1) % 4;
        companion.set_phase(is_of_two(slice) ? slice : 0);
        times_before.swap(slice_times);
        slice_times.clear();
        steps_before = steps;
    }
    companion.set_phase(0);
    state.counters["slices"] = static_cast<double>(slices);
    state.counters["slices_too_slow"] = static_cast<double>(slow);
    if (times[two_workers].empty() || times[two_loops].empty())
        return state.SkipWithError("the second thread never had a CPU");
    // The lower quartile: other programs disturb one core or the other for whole slices.
    const auto two_to_one = [&](Slice alone, Slice both) {
        return 2.0 * quantile(times[alone], 0.25) / quantile(times[both], 0.25);
    };
    const double workers = two_to_one(worker_alone, two_workers), loops = two_to_one(loop_alone, two_loops);
    state.counters["cycles"] = quantile(times[two_workers], 0.25) / static_cast<double>(burst_size);
    state.counters["two_to_one"] = workers;
    state.counters["two_to_one_loops"] = loops;
    state.counters["ratio"] = workers / loops;
}
BENCHMARK(workers)->ArgName("endpoints")->Arg(1'000)->Arg(1'000'000)->Iterations(200'000)->UseManualTime();

}  // namespace
}  // namespace ferry::bench
