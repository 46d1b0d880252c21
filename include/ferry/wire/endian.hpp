// Big-endian integers as types of their own, so that a value in network order cannot be used as a number by mistake.
#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <type_traits>

namespace ferry::wire {

/// Returns `value` with its bytes reversed.
template <typename Integer>
constexpr Integer byte_swap(Integer value) noexcept
{
    static_assert(std::is_unsigned_v<Integer>);
    if constexpr (sizeof(Integer) == 2)
        return __builtin_bswap16(value);
    else if constexpr (sizeof(Integer) == 4)
        return __builtin_bswap32(value);
    else
        return __builtin_bswap64(value);
}

/// An unsigned integer that is stored in network byte order (RFC 1700, page 3). It converts to and from host order only
/// by name, is trivially copyable, and may stand in a wire struct. Its alignment is that of a byte: frames put headers
/// at any offset.
template <typename Integer>
class [[gnu::packed]] BigEndian {
public:
    constexpr BigEndian() noexcept = default;

    /// Takes a number in host order.
    constexpr explicit BigEndian(Integer host) noexcept : raw_(swap(host)) {}

    /// Takes bytes that are in network order already, for instance a precomputed constant.
    static constexpr BigEndian from_raw(Integer raw) noexcept
    {
        BigEndian value;
        value.raw_ = raw;
        return value;
    }

    /// Returns the number in host order.
    constexpr Integer host() const noexcept { return swap(raw_); }

    /// Returns the bytes as they lie in memory, for comparisons and checksums.
    constexpr Integer raw() const noexcept { return raw_; }

    friend constexpr bool operator==(BigEndian a, BigEndian b) noexcept { return a.raw() == b.raw(); }

private:
    static constexpr Integer swap(Integer value) noexcept
    {
        if constexpr (std::endian::native == std::endian::little)
            return byte_swap(value);
        else
            return value;
    }

    Integer raw_ = 0;
};

using be16 = BigEndian<std::uint16_t>;
using be32 = BigEndian<std::uint32_t>;
using be64 = BigEndian<std::uint64_t>;

static_assert(sizeof(be16) == 2 && alignof(be16) == 1);
static_assert(sizeof(be32) == 4 && alignof(be32) == 1);
static_assert(sizeof(be64) == 8 && alignof(be64) == 1);
static_assert(std::is_trivially_copyable_v<be32>);

}  // namespace ferry::wire
