#include <catch2/catch.hpp>

#include <set>

#include <ferry/wire/entropy.hpp>

#include "frames.hpp"

using namespace ferry;
using namespace ferry::test;
using namespace ferry::wire;

namespace {

struct Flow {
    std::uint32_t source = 0x0a000001;
    std::uint32_t destination = 0x0a000002;
    std::uint8_t protocol = ip_protocol::udp;
    std::uint16_t source_port = 1000;
    std::uint16_t destination_port = 2000;
};

Ipv4Header header4(const Flow& flow)
{
    Ipv4Header ip;
    ip.ttl = 64;
    ip.protocol = flow.protocol;
    ip.source = Ipv4Address::from_host(flow.source);
    ip.destination = Ipv4Address::from_host(flow.destination);
    return ip;
}

Ipv6Header header6(const Flow& flow)
{
    Ipv6Header ip;
    ip.next_header = flow.protocol;
    ip.hop_limit = 64;
    const be32 source{flow.source}, destination{flow.destination};
    std::memcpy(ip.source.bytes.data() + 12, &source, 4);
    std::memcpy(ip.destination.bytes.data() + 12, &destination, 4);
    return ip;
}

Bytes frame4(const Flow& flow, Tags tags = Tags::none, const Bytes& payload = {})
{
    return concat({ethernet_start(tags, ether_type::ipv4),
                   ipv4_packet(header4(flow), udp_datagram(flow.source_port, flow.destination_port, payload))});
}

Bytes frame6(const Flow& flow, Tags tags = Tags::none, const Bytes& payload = {})
{
    return concat({ethernet_start(tags, ether_type::ipv6),
                   ipv6_packet(header6(flow), udp_datagram(flow.source_port, flow.destination_port, payload))});
}

std::uint32_t hash(const Bytes& frame) { return flow_hash(frame.data(), frame.size()); }

Bytes extension(std::uint8_t next_header, std::uint8_t length = 0)
{
    Bytes bytes((static_cast<std::size_t>(length) + 1) * 8, 0);
    bytes[0] = next_header;
    bytes[1] = length;
    return bytes;
}

}  // namespace

TEST_CASE("ports cover the whole range and nothing else")
{
    CHECK(entropy_port(0) == 49152);
    CHECK(entropy_port(0xffffffff) == 65535);
    CHECK(entropy_port(0x80000000) == 49152 + 8192);

    const PortRange range =
        GENERATE(PortRange{1, 65535}, PortRange{40000, 40000}, PortRange{65535, 65535}, PortRange{10000, 10009});
    CHECK(range.valid());
    CHECK(entropy_port(0, range) == range.first);
    CHECK(entropy_port(0xffffffff, range) == range.last);
    std::set<std::uint16_t> ports;
    for (std::uint64_t hash = 0; hash <= 0xffffffff; hash += 0x10000 / 4) {
        const std::uint16_t port = entropy_port(static_cast<std::uint32_t>(hash), range);
        if (!range.contains(port))
            FAIL("port " << port);
        ports.insert(port);
    }
    CHECK(ports.size() == range.size());
}

TEST_CASE("a range that is empty or begins with port 0 is not valid")
{
    CHECK(PortRange{}.valid());
    CHECK_FALSE(PortRange{0, 65535}.valid());
    CHECK_FALSE(PortRange{2, 1}.valid());
    CHECK_FALSE(PortRange{}.contains(49151));
}

