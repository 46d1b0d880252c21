// A histogram of times, in bounded memory.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace ferry::bench {

/// Counts nanoseconds in classes an eighth of a power of two wide, so that a quantile is told to 12 %.
class Delays {
public:
    void add(std::int64_t nanoseconds) noexcept
    {
        const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0));
        ++counts_[class_of(value)];
        ++total_;
        largest_ = std::max(largest_, value);
    }

    /// The upper end of the class in which the quantile `part` of all times (0 to 1) lies; 0 when there are none.
    std::uint64_t quantile(double part) const noexcept
    {
        auto left = static_cast<std::uint64_t>(part * static_cast<double>(total_));
        for (std::size_t index = 0; index < counts_.size(); ++index) {
            if (left < counts_[index])
                return std::min(end_of(index), largest_);
            left -= counts_[index];
        }
        return largest_;
    }

    std::uint64_t largest() const noexcept { return largest_; }

private:
    static constexpr std::uint64_t parts = 8;

    static constexpr std::size_t class_of(std::uint64_t value) noexcept
    {
        if (value < parts)
            return value;
        const auto power = static_cast<std::size_t>(std::bit_width(value)) - 4;
        return (power + 1) * parts + ((value >> power) & (parts - 1));
    }
    static constexpr std::uint64_t end_of(std::size_t index) noexcept
    {
        if (index < parts)
            return index;
        const std::size_t power = index / parts - 1;
        return ((parts + index % parts + 1) << power) - 1;
    }

    std::array<std::uint64_t, 62 * parts> counts_{};
    std::uint64_t total_ = 0;
    std::uint64_t largest_ = 0;
};

}  // namespace ferry::bench
