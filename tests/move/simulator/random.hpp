// Pseudo-random numbers that are the same everywhere: SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast Splittable
// Pseudorandom Number Generators", OOPSLA 2014).
#pragma once

#include <cstdint>

namespace ferry::sim {

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed * 0x9e37'79b9'7f4a'7c15ULL) {}

    std::uint64_t next() noexcept
    {
        std::uint64_t value = state_ += 0x9e37'79b9'7f4a'7c15ULL;
        value = (value ^ value >> 30) * 0xbf58'476d'1ce4'e5b9ULL;
        value = (value ^ value >> 27) * 0x94d0'49bb'1331'11ebULL;
        return value ^ value >> 31;
    }
    /// From `low` to `high`, both included.
    std::int64_t between(std::int64_t low, std::int64_t high) noexcept
    {
        return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
    }
    unsigned below(std::size_t bound) noexcept { return static_cast<unsigned>(next() % bound); }
    bool chance(unsigned percent) noexcept { return next() % 100 < percent; }

private:
    std::uint64_t state_;
};

}  // namespace ferry::sim
