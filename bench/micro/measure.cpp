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
    const auto middle = bursts.begin() + static_cast<std::ptrdiff_t>(bursts.size() / 2);
    std::nth_element(bursts.begin(), middle, bursts.end());
    const double median = *middle / per_burst;
    state.counters["cycles"] = median;
    state.counters["ns"] = median / static_cast<double>(rte_get_tsc_hz()) * 1e9;
    state.counters["mean_cycles"] = sum / static_cast<double>(bursts.size()) / per_burst;
    state.SetItemsProcessed(static_cast<std::int64_t>(bursts.size() * frames));
}

}  // namespace ferry::bench
