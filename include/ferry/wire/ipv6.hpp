// The IPv6 header and the shapes of its extension headers.
#pragma once

#include <ferry/wire/address.hpp>
#include <ferry/wire/bytes.hpp>
#include <ferry/wire/ipv4.hpp>

namespace ferry::wire {

/// The fixed IPv6 header (RFC 8200 §3). Next headers are the numbers of ip_protocol.
struct Ipv6Header {
    be32 version_class_label{0x6000'0000};
    be16 payload_length;  ///< bytes after this header, extension headers included
    std::uint8_t next_header = 0;
    std::uint8_t hop_limit = 0;
    Ipv6Address source;
    Ipv6Address destination;

    constexpr std::uint8_t version() const noexcept
    {
        return static_cast<std::uint8_t>(version_class_label.host() >> 28);
    }

    /// DSCP and ECN, as in Ipv4Header::tos (RFC 8200 §7).
    constexpr std::uint8_t traffic_class() const noexcept
    {
        return static_cast<std::uint8_t>(version_class_label.host() >> 20);
    }

    constexpr std::uint32_t flow_label() const noexcept { return version_class_label.host() & 0xf'ffff; }

    constexpr void set_traffic_class(std::uint8_t value) noexcept
    {
        const std::uint32_t rest = version_class_label.host() & 0xf00f'ffff;
        version_class_label = be32{rest | static_cast<std::uint32_t>(value) << 20};
    }
};
static_assert(sizeof(Ipv6Header) == 40 && WireStruct<Ipv6Header>);

/// The start of a hop-by-hop, routing or destination options header (RFC 8200 §4.3, §4.4, §4.6).
struct Ipv6ExtensionHeader {
    std::uint8_t next_header = 0;
    std::uint8_t length = 0;  ///< in units of 8 bytes, the first 8 not counted

    constexpr std::size_t size() const noexcept { return (static_cast<std::size_t>(length) + 1) * 8; }
};
static_assert(sizeof(Ipv6ExtensionHeader) == 2 && WireStruct<Ipv6ExtensionHeader>);

}  // namespace ferry::wire
