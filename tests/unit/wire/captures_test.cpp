// ferry's reading and writing of headers against VXLAN packets that Linux sent.
#include <catch2/catch.hpp>

#include <map>

#include <ferry/wire/arp.hpp>
#include <ferry/wire/entropy.hpp>
#include <ferry/wire/vxlan.hpp>

#include "frames.hpp"

using namespace ferry;
using namespace ferry::test;
using namespace ferry::wire;

namespace {

constexpr std::size_t vxlan_ipv6_overhead = vxlan_ipv4_overhead + sizeof(Ipv6Header) - sizeof(Ipv4Header);

/// How many packets of each kind had all their checks made, so that a test can say which it must have seen.
struct Seen {
    int arp = 0, icmp = 0, icmpv6 = 0, tcp4 = 0, tcp6 = 0, udp4 = 0, udp6 = 0, fragment4 = 0, fragment6 = 0;
};

/// A captured VXLAN packet, cut where ferry's structs say.
struct Vxlan {
    const EthernetHeader& ethernet;
    const UdpHeader& udp;
    const VxlanHeader& vxlan;
    std::span<const std::uint8_t> datagram;  ///< UDP header and all behind it
    Bytes inner;
};

Vxlan cut(const Bytes& packet, std::size_t overhead)
{
    REQUIRE(packet.size() > overhead);
    const std::size_t udp = overhead - sizeof(VxlanHeader) - sizeof(UdpHeader);
    return {header_at<EthernetHeader>(packet.data()), header_at<UdpHeader>(packet.data() + udp),
            header_at<VxlanHeader>(packet.data() + udp + sizeof(UdpHeader)), from(packet, udp),
            Bytes(packet.begin() + static_cast<std::ptrdiff_t>(overhead), packet.end())};
}

/// True when the first of two hosts, whose addresses end in :01 and :02, sent the frame.
bool from_first(const EthernetHeader& ethernet) { return ethernet.source.bytes[5] == 1; }

void check_outer_ipv4(const Bytes& packet)
{
    const Vxlan parts = cut(packet, vxlan_ipv4_overhead);
    const auto& ip = header_at<Ipv4Header>(packet.data() + sizeof(EthernetHeader));
    const auto ip_bytes = from(packet, sizeof(EthernetHeader));
    REQUIRE(parts.ethernet.type.host() == ether_type::ipv4);
    REQUIRE(ip.version() == 4);
    REQUIRE(ip.header_length() == sizeof(Ipv4Header));
    CHECK_FALSE(ip.is_fragment());
    CHECK(ip.total_length.host() == ip_bytes.size());
    CHECK(ip.protocol == ip_protocol::udp);
    CHECK(verify_ipv4_header_checksum(ip_bytes.first(sizeof(Ipv4Header))));
    CHECK(parts.udp.length.host() == parts.datagram.size());
    CHECK(parts.vxlan.has_valid_vni());

    // The same outer headers, built by ferry from what is known of the sender.
    const bool first = from_first(parts.ethernet);
    const MacAddress macs[] = {mac("02:00:00:00:16:01"), mac("02:00:00:00:16:02")};
    const Ipv4Address addresses[] = {ipv4("172.16.0.1"), ipv4("172.16.0.2")};
    Bytes built =
        concat({bytes_of(EthernetHeader{macs[first], macs[!first], be16{ether_type::ipv4}}), bytes_of(Ipv4Header{}),
                bytes_of(UdpHeader{}), bytes_of(VxlanHeader::make(*Vni::make(100))), parts.inner});
    auto& built_ip = header_at<Ipv4Header>(built.data() + sizeof(EthernetHeader));
    built_ip.tos = ip.tos;
    built_ip.total_length = be16{static_cast<std::uint16_t>(built.size() - sizeof(EthernetHeader))};
    built_ip.id = ip.id;
    built_ip.flags_fragment = ip.flags_fragment;
    built_ip.ttl = 64;
    built_ip.protocol = ip_protocol::udp;
    built_ip.source = addresses[!first];
    built_ip.destination = addresses[first];
    built_ip.checksum = ipv4_header_checksum(built_ip);
    auto& built_udp = header_at<UdpHeader>(built.data() + sizeof(EthernetHeader) + sizeof(Ipv4Header));
    built_udp.source_port = parts.udp.source_port;
    built_udp.destination_port = be16{vxlan_port};
    built_udp.length = be16{static_cast<std::uint16_t>(built.size() - sizeof(EthernetHeader) - sizeof(Ipv4Header))};
    built_udp.checksum = udp_checksum_ipv4(built_ip.source, built_ip.destination,
                                           from(built, sizeof(EthernetHeader) + sizeof(Ipv4Header)));
    CHECK(built == packet);
}

void check_transport4(const Ipv4Header& ip, std::span<const std::uint8_t> segment, Seen& seen)
{
    if (ip.protocol == ip_protocol::icmp) {
        CHECK(internet_checksum(segment).host() == 0);
        ++seen.icmp;
    } else if (ip.protocol == ip_protocol::udp) {
        CHECK(header_at<UdpHeader>(segment.data()).length.host() == segment.size());
        CHECK(udp_checksum_ipv4(ip.source, ip.destination, segment) == header_at<UdpHeader>(segment.data()).checksum);
        CHECK(verify_udp_checksum_ipv4(ip.source, ip.destination, segment));
        ++seen.udp4;
    } else if (ip.protocol == ip_protocol::tcp) {
        CHECK(verify_transport_checksum(ip.source, ip.destination, ip_protocol::tcp, segment));
        ++seen.tcp4;
    }
}

void check_transport6(const Ipv6Header& ip, std::span<const std::uint8_t> segment, Seen& seen)
{
    if (ip.next_header == ip_protocol::ipv6_fragment) {
        ++seen.fragment6;
    } else if (ip.next_header == ip_protocol::icmpv6) {
        CHECK(verify_transport_checksum(ip.source, ip.destination, ip_protocol::icmpv6, segment));
        ++seen.icmpv6;
    } else if (ip.next_header == ip_protocol::udp) {
        CHECK(header_at<UdpHeader>(segment.data()).length.host() == segment.size());
        CHECK(udp_checksum_ipv6(ip.source, ip.destination, segment) == header_at<UdpHeader>(segment.data()).checksum);
        CHECK(verify_udp_checksum_ipv6(ip.source, ip.destination, segment));
        ++seen.udp6;
    } else if (ip.next_header == ip_protocol::tcp) {
        CHECK(verify_transport_checksum(ip.source, ip.destination, ip_protocol::tcp, segment));
        ++seen.tcp6;
    }
}

void check_inner(const Bytes& frame, Seen& seen)
{
    const EthernetPayload payload = find_ethernet_payload(frame.data(), frame.size());
    const auto packet = from(frame, payload.offset);
    if (payload.type == ether_type::arp) {
        REQUIRE(packet.size() >= sizeof(ArpPacket));
        const auto& arp = header_at<ArpPacket>(packet.data());
        CHECK(arp.is_ipv4_over_ethernet());
        CHECK(arp.sender_mac == header_at<EthernetHeader>(frame.data()).source);
        ++seen.arp;
    } else if (payload.type == ether_type::ipv4) {
        const auto& ip = header_at<Ipv4Header>(packet.data());
        REQUIRE(ip.total_length.host() <= packet.size());
        const auto header = packet.first(ip.header_length());
        CHECK(verify_ipv4_header_checksum(header));
        CHECK(ipv4_header_checksum(header) == ip.checksum);
        if (ip.is_fragment())
            ++seen.fragment4;
        else
            check_transport4(ip, packet.first(ip.total_length.host()).subspan(ip.header_length()), seen);
    } else {
        REQUIRE(payload.type == ether_type::ipv6);
        const auto& ip = header_at<Ipv6Header>(packet.data());
        REQUIRE(ip.payload_length.host() <= packet.size() - sizeof(Ipv6Header));
        check_transport6(ip, packet.subspan(sizeof(Ipv6Header), ip.payload_length.host()), seen);
    }
}

/// Names the flow of an inner frame from bytes at the offsets that the RFCs give, without ferry's structs.
Bytes flow_of(const Bytes& frame)
{
    std::size_t at = 12;
    while (frame[at] == 0x81 || frame[at] == 0x88)
        at += 4;
    const auto bytes = [&frame, ip = at + 2](std::size_t first, std::size_t count) {
        const auto begin = frame.begin() + static_cast<std::ptrdiff_t>(ip + first);
        return Bytes(begin, begin + static_cast<std::ptrdiff_t>(count));
    };
    const Bytes type{frame[at], frame[at + 1]};
    if (type == from_hex("08 00")) {
        const std::uint8_t protocol = bytes(9, 1)[0];
        const bool fragment = (bytes(6, 1)[0] & 0x3f) != 0 || bytes(7, 1)[0] != 0;
        const bool ports = (protocol == 6 || protocol == 17) && !fragment;
        return concat({type, bytes(9, 1), bytes(12, 8), ports ? bytes(20, 4) : Bytes{}});
    }
    if (type == from_hex("86 dd")) {
        const std::uint8_t protocol = bytes(6, 1)[0];
        const bool ports = protocol == 6 || protocol == 17;
        return concat({type, bytes(6, 1), bytes(8, 32), ports ? bytes(40, 4) : Bytes{}});
    }
    return concat({Bytes(frame.begin(), frame.begin() + 12), type});
}

/// Checks that each flow has one hash, that no two share one, and that all ports are in range. Returns the number of
/// flows.
std::size_t check_entropy(const std::vector<Bytes>& inner_frames)
{
    std::map<Bytes, std::uint32_t> hash_of;
    std::map<std::uint32_t, Bytes> flow_with;
    for (const Bytes& frame : inner_frames) {
        const std::uint32_t hash = flow_hash(frame.data(), frame.size());
        const Bytes flow = flow_of(frame);
        CHECK(hash_of.emplace(flow, hash).first->second == hash);
        CHECK(flow_with.emplace(hash, flow).first->second == flow);
        CHECK(entropy_port(hash) >= 49152);
        CHECK(PortRange{20000, 20099}.contains(entropy_port(hash, {20000, 20099})));
    }
    return hash_of.size();
}

std::vector<Bytes> inner_frames_of(const std::string& name, std::size_t overhead)
{
    std::vector<Bytes> frames;
    for (const Bytes& packet : read_capture(name))
        frames.push_back(cut(packet, overhead).inner);
    return frames;
}

}  // namespace

