// The IPv4 header.
#pragma once

#include <ferry/wire/address.hpp>
#include <ferry/wire/bytes.hpp>

namespace ferry::wire {

/// Protocol numbers (IANA "Assigned Internet Protocol Numbers"); IPv6 uses the same numbers as next headers.
namespace ip_protocol {
inline constexpr std::uint8_t hop_by_hop = 0;  ///< IPv6 extension header (RFC 8200 §4.3)
inline constexpr std::uint8_t icmp = 1;
inline constexpr std::uint8_t tcp = 6;
inline constexpr std::uint8_t udp = 17;
inline constexpr std::uint8_t dccp = 33;
inline constexpr std::uint8_t ipv6_routing = 43;   ///< IPv6 extension header (RFC 8200 §4.4)
inline constexpr std::uint8_t ipv6_fragment = 44;  ///< IPv6 extension header (RFC 8200 §4.5)
inline constexpr std::uint8_t icmpv6 = 58;
inline constexpr std::uint8_t ipv6_destination_options = 60;  ///< IPv6 extension header (RFC 8200 §4.6)
inline constexpr std::uint8_t sctp = 132;
inline constexpr std::uint8_t udp_lite = 136;
}  // namespace ip_protocol

/// Bits of Ipv4Header::flags_fragment, in host order (RFC 791 §3.1).
inline constexpr std::uint16_t ipv4_dont_fragment = 0x4000;
inline constexpr std::uint16_t ipv4_more_fragments = 0x2000;
inline constexpr std::uint16_t ipv4_fragment_offset_mask = 0x1fff;  ///< in units of 8 bytes

/// Value of version_ihl for a header without options.
inline constexpr std::uint8_t ipv4_version_ihl = 0x45;

/// The 20 bytes that every IPv4 header has; options follow when header_length() is larger (RFC 791 §3.1).
struct Ipv4Header {
    std::uint8_t version_ihl = ipv4_version_ihl;
    std::uint8_t tos = 0;  ///< DSCP (RFC 2474) and ECN (RFC 3168)
    be16 total_length;     ///< bytes of header and payload
    be16 id;
    be16 flags_fragment;
    std::uint8_t ttl = 0;
    std::uint8_t protocol = 0;
    be16 checksum;
    Ipv4Address source;
    Ipv4Address destination;

    constexpr std::uint8_t version() const noexcept { return version_ihl >> 4; }

    /// Bytes of the header with its options, as the header says: 0 to 60; a valid header says 20 or more.
    constexpr std::size_t header_length() const noexcept { return static_cast<std::size_t>(version_ihl & 0xf) * 4; }

    /// True for every fragment of a fragmented datagram, the first included.
    constexpr bool is_fragment() const noexcept
    {
        return flags_fragment.host() & (ipv4_more_fragments | ipv4_fragment_offset_mask);
    }

    /// Byte offset of this fragment's payload in the datagram.
    constexpr std::size_t fragment_offset() const noexcept
    {
        return static_cast<std::size_t>(flags_fragment.host() & ipv4_fragment_offset_mask) * 8;
    }
};
static_assert(sizeof(Ipv4Header) == 20 && WireStruct<Ipv4Header>);

}  // namespace ferry::wire
