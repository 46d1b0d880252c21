// One step of a hash.
#pragma once

#include <cstdint>
#include <type_traits>

namespace ferry::wire::detail {

/// Multiplies to 128 bits and folds: each bit of either factor reaches bits all over the result.
constexpr std::uint64_t multiply_fold(std::uint64_t a, std::uint64_t b) noexcept
{
#if defined(__x86_64__)
    if (!std::is_constant_evaluated()) {
        // GCC 12 takes a 128-bit product by way of the stack where registers are short.
        std::uint64_t low = a, high;
        asm("mulq %2" : "+a"(low), "=d"(high) : "r"(b) : "cc");
        return low ^ high;
    }
#endif
    __extension__ using uint128 = unsigned __int128;
    const uint128 product = static_cast<uint128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace ferry::wire::detail