TEST_CASE("Linux's VXLAN packets are read and written alike, with IPv4 inside")
{
    Seen seen;
    for (const Bytes& packet : read_capture("vxlan-ipv4")) {
        check_outer_ipv4(packet);
        check_inner(cut(packet, vxlan_ipv4_overhead).inner, seen);
    }
    CHECK(seen.arp >= 2);
    CHECK(seen.icmp >= 4);
    CHECK(seen.udp4 >= 6);
    CHECK(seen.tcp4 >= 10);
    // ARP each way, ICMP, UDP and TCP each way.
    CHECK(check_entropy(inner_frames_of("vxlan-ipv4", vxlan_ipv4_overhead)) == 8);
}

TEST_CASE("Linux's VXLAN packets are read and written alike, with IPv6 inside")
{
    Seen seen;
    for (const Bytes& packet : read_capture("vxlan-ipv6")) {
        check_outer_ipv4(packet);
        check_inner(cut(packet, vxlan_ipv4_overhead).inner, seen);
    }
    CHECK(seen.icmpv6 >= 6);
    CHECK(seen.udp6 >= 6);
    CHECK(seen.tcp6 >= 10);
    CHECK(check_entropy(inner_frames_of("vxlan-ipv6", vxlan_ipv4_overhead)) >= 6);
}

