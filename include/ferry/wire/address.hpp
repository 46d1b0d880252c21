// The addresses that ferry's tables are made of: MAC, IPv4, IPv6 and VNI, each a type of its own.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <ferry/wire/endian.hpp>

namespace ferry {

/// An IEEE 802 48-bit MAC address, its bytes in the order in which they are sent.
struct MacAddress {
    std::array<std::uint8_t, 6> bytes{};

    /// Returns the address as a number whose top bit of the low 48 is the first bit sent.
    constexpr std::uint64_t to_u48() const noexcept
    {
        std::uint64_t value = 0;
        for (std::uint8_t byte : bytes)
            value = value << 8 | byte;
        return value;
    }

    /// Takes the low 48 bits of `value`; the inverse of to_u48().
    static constexpr MacAddress from_u48(std::uint64_t value) noexcept
    {
        MacAddress mac;
        for (int i = 5; i >= 0; --i, value >>= 8)
            mac.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value);
        return mac;
    }

    /// True for broadcast and multicast addresses (the group bit, IEEE 802-2014 §8.2).
    constexpr bool is_multicast() const noexcept { return bytes[0] & 1; }
    constexpr bool is_zero() const noexcept { return to_u48() == 0; }

    /// Parses "52:54:00:00:00:01", also with '-'. Nothing else is taken; returns nullopt for it.
    static std::optional<MacAddress> parse(std::string_view text) noexcept;
    std::string to_string() const;

    friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) noexcept = default;
};
static_assert(sizeof(MacAddress) == 6 && alignof(MacAddress) == 1);

inline constexpr MacAddress broadcast_mac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

/// An IPv4 address in network order, as it stands in a header.
struct Ipv4Address {
    wire::be32 value;

    static constexpr Ipv4Address from_host(std::uint32_t host) noexcept { return {wire::be32{host}}; }
    constexpr std::uint32_t host() const noexcept { return value.host(); }
    constexpr bool is_zero() const noexcept { return value.raw() == 0; }
    /// True for 224.0.0.0/4 (RFC 5771).
    constexpr bool is_multicast() const noexcept { return host() >> 28 == 0xe; }

    /// Parses dotted-quad notation; returns nullopt for anything else.
    static std::optional<Ipv4Address> parse(std::string_view text) noexcept;
    std::string to_string() const;

    friend constexpr bool operator==(Ipv4Address a, Ipv4Address b) noexcept { return a.value == b.value; }
    friend constexpr auto operator<=>(Ipv4Address a, Ipv4Address b) noexcept { return a.host() <=> b.host(); }
};
static_assert(sizeof(Ipv4Address) == 4);

/// An IPv6 address, its bytes in the order in which they are sent.
struct Ipv6Address {
    std::array<std::uint8_t, 16> bytes{};

    /// Parses the text forms of RFC 4291 §2.2; returns nullopt for anything else.
    static std::optional<Ipv6Address> parse(std::string_view text) noexcept;
    /// Returns the canonical form of RFC 5952.
    std::string to_string() const;

    friend constexpr auto operator<=>(const Ipv6Address&, const Ipv6Address&) noexcept = default;
};
static_assert(sizeof(Ipv6Address) == 16);

/// A VXLAN network identifier: 24 bits (RFC 7348 §5).
class Vni {
public:
    static constexpr std::uint32_t max = 0xff'ffff;

    constexpr Vni() noexcept = default;

    /// Returns nullopt when `value` needs more than 24 bits.
    static constexpr std::optional<Vni> make(std::uint32_t value) noexcept
    {
        if (value > max)
            return std::nullopt;
        Vni vni;
        vni.value_ = value;
        return vni;
    }

    constexpr std::uint32_t value() const noexcept { return value_; }
    friend constexpr auto operator<=>(Vni, Vni) noexcept = default;

private:
    std::uint32_t value_ = 0;
};

}  // namespace ferry

template <>
struct std::hash<ferry::MacAddress> {
    std::size_t operator()(const ferry::MacAddress& mac) const noexcept
    {
        return std::hash<std::uint64_t>{}(mac.to_u48());
    }
};
template <>
struct std::hash<ferry::Ipv4Address> {
    std::size_t operator()(ferry::Ipv4Address address) const noexcept
    {
        return std::hash<std::uint32_t>{}(address.host());
    }
};
template <>
struct std::hash<ferry::Vni> {
    std::size_t operator()(ferry::Vni vni) const noexcept { return std::hash<std::uint32_t>{}(vni.value()); }
};

#include <ferry/wire/address_text.hpp>
