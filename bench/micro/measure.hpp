// Cycles a frame, burst by burst.
#pragma once

#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>
#include <rte_cycles.h>

namespace ferry::bench {

/// Reports the median burst, which other programs on the machine disturb less than the mean: `cycles` and `ns` a frame,
/// and the mean cycles besides. `bursts` are TSC cycles, each for `frames` frames. Reorders them.
void report(benchmark::State& state, std::vector<std::uint32_t>& bursts, std::size_t frames);

/// Measures `take(ready())` again and again, only take() counts, and reports it.
template <typename Ready, typename Take>
void run(benchmark::State& state, std::size_t frames, Ready&& ready, Take&& take)
{
    const auto hz = static_cast<double>(rte_get_tsc_hz());
    std::vector<std::uint32_t> bursts;
    for (auto _ : state) {
        const auto burst = ready();
        const std::uint64_t begin = rte_rdtsc_precise();
        take(burst);
        const std::uint64_t cycles = rte_rdtsc_precise() - begin;
        bursts.push_back(static_cast<std::uint32_t>(cycles));
        state.SetIterationTime(static_cast<double>(cycles) / hz);
    }
    report(state, bursts, frames);
}

}  // namespace ferry::bench