TEST_CASE("Linux's VXLAN packets over IPv6 have the UDP checksum that ferry computes")
{
    Seen seen;
    for (const Bytes& packet : read_capture("vxlan-over-ipv6")) {
        const Vxlan parts = cut(packet, vxlan_ipv6_overhead);
        const auto& ip = header_at<Ipv6Header>(packet.data() + sizeof(EthernetHeader));
        REQUIRE(parts.ethernet.type.host() == ether_type::ipv6);
        CHECK(ip.version() == 6);
        CHECK(ip.payload_length.host() == parts.datagram.size());
        CHECK(ip.source == ipv6(from_first(parts.ethernet) ? "fd00:16::1" : "fd00:16::2"));
        CHECK(parts.udp.destination_port.host() == vxlan_port);
        CHECK(udp_checksum_ipv6(ip.source, ip.destination, parts.datagram) == parts.udp.checksum);
        CHECK(verify_udp_checksum_ipv6(ip.source, ip.destination, parts.datagram));
        CHECK(bytes_of(parts.vxlan) == bytes_of(VxlanHeader::make(*Vni::make(101))));
        check_inner(parts.inner, seen);
    }
    CHECK(seen.arp >= 2);
    CHECK(seen.icmp >= 4);
    CHECK(seen.udp4 >= 6);
    CHECK(seen.tcp4 >= 10);
}

TEST_CASE("inner frames are read through no tag, one and two, and a flow keeps its port")
{
    Seen seen;
    std::map<std::size_t, int> offsets;
    for (const Bytes& packet : read_capture("vxlan-vlan")) {
        check_outer_ipv4(packet);
        const Bytes inner = cut(packet, vxlan_ipv4_overhead).inner;
        check_inner(inner, seen);
        ++offsets[find_ethernet_payload(inner.data(), inner.size()).offset];
    }
    CHECK(offsets == std::map<std::size_t, int>{{14, 4}, {18, 4}, {22, 4}});
    CHECK(seen.udp4 == 3);
    CHECK(seen.tcp4 == 3);
    CHECK(seen.udp6 == 3);
    CHECK(seen.tcp6 == 3);
    CHECK(check_entropy(inner_frames_of("vxlan-vlan", vxlan_ipv4_overhead)) == 4);
}

TEST_CASE("all fragments of a datagram keep one port")
{
    Seen seen;
    std::vector<Bytes> fragments4, fragments6;
    for (const Bytes& packet : read_capture("vxlan-fragments")) {
        check_outer_ipv4(packet);
        const Bytes inner = cut(packet, vxlan_ipv4_overhead).inner;
        const Seen before = seen;
        check_inner(inner, seen);
        if (seen.fragment4 != before.fragment4)
            fragments4.push_back(inner);
        if (seen.fragment6 != before.fragment6)
            fragments6.push_back(inner);
    }
    CHECK(fragments4.size() == 3);
    CHECK(fragments6.size() == 3);
    CHECK(check_entropy(fragments4) == 1);
    CHECK(check_entropy(fragments6) == 1);
}
