// Ethernet II headers, VLAN tags, and where a frame's payload begins behind them.
#pragma once

#include <ferry/wire/address.hpp>
#include <ferry/wire/bytes.hpp>

namespace ferry::wire {

/// EtherTypes (IANA "IEEE 802 Numbers"), in host order.
namespace ether_type {
inline constexpr std::uint16_t ipv4 = 0x0800;
inline constexpr std::uint16_t arp = 0x0806;
inline constexpr std::uint16_t rarp = 0x8035;
inline constexpr std::uint16_t vlan = 0x8100;  ///< IEEE 802.1Q customer tag
inline constexpr std::uint16_t ipv6 = 0x86dd;
inline constexpr std::uint16_t qinq = 0x88a8;  ///< IEEE 802.1ad service tag
}  // namespace ether_type

/// Octets of the shortest frame without its FCS (IEEE 802.3 §4A.4.2: 64 with it).
inline constexpr std::size_t minimum_frame_size = 60;

/// The 14 bytes at the start of an Ethernet II frame (RFC 894).
struct EthernetHeader {
    MacAddress destination;
    MacAddress source;
    be16 type;
};
static_assert(sizeof(EthernetHeader) == 14 && WireStruct<EthernetHeader>);

/// What follows a `type` of ether_type::vlan or ether_type::qinq (IEEE 802.1Q §9.6).
struct VlanTag {
    be16 tci;
    be16 type;  ///< EtherType of what follows the tag

    constexpr std::uint16_t vlan_id() const noexcept { return tci.host() & 0x0fff; }
    constexpr std::uint8_t priority() const noexcept { return static_cast<std::uint8_t>(tci.host() >> 13); }
};
static_assert(sizeof(VlanTag) == 4 && WireStruct<VlanTag>);

constexpr bool is_vlan_type(std::uint16_t type) noexcept
{
    return type == ether_type::vlan || type == ether_type::qinq;
}

/// Where a frame's payload begins, and what it is.
struct EthernetPayload {
    std::uint16_t type = 0;  ///< EtherType in host order; 0 when the frame ends before it
    std::size_t offset = 0;  ///< bytes from the start of the frame; never beyond the length that was given
};

/// Looks through one or two VLAN tags; a third is left as the payload. Reads no byte at or beyond `length`. When the
/// frame ends inside a tag, the payload is that tag: the type is a VLAN type.
inline EthernetPayload find_ethernet_payload(const std::uint8_t* frame, std::size_t length) noexcept
{
    if (length < sizeof(EthernetHeader))
        return {0, length};
    EthernetPayload payload{header_at<EthernetHeader>(frame).type.host(), sizeof(EthernetHeader)};
    for (int tags = 0; tags < 2 && is_vlan_type(payload.type); ++tags) {
        if (length - payload.offset < sizeof(VlanTag))
            break;
        payload.type = header_at<VlanTag>(frame + payload.offset).type.host();
        payload.offset += sizeof(VlanTag);
    }
    return payload;
}

}  // namespace ferry::wire
