#include <catch2/catch.hpp>

#include <ferry/wire/arp.hpp>
#include <ferry/wire/icmpv6.hpp>
#include <ferry/wire/ipv4.hpp>
#include <ferry/wire/ipv6.hpp>
#include <ferry/wire/vxlan.hpp>

#include "frames.hpp"

using namespace ferry;
using namespace ferry::test;
using namespace ferry::wire;

TEST_CASE("big-endian integers lie in memory with the most significant byte first")
{
    CHECK(bytes_of(be16{0x1234}) == from_hex("12 34"));
    CHECK(bytes_of(be32{0x12345678}) == from_hex("12 34 56 78"));
    CHECK(bytes_of(be64{0x123456789abcdef0}) == from_hex("12 34 56 78 9a bc de f0"));
    CHECK(be32{0x12345678}.host() == 0x12345678);
    CHECK(be16::from_raw(be16{0x1234}.raw()) == be16{0x1234});
    CHECK_FALSE(std::is_convertible_v<be16, int>);
    CHECK_FALSE(std::is_convertible_v<std::uint16_t, be16>);
}

TEST_CASE("the VXLAN header is laid out as RFC 7348 section 5 draws it")
{
    // |R|R|R|R|I|R|R|R| Reserved (24) | VNI (24) | Reserved (8)
    CHECK(bytes_of(VxlanHeader::make(*Vni::make(0x123456))) == from_hex("08 00 00 00 12 34 56 00"));
    CHECK(bytes_of(VxlanHeader::make(*Vni::make(0))) == from_hex("08 00 00 00 00 00 00 00"));
    CHECK(bytes_of(VxlanHeader::make(*Vni::make(0xffffff))) == from_hex("08 00 00 00 ff ff ff 00"));
    CHECK(vxlan_port == 4789);
}

TEST_CASE("reserved VXLAN bits are ignored on receipt, and a clear I flag invalidates the VNI")
{
    const Bytes all_set = from_hex("ff ff ff ff 12 34 56 ff");
    CHECK(header_at<VxlanHeader>(all_set.data()).has_valid_vni());
    CHECK(header_at<VxlanHeader>(all_set.data()).vni().value() == 0x123456);

    const Bytes all_but_i = from_hex("f7 ff ff ff 12 34 56 ff");
    CHECK_FALSE(header_at<VxlanHeader>(all_but_i.data()).has_valid_vni());
}

TEST_CASE("marks, stream and Don't Learn lie in reserved bits of the VXLAN header, beside those of the Group Policy")
{
    const auto is_plain = [](std::string_view hex) {
        const Bytes bytes = from_hex(hex);
        return header_at<VxlanHeader>(bytes.data()).is_plain();
    };
    CHECK(is_plain("08 00 00 00 12 34 56 00"));
    CHECK(is_plain("08 00 00 00 12 34 56 ff"));
    for (const char* header : {"48 00 00 00 12 34 56 07", "28 00 00 00 12 34 56 07", "08 40 00 00 12 34 56 00",
                               "88 08 00 01 12 34 56 00", "00 00 00 00 12 34 56 00", "08 00 00 01 12 34 56 00"})
        CHECK_FALSE(is_plain(header));

    const Bytes detour = from_hex("48 40 00 00 12 34 56 07");
    const auto& header = header_at<VxlanHeader>(detour.data());
    CHECK(header.has_valid_vni());
    CHECK((header.flags & vxlan_flag_detour) != 0);
    CHECK((header.flags & vxlan_flag_turned) == 0);
    CHECK((header.policy_flags & vxlan_dont_learn) != 0);
    CHECK(header.stream() == 7);
    CHECK(header.vni().value() == 0x123456);
}

TEST_CASE("Ethernet headers and VLAN tags read as they are sent")
{
    const Bytes bytes = from_hex("ff ff ff ff ff ff  52 54 00 00 00 01  81 00  a0 07  08 06");
    const auto& ethernet = header_at<EthernetHeader>(bytes.data());
    CHECK(ethernet.destination == broadcast_mac);
    CHECK(ethernet.source == mac("52:54:00:00:00:01"));
    CHECK(ethernet.type.host() == ether_type::vlan);
    const auto& tag = header_at<VlanTag>(bytes.data() + 14);
    CHECK(tag.vlan_id() == 7);
    CHECK(tag.priority() == 5);
    CHECK(tag.type.host() == ether_type::arp);
}

TEST_CASE("a payload is found behind no tag, one and two, and no further")
{
    const auto [tags, offset] =
        GENERATE(table<Tags, std::size_t>({{Tags::none, 14}, {Tags::vlan, 18}, {Tags::qinq, 22}}));
    const Bytes frame = ethernet_start(tags, ether_type::ipv6);
    const EthernetPayload payload = find_ethernet_payload(frame.data(), frame.size());
    CHECK(payload.type == ether_type::ipv6);
    CHECK(payload.offset == offset);

    const Bytes third = concat({ethernet_start(Tags::qinq, ether_type::vlan), from_hex("00 0a 08 00"), Bytes(64, 0)});
    CHECK(find_ethernet_payload(third.data(), third.size()).type == ether_type::vlan);
    CHECK(find_ethernet_payload(third.data(), third.size()).offset == 22);
}

