#include "measure.hpp"

#include <algorithm>
#include <numeric>

namespace ferry::bench {

void report(benchmark::State& state, std::vector<std::uint32_t>& bursts, std::size_t frames)
{
    if (bursts.empty())
        return;
    const auto per_burst = static_cast<double>(frames);
    const double sum = std::accumulate(bursts.begin(), bursts.end(), 0.0);
    const double median = quantile(bursts, 0.5) / per_burst;
    state.counters["cycles"] = median;
    state.counters["ns"] = median / static_cast<double>(rte_get_tsc_hz()) * 1e9;
    state.counters["mean_cycles"] = sum / static_cast<double>(bursts.size()) / per_burst;
    state.SetItemsProcessed(static_cast<std::int64_t>(bursts.size() * frames));
}

std::uint32_t clock_cycles()
{
    static const std::uint32_t cycles = [] {
        std::vector<std::uint32_t> readings(10'001);
        for (std::uint32_t& reading : readings) {
            const std::uint64_t begin = rte_rdtsc_precise();
            reading = static_cast<std::uint32_t>(rte_rdtsc_precise() - begin);
        }
        return quantile(readings, 0.5);
    }();
    return cycles;
}

std::uint32_t quantile(std::vector<std::uint32_t>& values, double part)
{
    if (values.empty())
        return 0;
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
    return *place;
}

}  // namespace ferry::bench
