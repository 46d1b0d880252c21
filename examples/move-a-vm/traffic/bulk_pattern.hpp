// What the TCP streams of the demo carry: bytes that depend on where in the stream they are, so that a byte that was lost,
// doubled, moved or changed is seen by whoever receives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <ferry/wire/endian.hpp>

namespace ferry::demo {

/// Where the guest takes the connections of bulk streams.
inline constexpr std::uint16_t bulk_port = 7100;
inline constexpr std::uint32_t bulk_magic = 0x66727462;  // "frtb"

enum class BulkWay : std::uint16_t { to_guest = 1, from_guest = 2 };

/// What whoever connects sends first.
struct BulkHello {
    wire::be32 magic;
    wire::be16 way;   ///< a BulkWay
    wire::be16 run;   ///< a higher run starts the guest's counts afresh
    wire::be64 rate;  ///< from_guest: bytes a second
};
static_assert(sizeof(BulkHello) == 16);

/// Bytes of a stream; byte `offset` is byte offset % 8 of word offset / 8. The words are the multiples of an odd number
/// without small factors, so that they differ in all bytes and repeat after 2⁶⁴ words only.
class BulkPattern {
public:
    static std::byte at(std::uint64_t offset) noexcept
    {
        return static_cast<std::byte>(word(offset) >> (8 * (offset % 8)));
    }
    /// Fills `into` with what stands at `offset` and behind it.
    static void fill(std::span<std::byte> into, std::uint64_t offset) noexcept
    {
        for (std::size_t i = 0; i < into.size(); ++i)
            into[i] = at(offset + i);
    }
    /// Returns how many of `bytes` are not what stands at `offset` and behind it.
    static std::uint64_t mismatches(std::span<const std::byte> bytes, std::uint64_t offset) noexcept
    {
        std::uint64_t wrong = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i)
            wrong += bytes[i] != at(offset + i);
        return wrong;
    }

private:
    static std::uint64_t word(std::uint64_t offset) noexcept { return (offset / 8 + 1) * 0x9e37'79b9'7f4a'7c15; }
};

}  // namespace ferry::demo