TEST_CASE("a frame that ends inside its Ethernet headers is not read beyond its end")
{
    const Bytes frame = ethernet_start(Tags::qinq, ether_type::ipv4);
    REQUIRE(frame.size() == 22);
    for (std::size_t length = 0; length <= frame.size(); ++length) {
        GuardedCopy copy(std::span{frame}.first(length));
        const EthernetPayload payload = find_ethernet_payload(copy.data(), length);
        INFO(length);
        CHECK(payload.offset == (length < 14 ? length : length < 18 ? 14 : length < 22 ? 18 : 22));
        CHECK(payload.type == (length < 14   ? 0
                               : length < 18 ? ether_type::qinq
                               : length < 22 ? ether_type::vlan
                                             : ether_type::ipv4));
    }
}

TEST_CASE("the IPv4 header is laid out as RFC 791 section 3.1 draws it")
{
    const Bytes bytes = from_hex("46 b9 01 02 03 04 40 00 05 11 06 07 0a 00 00 01 0a 00 00 02");
    const auto& ip = header_at<Ipv4Header>(bytes.data());
    CHECK(ip.version() == 4);
    CHECK(ip.header_length() == 24);
    CHECK(ip.tos == 0xb9);
    CHECK(ip.total_length.host() == 0x0102);
    CHECK(ip.id.host() == 0x0304);
    CHECK(ip.flags_fragment.host() == ipv4_dont_fragment);
    CHECK(ip.ttl == 5);
    CHECK(ip.protocol == ip_protocol::udp);
    CHECK(ip.checksum.host() == 0x0607);
    CHECK(ip.source == ipv4("10.0.0.1"));
    CHECK(ip.destination == ipv4("10.0.0.2"));
}

TEST_CASE("every fragment is a fragment, and 'don't fragment' does not make one")
{
    Ipv4Header ip;
    ip.flags_fragment = be16{ipv4_dont_fragment};
    CHECK_FALSE(ip.is_fragment());
    ip.flags_fragment = be16{ipv4_more_fragments};  // the first
    CHECK(ip.is_fragment());
    CHECK(ip.fragment_offset() == 0);
    ip.flags_fragment = be16{ipv4_more_fragments | 185};  // one in the middle
    CHECK(ip.is_fragment());
    CHECK(ip.fragment_offset() == 1480);
    ip.flags_fragment = be16{370};  // the last
    CHECK(ip.is_fragment());
    CHECK(ip.fragment_offset() == 2960);
}

TEST_CASE("the IPv6 header is laid out as RFC 8200 section 3 draws it")
{
    Bytes bytes =
        concat({from_hex("6b 9a bc de 01 02 3a ff"), bytes_of(ipv6("2001:db8::1")), bytes_of(ipv6("ff02::1"))});
    auto& ip = header_at<Ipv6Header>(bytes.data());
    CHECK(ip.version() == 6);
    CHECK(ip.traffic_class() == 0xb9);
    CHECK(ip.flow_label() == 0xabcde);
    CHECK(ip.payload_length.host() == 0x0102);
    CHECK(ip.next_header == ip_protocol::icmpv6);
    CHECK(ip.hop_limit == 255);
    CHECK(ip.source == ipv6("2001:db8::1"));
    CHECK(ip.destination == ipv6("ff02::1"));

    ip.set_traffic_class(0x46);
    CHECK(ip.version() == 6);
    CHECK(ip.traffic_class() == 0x46);
    CHECK(ip.flow_label() == 0xabcde);
}

TEST_CASE("the length of an IPv6 extension header counts units of 8 bytes after the first")
{
    CHECK(Ipv6ExtensionHeader{ip_protocol::udp, 0}.size() == 8);
    CHECK(Ipv6ExtensionHeader{ip_protocol::udp, 255}.size() == 2048);
}

TEST_CASE("UDP, ARP and neighbour advertisement read as they are sent")
{
    const Bytes udp = from_hex("c0 00 12 b5 00 32 ab cd");
    CHECK(header_at<UdpHeader>(udp.data()).source_port.host() == 49152);
    CHECK(header_at<UdpHeader>(udp.data()).destination_port.host() == 4789);
    CHECK(header_at<UdpHeader>(udp.data()).length.host() == 50);
    CHECK(header_at<UdpHeader>(udp.data()).checksum.host() == 0xabcd);

    Bytes arp = from_hex("00 01 08 00 06 04 00 02 52 54 00 00 00 01 0a 00 00 01 52 54 00 00 00 02 0a 00 00 02");
    const auto& packet = header_at<ArpPacket>(arp.data());
    CHECK(packet.is_ipv4_over_ethernet());
    CHECK(packet.operation.host() == arp_operation::reply);
    CHECK(packet.sender_mac == mac("52:54:00:00:00:01"));
    CHECK(packet.sender_ip == ipv4("10.0.0.1"));
    CHECK(packet.target_mac == mac("52:54:00:00:00:02"));
    CHECK(packet.target_ip == ipv4("10.0.0.2"));
    for (std::size_t field = 0; field < 6; ++field) {  // another hardware, protocol or length: not these addresses
        arp[field] ^= 0x10;
        CHECK_FALSE(packet.is_ipv4_over_ethernet());
        arp[field] ^= 0x10;
    }

    const Bytes na =
        concat({from_hex("88 00 12 34 e0 00 00 00"), bytes_of(ipv6("fe80::1")), from_hex("02 01 52 54 00 00 00 01")});
    const auto& advertisement = header_at<NeighbourAdvertisement>(na.data());
    CHECK(advertisement.type == icmpv6_neighbour_advertisement);
    CHECK(advertisement.flags.host() == (na_flag_router | na_flag_solicited | na_flag_override));
    CHECK(advertisement.target == ipv6("fe80::1"));
    CHECK(header_at<LinkLayerAddressOption>(na.data() + 24).address == mac("52:54:00:00:00:01"));
}
