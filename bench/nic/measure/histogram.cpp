#include "measure/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace ferry::bench {

std::uint64_t Histogram::percentile(double percent) const noexcept
{
    const double exact = std::ceil(percent / 100 * static_cast<double>(count_));
    const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::max(exact, 1.0)), 1,
                                                std::max<std::uint64_t>(count_, 1));
    std::uint64_t below = 0;
    for (std::size_t bucket = 0; bucket < size; ++bucket) {
        below += buckets_[bucket];
        if (below >= rank)
            return std::clamp(highest_in(bucket), min(), max());
    }
    return max();
}

}  // namespace ferry::bench