TEST_CASE("frames of one flow hash alike, whatever else is in them")
{
    const Tags tags = GENERATE(Tags::none, Tags::vlan, Tags::qinq);
    CHECK(hash(frame4({}, tags, from_hex("01 02 03"))) == hash(frame4({})));
    CHECK(hash(frame6({}, tags, from_hex("01 02 03"))) == hash(frame6({})));

    Bytes other = frame4({}, tags);
    auto& ip = header_at<Ipv4Header>(other.data() + find_ethernet_payload(other.data(), other.size()).offset);
    ip.tos = 0xb9;
    ip.id = be16{77};
    ip.ttl = 3;
    ip.flags_fragment = be16{ipv4_dont_fragment};
    ip.checksum = ipv4_header_checksum(ip);
    CHECK(hash(other) == hash(frame4({})));

    other = frame6({}, tags);
    auto& ip6 = header_at<Ipv6Header>(other.data() + find_ethernet_payload(other.data(), other.size()).offset);
    ip6.version_class_label = be32{0x6b9a'bcde};  // the label may change within a connection
    ip6.hop_limit = 3;
    CHECK(hash(other) == hash(frame6({})));
}

TEST_CASE("each field of the 5-tuple counts")
{
    Flow changed;
    SECTION("source") { changed.source ^= 1; }
    SECTION("destination") { changed.destination ^= 1; }
    SECTION("protocol") { changed.protocol = ip_protocol::tcp; }
    SECTION("source port") { changed.source_port ^= 1; }
    SECTION("destination port") { changed.destination_port ^= 1; }
    CHECK(hash(frame4(changed)) != hash(frame4({})));
    CHECK(hash(frame6(changed)) != hash(frame6({})));
}

TEST_CASE("ports count for the protocols that have them, and for no other")
{
    const auto [protocol, ports] = GENERATE(table<std::uint8_t, bool>({{ip_protocol::tcp, true},
                                                                       {ip_protocol::udp, true},
                                                                       {ip_protocol::sctp, true},
                                                                       {ip_protocol::dccp, true},
                                                                       {ip_protocol::udp_lite, true},
                                                                       {ip_protocol::icmp, false},
                                                                       {ip_protocol::icmpv6, false},
                                                                       {std::uint8_t{47}, false},
                                                                       {std::uint8_t{255}, false}}));
    const Flow flow{.protocol = protocol};
    const Flow changed{.protocol = protocol, .source_port = 1001};
    INFO(int{protocol});
    CHECK((hash(frame4(flow)) != hash(frame4(changed))) == ports);
    CHECK((hash(frame6(flow)) != hash(frame6(changed))) == ports);
}

TEST_CASE("ports are found behind IPv4 options")
{
    const auto with_options = [](std::uint16_t port) {
        Ipv4Header ip = header4({});
        ip.version_ihl = 0x4f;
        return concat(
            {ethernet_start(Tags::none, ether_type::ipv4), bytes_of(ip), Bytes(40, 1), udp_datagram(port, 2000, {})});
    };
    CHECK(hash(with_options(1000)) == hash(frame4({})));
    CHECK(hash(with_options(1001)) != hash(frame4({})));
    CHECK(hash(with_options(1001)) == hash(frame4({.source_port = 1001})));
}

TEST_CASE("all fragments of an IPv4 datagram hash alike, the first included")
{
    std::set<std::uint32_t> hashes;
    std::uint8_t fill = 0;
    for (const std::uint16_t flags :
         {ipv4_more_fragments, std::uint16_t{ipv4_more_fragments | 185}, std::uint16_t{370}}) {
        Ipv4Header ip = header4({});
        ip.flags_fragment = be16{flags};
        hashes.insert(hash(concat({ethernet_start(Tags::none, ether_type::ipv4), ipv4_packet(ip, Bytes(64, ++fill))})));
    }
    CHECK(hashes.size() == 1);
    Ipv4Header other = header4({.destination = 0x0a000003});
    other.flags_fragment = be16{370};
    hashes.insert(hash(concat({ethernet_start(Tags::none, ether_type::ipv4), ipv4_packet(other, Bytes(64, 0))})));
    CHECK(hashes.size() == 2);
}

TEST_CASE("all fragments of an IPv6 packet hash alike, behind other extension headers too")
{
    const bool options = GENERATE(false, true);
    std::set<std::uint32_t> hashes;
    for (const std::uint8_t inner_protocol :
         {ip_protocol::udp, ip_protocol::tcp}) {  // later fragments may say anything
        Ipv6Header ip = header6({});
        ip.next_header = options ? ip_protocol::hop_by_hop : ip_protocol::ipv6_fragment;
        const Bytes before = options ? extension(ip_protocol::ipv6_fragment) : Bytes{};
        const Bytes packet = ipv6_packet(ip, concat({before, extension(inner_protocol), Bytes(64, inner_protocol)}));
        hashes.insert(hash(concat({ethernet_start(Tags::none, ether_type::ipv6), packet})));
    }
    CHECK(hashes.size() == 1);
}

TEST_CASE("ports are found behind the IPv6 extension headers that a flow carries")
{
    const auto with_extensions = [](std::uint16_t port) {
        Ipv6Header ip = header6({});
        ip.next_header = ip_protocol::hop_by_hop;
        const Bytes payload =
            concat({extension(ip_protocol::ipv6_routing), extension(ip_protocol::ipv6_destination_options, 2),
                    extension(ip_protocol::udp, 1), udp_datagram(port, 2000, {})});
        return concat({ethernet_start(Tags::none, ether_type::ipv6), ipv6_packet(ip, payload)});
    };
    CHECK(hash(with_extensions(1000)) == hash(frame6({})));
    CHECK(hash(with_extensions(1001)) == hash(frame6({.source_port = 1001})));
}

TEST_CASE("frames without IP hash over MACs and EtherType")
{
    const auto frame = [](const char* destination, const char* source, std::uint16_t type, std::uint8_t fill) {
        return concat({bytes_of(EthernetHeader{mac(destination), mac(source), be16{type}}), Bytes(46, fill)});
    };
    const Bytes arp = frame("ff:ff:ff:ff:ff:ff", "52:54:00:00:00:01", ether_type::arp, 1);
    CHECK(hash(arp) == hash(frame("ff:ff:ff:ff:ff:ff", "52:54:00:00:00:01", ether_type::arp, 2)));
    CHECK(hash(arp) != hash(frame("ff:ff:ff:ff:ff:fe", "52:54:00:00:00:01", ether_type::arp, 1)));
    CHECK(hash(arp) != hash(frame("ff:ff:ff:ff:ff:ff", "52:54:00:00:00:02", ether_type::arp, 1)));
    CHECK(hash(arp) != hash(frame("ff:ff:ff:ff:ff:ff", "52:54:00:00:00:01", ether_type::rarp, 1)));
    // An EtherType of IP over something that is none.
    CHECK(hash(frame("52:54:00:00:00:02", "52:54:00:00:00:01", ether_type::ipv4, 1)) ==
          hash(frame("52:54:00:00:00:02", "52:54:00:00:00:01", ether_type::ipv4, 2)));
    CHECK(hash(frame("52:54:00:00:00:02", "52:54:00:00:00:01", ether_type::ipv6, 1)) ==
          hash(frame("52:54:00:00:00:02", "52:54:00:00:00:01", ether_type::ipv6, 2)));
}

TEST_CASE("a frame cut short anywhere is hashed without reading beyond its end")
{
    Ipv4Header options = header4({});
    options.version_ihl = 0x4f;
    Ipv6Header extended = header6({});
    extended.next_header = ip_protocol::hop_by_hop;
    const Bytes frames[] = {
        frame4({}, Tags::qinq),
        frame6({}, Tags::qinq),
        concat({ethernet_start(Tags::none, ether_type::ipv4), bytes_of(options), Bytes(40, 1), udp_datagram(1, 2, {})}),
        concat({ethernet_start(Tags::vlan, ether_type::ipv6), bytes_of(extended),
                extension(ip_protocol::ipv6_routing, 1), extension(ip_protocol::ipv6_destination_options),
                extension(ip_protocol::tcp, 2), udp_datagram(1, 2, {})}),
        ethernet_start(Tags::none, ether_type::arp),
    };
    for (const Bytes& frame : frames) {
        for (std::size_t length = 0; length <= frame.size(); ++length) {
            GuardedCopy copy(std::span{frame}.first(length));
            const Bytes heap(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length));
            CHECK(flow_hash(copy.data(), length) == hash(heap));
        }
        CHECK(hash(frame) != hash(Bytes(frame.begin(), frame.begin() + 13)));
    }
}
