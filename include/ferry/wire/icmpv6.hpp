// The ICMPv6 messages by which an IPv6 address is bound to a MAC.
#pragma once

#include <ferry/wire/address.hpp>
#include <ferry/wire/bytes.hpp>

namespace ferry::wire {

inline constexpr std::uint8_t icmpv6_neighbour_advertisement = 136;
inline constexpr std::uint8_t nd_option_target_link_layer = 2;

/// Bits of NeighbourAdvertisement::flags, in host order (RFC 4861 §4.4).
inline constexpr std::uint32_t na_flag_router = 0x8000'0000;
inline constexpr std::uint32_t na_flag_solicited = 0x4000'0000;
inline constexpr std::uint32_t na_flag_override = 0x2000'0000;

/// The hop limit with which neighbour discovery must arrive (RFC 4861 §7.1.2): a router would have lowered it.
inline constexpr std::uint8_t nd_hop_limit = 255;

/// A neighbour advertisement without its options (RFC 4861 §4.4).
struct NeighbourAdvertisement {
    std::uint8_t type = icmpv6_neighbour_advertisement;
    std::uint8_t code = 0;
    be16 checksum;
    be32 flags;
    Ipv6Address target;
};
static_assert(sizeof(NeighbourAdvertisement) == 24 && WireStruct<NeighbourAdvertisement>);

/// The source or target link-layer address option for Ethernet (RFC 4861 §4.6.1, RFC 2464 §6).
struct LinkLayerAddressOption {
    std::uint8_t type = nd_option_target_link_layer;
    std::uint8_t length = 1;  ///< in units of 8 bytes
    MacAddress address;
};
static_assert(sizeof(LinkLayerAddressOption) == 8 && WireStruct<LinkLayerAddressOption>);

}  // namespace ferry::wire
