// Wire structs over raw frame bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <ferry/wire/endian.hpp>

namespace ferry::wire {

/// What a type must be to be laid over frame bytes: no padding for alignment, no hidden state.
template <typename Header>
concept WireStruct = std::is_trivially_copyable_v<Header> && std::is_standard_layout_v<Header> && alignof(Header) == 1;

/// Returns the header that lies at `bytes`, where the caller has checked that sizeof(Header) bytes are there. The
/// reference lives as long as the frame does.
template <WireStruct Header>
const Header& header_at(const std::uint8_t* bytes) noexcept
{
    return *reinterpret_cast<const Header*>(bytes);
}

/// As above, for writing.
template <WireStruct Header>
Header& header_at(std::uint8_t* bytes) noexcept
{
    return *reinterpret_cast<Header*>(bytes);
}

/// Reads an integer as it lies in memory, at any alignment.
template <typename Integer>
Integer load(const void* bytes) noexcept
{
    static_assert(std::is_unsigned_v<Integer>);
    Integer value;
    std::memcpy(&value, bytes, sizeof(value));
    return value;
}

}  // namespace ferry::wire
