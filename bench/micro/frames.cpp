#include "frames.hpp"

#include <cstring>

#include <ferry/wire/checksum.hpp>
#include <ferry/wire/ethernet.hpp>
#include <ferry/wire/ipv4.hpp>
#include <ferry/wire/ipv6.hpp>
#include <ferry/wire/udp.hpp>
#include <ferry/wire/vxlan.hpp>

#include "host.hpp"

namespace ferry::bench {
namespace {

using namespace wire;

template <typename Header>
std::uint8_t* put(std::uint8_t* place, const Header& header) noexcept
{
    std::memcpy(place, &header, sizeof(header));
    return place + sizeof(header);
}

std::uint8_t* put_udp(std::uint8_t* place, std::size_t flow, std::size_t length) noexcept
{
    return put(place, UdpHeader{be16{static_cast<std::uint16_t>(flow)}, be16{53},
                                be16{static_cast<std::uint16_t>(length)}, be16{}});
}

/// TCP begins with ports as UDP does, and no more of it is looked at.
void put_ipv4(std::uint8_t* place, std::size_t flow, std::uint8_t protocol, std::size_t length) noexcept
{
    Ipv4Header ip{};
    ip.total_length = be16{static_cast<std::uint16_t>(length)};
    ip.ttl = 64;
    ip.protocol = protocol;
    ip.source = Ipv4Address::from_host(0x0a00'0001);
    ip.destination = Ipv4Address::from_host(static_cast<std::uint32_t>(0x0a00'1000 + flow));
    put_udp(put(place, ip), flow, length - sizeof(ip));
}

void put_ipv6(std::uint8_t* place, std::size_t flow, std::size_t length) noexcept
{
    Ipv6Header ip{};
    ip.payload_length = be16{static_cast<std::uint16_t>(length - sizeof(ip))};
    ip.next_header = ip_protocol::udp;
    ip.hop_limit = 64;
    ip.source.bytes[15] = 1;
    ip.destination.bytes[15] = static_cast<std::uint8_t>(flow);
    put_udp(put(place, ip), flow, length - sizeof(ip));
}

/// Writes `length` bytes behind the Ethernet header at `frame`, whose type it sets.
void put_payload(std::uint8_t* frame, std::size_t length, const InnerFrame& what) noexcept
{
    std::uint8_t* const payload = frame + sizeof(EthernetHeader);
    be16& type = header_at<EthernetHeader>(frame).type;
    switch (what.payload) {
    case Payload::udp: type = be16{ether_type::ipv4}; return put_ipv4(payload, what.flow, ip_protocol::udp, length);
    case Payload::tcp: type = be16{ether_type::ipv4}; return put_ipv4(payload, what.flow, ip_protocol::tcp, length);
    case Payload::ipv6_udp: type = be16{ether_type::ipv6}; return put_ipv6(payload, what.flow, length);
    case Payload::arp: type = be16{ether_type::arp}; return;
    case Payload::tagged_udp:
        type = be16{ether_type::vlan};
        put(put(payload, be16{static_cast<std::uint16_t>(what.flow % 4094 + 1)}), be16{ether_type::ipv4});
        return put_ipv4(payload + 4, what.flow, ip_protocol::udp, length - 4);
    }
}

}  // namespace

std::size_t write_frame(std::uint8_t* place, const InnerFrame& frame) noexcept
{
    std::memset(place, 0, frame.size);
    put(place, EthernetHeader{frame.destination, frame.source, be16{}});
    put_payload(place, frame.size - sizeof(EthernetHeader), frame);
    return frame.size;
}

std::size_t write_frame(std::uint8_t* place, const OuterFrame& frame) noexcept
{
    const std::size_t inner = write_frame(place + vxlan_ipv4_overhead, frame.inner);
    const auto udp_length = static_cast<std::uint16_t>(sizeof(UdpHeader) + sizeof(VxlanHeader) + inner);
    EthernetHeader ethernet{};
    ethernet.type = be16{ether_type::ipv4};
    Ipv4Header ip{};
    ip.total_length = be16{static_cast<std::uint16_t>(sizeof(ip) + udp_length)};
    ip.ttl = 64;
    ip.protocol = ip_protocol::udp;
    ip.source = frame.source;
    ip.destination = host_address;
    ip.checksum = ipv4_header_checksum(ip);
    UdpHeader udp{be16{static_cast<std::uint16_t>(49152 + frame.inner.flow % 16384)}, be16{vxlan_port},
                  be16{udp_length}, be16{}};
    std::uint8_t* const at = put(put(place, ethernet), ip);
    put(put(at, udp), VxlanHeader::make(frame.vni));
    if (frame.udp_checksum) {
        udp.checksum = udp_checksum_ipv4(ip.source, ip.destination, {at, udp_length});
        put(at, udp);
    }
    return vxlan_ipv4_overhead + inner;
}

}  // namespace ferry::bench
