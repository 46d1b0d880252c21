// Adjacency::make: the outer headers, byte by byte, and what it refuses.
#include <catch2/catch.hpp>

#include <algorithm>

#include <ferry/wire/checksum.hpp>

#include "helpers.hpp"

using namespace ferry;
using ferry::test::good_spec;

namespace {

const Ipv4Address remote = *Ipv4Address::parse("10.1.2.3");

}  // namespace

TEST_CASE("the template holds Ethernet, IPv4, UDP and VXLAN headers")
{
    AdjacencySpec spec = good_spec();
    spec.next_hop = *MacAddress::parse("02:00:00:00:00:11");
    spec.source_mac = *MacAddress::parse("02:00:00:00:00:22");
    spec.source = *Ipv4Address::parse("172.16.0.1");
    spec.ttl = 63;
    spec.dscp = 46;
    const Adjacency adjacency = *Adjacency::make(VtepId{9}, remote, spec);
    const std::array<std::uint8_t, 50> expected{
        0x02, 0, 0, 0, 0, 0x11, 0x02, 0, 0, 0, 0, 0x22, 0x08, 0x00,  // Ethernet
        0x45, 46 << 2, 0, 0, 0, 0, 0x40, 0, 63, 17, 0, 0,            // IPv4: don't fragment, id 0, UDP
        172, 16, 0, 1, 10, 1, 2, 3,                                  //
        0, 0, 0x12, 0xb5, 0, 0, 0, 0,                                // UDP to 4789 without checksum
        0x08, 0, 0, 0, 0, 0, 0, 0,                                   // VXLAN: I flag
    };
    CHECK(adjacency.header == expected);
    CHECK(adjacency.vtep == VtepId{9});
    CHECK(adjacency.remote == remote);
    CHECK(adjacency.underlay == UnderlayId{3});
    CHECK(adjacency.spec.dscp == 46);
}

TEST_CASE("header_sum completes to the checksum of the finished header")
{
    const Adjacency adjacency = *Adjacency::make(VtepId{9}, remote, good_spec());
    const std::uint16_t length = GENERATE(as<std::uint16_t>{}, 36, 96, 1500, 1550, 9000, 65'535);
    std::array<std::uint8_t, 20> ip;
    std::copy_n(adjacency.header.begin() + 14, 20, ip.begin());
    const wire::be16 total{length};
    std::memcpy(&ip[2], &total, 2);
    std::uint32_t sum = std::uint32_t{adjacency.header_sum} + length;
    sum = (sum & 0xffff) + (sum >> 16);
    const auto checksum = static_cast<std::uint16_t>(~sum);
    CHECK(checksum == wire::ipv4_header_checksum(ip).host());
}

TEST_CASE("the MTU counts the outer IP packet")
{
    AdjacencySpec spec = good_spec();
    spec.mtu = 1550;
    CHECK(Adjacency::make(VtepId{1}, remote, spec)->max_inner == 1514);
    spec.mtu = 96;
    CHECK(Adjacency::make(VtepId{1}, remote, spec)->max_inner == 60);
    spec.mtu = 65'535;
    CHECK(Adjacency::make(VtepId{1}, remote, spec)->max_inner == 65'499);
}

TEST_CASE("an adjacency that could not work is refused with a sentence")
{
    AdjacencySpec spec = good_spec();
    Ipv4Address to = remote;
    SECTION("remote 0") { to = Ipv4Address{}; }
    SECTION("remote multicast") { to = *Ipv4Address::parse("239.1.1.1"); }
    SECTION("remote broadcast") { to = *Ipv4Address::parse("255.255.255.255"); }
    SECTION("remote is this host") { to = spec.source; }
    SECTION("source 0") { spec.source = Ipv4Address{}; }
    SECTION("source multicast") { spec.source = *Ipv4Address::parse("224.0.0.1"); }
    SECTION("next hop 0") { spec.next_hop = MacAddress{}; }
    SECTION("next hop multicast") { spec.next_hop = broadcast_mac; }
    SECTION("source MAC 0") { spec.source_mac = MacAddress{}; }
    SECTION("source MAC multicast") { spec.source_mac.bytes[0] |= 1; }
    SECTION("port 0") { spec.port = 0; }
    SECTION("TTL 0") { spec.ttl = 0; }
    SECTION("DSCP of seven bits") { spec.dscp = 64; }
    SECTION("MTU too small") { spec.mtu = 95; }
    const auto made = Adjacency::make(VtepId{1}, to, spec);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == ErrorCode::invalid_argument);
    CHECK_FALSE(made.error().sentence.empty());
}
