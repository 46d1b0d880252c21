// Counts of times, exact to better than one percent, in bounded memory whatever the times are.
#pragma once

#include <array>
#include <cstdint>

namespace ferry::bench {

/// Buckets that are as wide as a 128th of their power of two, in the manner of HdrHistogram. 32 KiB. One thread.
class Histogram {
public:
    void add(std::uint64_t value, std::uint64_t times = 1) noexcept
    {
        buckets_[bucket_of(value)] += times;
        count_ += times;
        if (value < min_)
            min_ = value;
        if (value > max_)
            max_ = value;
    }

    std::uint64_t count() const noexcept { return count_; }
    std::uint64_t min() const noexcept { return count_ == 0 ? 0 : min_; }
    std::uint64_t max() const noexcept { return max_; }
    /// The least value such that `percent` of all values are not above it, by the nearest rank; 0 of nothing. Not less
    /// than min() nor more than max().
    std::uint64_t percentile(double percent) const noexcept;
    void clear() noexcept { *this = Histogram(); }

private:
    static constexpr unsigned precision = 7;  // bits
    static constexpr std::size_t size = (64 - precision + 1) << precision;
    static constexpr std::size_t bucket_of(std::uint64_t value) noexcept
    {
        if (value >> precision == 0)
            return static_cast<std::size_t>(value);
        const unsigned shift = 63 - static_cast<unsigned>(__builtin_clzll(value)) - precision;
        return (std::size_t{shift} << precision) + static_cast<std::size_t>(value >> shift);
    }
    static constexpr std::uint64_t highest_in(std::size_t bucket) noexcept
    {
        if (bucket >> precision == 0)
            return bucket;
        const std::size_t shift = (bucket >> precision) - 1;
        return (((bucket - (shift << precision)) + 1) << shift) - 1;
    }

    std::array<std::uint64_t, size> buckets_{};
    std::uint64_t count_ = 0, min_ = UINT64_MAX, max_ = 0;
};

}  // namespace ferry::bench
