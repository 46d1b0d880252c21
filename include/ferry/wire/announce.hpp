// Frames that tell a segment where an endpoint is now: RARP, gratuitous ARP and unsolicited neighbour advertisement.
#pragma once

#include <array>
#include <tuple>

#include <ferry/wire/arp.hpp>
#include <ferry/wire/checksum.hpp>
#include <ferry/wire/ethernet.hpp>
#include <ferry/wire/icmpv6.hpp>
#include <ferry/wire/ipv6.hpp>

namespace ferry::wire {

/// An ARP or RARP packet in a frame of the least length, its padding zero, without FCS.
using ArpFrame = std::array<std::uint8_t, minimum_frame_size>;

/// A neighbour advertisement with a target link-layer address option in an Ethernet frame, without FCS.
using NeighbourAdvertisementFrame = std::array<std::uint8_t, sizeof(EthernetHeader) + sizeof(Ipv6Header) +
                                                                 sizeof(NeighbourAdvertisement) +
                                                                 sizeof(LinkLayerAddressOption)>;
static_assert(std::tuple_size_v<NeighbourAdvertisementFrame> == 86);

/// The multicast MAC of all IPv6 nodes, ff02::1 (RFC 2464 §7).
inline constexpr MacAddress all_nodes_mac{{0x33, 0x33, 0x00, 0x00, 0x00, 0x01}};
inline constexpr Ipv6Address all_nodes_ip{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01}};

namespace detail {

inline ArpFrame broadcast_arp(MacAddress source, std::uint16_t type, const ArpPacket& packet) noexcept
{
    ArpFrame frame{};
    header_at<EthernetHeader>(frame.data()) = {broadcast_mac, source, be16{type}};
    header_at<ArpPacket>(frame.data() + sizeof(EthernetHeader)) = packet;
    return frame;
}

}  // namespace detail

/// Returns a broadcast RARP request in which an endpoint asks for its own address, with both IP addresses zero
/// (RFC 903). QEMU sends this frame when a guest arrives; bridges learn the MAC from it, nobody is expected to answer.
inline ArpFrame make_rarp_request(MacAddress mac) noexcept
{
    ArpPacket packet;
    packet.operation = be16{arp_operation::reverse_request};
    packet.sender_mac = mac;
    packet.target_mac = mac;
    return detail::broadcast_arp(mac, ether_type::rarp, packet);
}

/// Returns a broadcast ARP announcement in the request form: sender and target IP are both `ip`, the target MAC is zero
/// (RFC 5227 §2.3, §3).
inline ArpFrame make_gratuitous_arp_request(MacAddress mac, Ipv4Address ip) noexcept
{
    ArpPacket packet;
    packet.operation = be16{arp_operation::request};
    packet.sender_mac = mac;
    packet.sender_ip = ip;
    packet.target_ip = ip;
    return detail::broadcast_arp(mac, ether_type::arp, packet);
}

/// Returns a broadcast ARP announcement in the reply form, for hosts that update their caches from replies only: the
/// target MAC is `mac` too (RFC 826; the form of RFC 5944 §4.6).
inline ArpFrame make_gratuitous_arp_reply(MacAddress mac, Ipv4Address ip) noexcept
{
    ArpPacket packet;
    packet.operation = be16{arp_operation::reply};
    packet.sender_mac = mac;
    packet.sender_ip = ip;
    packet.target_mac = mac;
    packet.target_ip = ip;
    return detail::broadcast_arp(mac, ether_type::arp, packet);
}

/// Returns an unsolicited neighbour advertisement from `ip` to all nodes with the override flag set (RFC 4861 §7.2.6).
/// `router` must say whether the endpoint routes: hosts drop a router from their lists when it announces itself without
/// that flag (RFC 4861 §7.2.5).
inline NeighbourAdvertisementFrame make_unsolicited_na(MacAddress mac, const Ipv6Address& ip,
                                                       bool router = false) noexcept
{
    constexpr std::size_t ip_offset = sizeof(EthernetHeader);
    constexpr std::size_t icmp_offset = ip_offset + sizeof(Ipv6Header);
    constexpr std::size_t icmp_size = sizeof(NeighbourAdvertisement) + sizeof(LinkLayerAddressOption);

    NeighbourAdvertisementFrame frame{};
    header_at<EthernetHeader>(frame.data()) = {all_nodes_mac, mac, be16{ether_type::ipv6}};

    auto& header = header_at<Ipv6Header>(frame.data() + ip_offset);
    header = Ipv6Header{};
    header.payload_length = be16{icmp_size};
    header.next_header = ip_protocol::icmpv6;
    header.hop_limit = nd_hop_limit;
    header.source = ip;
    header.destination = all_nodes_ip;

    auto& advertisement = header_at<NeighbourAdvertisement>(frame.data() + icmp_offset);
    advertisement = NeighbourAdvertisement{};
    advertisement.flags = be32{na_flag_override | (router ? na_flag_router : 0)};
    advertisement.target = ip;

    auto& option = header_at<LinkLayerAddressOption>(frame.data() + icmp_offset + sizeof(NeighbourAdvertisement));
    option = LinkLayerAddressOption{};
    option.address = mac;

    advertisement.checksum = pseudo_header_sum(ip, all_nodes_ip, ip_protocol::icmpv6, icmp_size)
                                 .add(frame.data() + icmp_offset, icmp_size)
                                 .checksum();
    return frame;
}

}  // namespace ferry::wire
