// Cycles a frame, burst by burst.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>
#include <rte_cycles.h>

namespace ferry::bench {

/// Reports the median burst, which other programs on the machine disturb less than the mean: `cycles` and `ns` a frame,
/// and the mean cycles besides. `bursts` are TSC cycles, each for `frames` frames. Reorders them.
void report(benchmark::State& state, std::vector<std::uint32_t>& bursts, std::size_t frames);

/// The value below which the given part of them lies; 0 where there are none. Reorders them.
std::uint32_t quantile(std::vector<std::uint32_t>& values, double part);

/// What two readings of the TSC one after the other are apart: 78 cycles have been seen, 2.4 for each frame of a burst
/// of 32. Taken off what is measured between two readings.
std::uint32_t clock_cycles();

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
        const std::uint64_t passed = rte_rdtsc_precise() - begin;
        const std::uint64_t cycles = passed - std::min<std::uint64_t>(passed, clock_cycles());
        bursts.push_back(static_cast<std::uint32_t>(cycles));
        state.SetIterationTime(static_cast<double>(cycles) / hz);
    }
    report(state, bursts, frames);
}

}  // namespace ferry::bench
