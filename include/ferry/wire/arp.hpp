// ARP and RARP for IPv4 over Ethernet.
#pragma once

#include <ferry/wire/address.hpp>
#include <ferry/wire/bytes.hpp>
#include <ferry/wire/ethernet.hpp>

namespace ferry::wire {

/// Values of ArpPacket::operation, in host order (RFC 826; RFC 903 for the reverse ones).
namespace arp_operation {
inline constexpr std::uint16_t request = 1;
inline constexpr std::uint16_t reply = 2;
inline constexpr std::uint16_t reverse_request = 3;
inline constexpr std::uint16_t reverse_reply = 4;
}  // namespace arp_operation

inline constexpr std::uint16_t arp_hardware_ethernet = 1;

/// An ARP (RFC 826) or RARP (RFC 903) packet for IPv4 over Ethernet; the EtherType tells which.
struct ArpPacket {
    be16 hardware_type{arp_hardware_ethernet};
    be16 protocol_type{ether_type::ipv4};
    std::uint8_t hardware_length = sizeof(MacAddress);
    std::uint8_t protocol_length = sizeof(Ipv4Address);
    be16 operation;
    MacAddress sender_mac;
    Ipv4Address sender_ip;
    MacAddress target_mac;
    Ipv4Address target_ip;

    /// True when the types and lengths are those of IPv4 over Ethernet, without which the addresses mean nothing.
    constexpr bool is_ipv4_over_ethernet() const noexcept
    {
        return hardware_type.host() == arp_hardware_ethernet && protocol_type.host() == ether_type::ipv4 &&
               hardware_length == sizeof(MacAddress) && protocol_length == sizeof(Ipv4Address);
    }
};
static_assert(sizeof(ArpPacket) == 28 && WireStruct<ArpPacket>);

}  // namespace ferry::wire
