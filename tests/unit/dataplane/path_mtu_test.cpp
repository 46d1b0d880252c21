// What routers say of packets that were too large, as bytes.
#include "underlay/path_mtu.hpp"

#include <cstring>
#include <vector>

#include <catch2/catch.hpp>

#include <ferry/wire/ipv4.hpp>
#include <ferry/wire/udp.hpp>

using ferry::Ipv4Address;
using ferryd::OwnPackets;
using ferryd::PathMtu;
using ferryd::read_path_mtu;
using namespace ferry::wire;

namespace {

const Ipv4Address here = *Ipv4Address::parse("172.16.0.1"), there = *Ipv4Address::parse("172.17.0.2");
const OwnPackets own{here, 4789, {50'000, 50'999}};

/// A router's message about one of our packets of 1,550 bytes.
struct Message {
    Ipv4Header outer, sent;
    std::uint8_t type = 3, code = 4;
    std::uint16_t mtu = 1'400;
    UdpHeader udp;

    Message()
    {
        outer.protocol = ip_protocol::icmp;
        sent.protocol = ip_protocol::udp;
        sent.total_length = be16(1'550);
        sent.source = here;
        sent.destination = there;
        udp.source_port = be16(50'500);
        udp.destination_port = be16(4'789);
    }
    std::vector<std::uint8_t> bytes() const
    {
        std::vector<std::uint8_t> all;
        const auto add = [&](const auto& part) {
            const auto* first = reinterpret_cast<const std::uint8_t*>(&part);
            all.insert(all.end(), first, first + sizeof(part));
        };
        add(outer);
        all.insert(all.end(), {type, code, 0, 0, 0, 0, static_cast<std::uint8_t>(mtu >> 8), static_cast<std::uint8_t>(mtu)});
        add(sent);
        add(udp);
        return all;
    }
};

template <typename Change>
std::optional<PathMtu> read_with(Change change)
{
    Message message;
    change(message);
    return read_path_mtu(message.bytes(), own);
}

}  // namespace

TEST_CASE("a router tells the MTU of the path to a VTEP")
{
    CHECK(read_with([](Message&) {}) == PathMtu{there, 1'400});
    CHECK(read_with([](Message& m) { m.mtu = 300; }) == PathMtu{there, ferryd::smallest_path_mtu});
}

TEST_CASE("what is not about a packet of ours, or makes no sense, is left alone")
{
    CHECK_FALSE(read_with([](Message& m) { m.outer.protocol = ip_protocol::udp; }));
    CHECK_FALSE(read_with([](Message& m) { m.type = 5; }));
    CHECK_FALSE(read_with([](Message& m) { m.code = 3; }));
    CHECK_FALSE(read_with([](Message& m) { m.mtu = 0; }));
    CHECK_FALSE(read_with([](Message& m) { m.mtu = 1'550; }));
    CHECK_FALSE(read_with([](Message& m) { m.sent.source = there; }));
    CHECK_FALSE(read_with([](Message& m) { m.sent.protocol = ip_protocol::tcp; }));
    CHECK_FALSE(read_with([](Message& m) { m.sent.version_ihl = 0x65; }));
    CHECK_FALSE(read_with([](Message& m) { m.sent.version_ihl = 0x44; }));
    CHECK_FALSE(read_with([](Message& m) { m.sent.version_ihl = 0x4f; }));
    CHECK_FALSE(read_with([](Message& m) { m.udp.destination_port = be16(4'790); }));
    CHECK_FALSE(read_with([](Message& m) { m.udp.source_port = be16(49'999); }));
}

TEST_CASE("a message that ends early tells nothing, wherever it ends")
{
    const std::vector<std::uint8_t> whole = Message().bytes();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::vector<std::uint8_t> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK_FALSE(read_path_mtu(part, own));
    }
}
