#include <catch2/catch.hpp>

#include <map>
#include <set>

#include <ferry/wire/ecn.hpp>
#include <ferry/wire/icmpv6.hpp>
#include <ferry/wire/vxlan.hpp>

#include "frames.hpp"

using namespace ferry;
using namespace ferry::test;
using namespace ferry::wire;

namespace {

constexpr std::uint8_t dscp = 0xb8;  // expedited forwarding, in place

struct Row {
    Ecn inner;
    Ecn outer;
    std::optional<Ecn> result;  // nullopt: dropped
};

/// RFC 6040 section 4.2, figure 4, row by row.
constexpr Row figure_4[] = {
    {Ecn::not_ect, Ecn::not_ect, Ecn::not_ect},
    {Ecn::not_ect, Ecn::ect0, Ecn::not_ect},
    {Ecn::not_ect, Ecn::ect1, Ecn::not_ect},
    {Ecn::not_ect, Ecn::ce, std::nullopt},
    {Ecn::ect0, Ecn::not_ect, Ecn::ect0},
    {Ecn::ect0, Ecn::ect0, Ecn::ect0},
    {Ecn::ect0, Ecn::ect1, Ecn::ect1},
    {Ecn::ect0, Ecn::ce, Ecn::ce},
    {Ecn::ect1, Ecn::not_ect, Ecn::ect1},
    {Ecn::ect1, Ecn::ect0, Ecn::ect1},
    {Ecn::ect1, Ecn::ect1, Ecn::ect1},
    {Ecn::ect1, Ecn::ce, Ecn::ce},
    {Ecn::ce, Ecn::not_ect, Ecn::ce},
    {Ecn::ce, Ecn::ect0, Ecn::ce},
    {Ecn::ce, Ecn::ect1, Ecn::ce},
    {Ecn::ce, Ecn::ce, Ecn::ce},
};

Bytes ipv4_frame(Tags tags, Ecn ecn)
{
    Ipv4Header ip;
    ip.tos = with_ecn(dscp, ecn);
    ip.ttl = 64;
    ip.protocol = ip_protocol::udp;
    ip.source = ipv4("10.0.0.1");
    ip.destination = ipv4("10.0.0.2");
    return concat({ethernet_start(tags, ether_type::ipv4), ipv4_packet(ip, udp_datagram(1, 2, from_hex("01 02 03")))});
}

Bytes ipv6_frame(Tags tags, Ecn ecn)
{
    Ipv6Header ip;
    ip.version_class_label = be32{0x600a'bcde};
    ip.set_traffic_class(with_ecn(dscp, ecn));
    ip.next_header = ip_protocol::udp;
    ip.source = ipv6("fd00::1");
    ip.destination = ipv6("fd00::2");
    return concat({ethernet_start(tags, ether_type::ipv6), ipv6_packet(ip, udp_datagram(1, 2, from_hex("01 02 03")))});
}

}  // namespace

TEST_CASE("codepoints are those of RFC 3168 section 5")
{
    CHECK(ecn_of(0xb8) == Ecn::not_ect);
    CHECK(ecn_of(0xb9) == Ecn::ect1);
    CHECK(ecn_of(0xba) == Ecn::ect0);
    CHECK(ecn_of(0xbb) == Ecn::ce);
    CHECK(with_ecn(0xbb, Ecn::not_ect) == 0xb8);
    CHECK(with_ecn(0x00, Ecn::ce) == 0x03);
}

TEST_CASE("decapsulation follows RFC 6040 figure 4 in all 16 cells")
{
    std::set<std::pair<Ecn, Ecn>> cells;
    for (const Row& row : figure_4) {
        CHECK(ecn_decapsulate(row.inner, row.outer) == row.result);
        cells.emplace(row.inner, row.outer);
    }
    CHECK(cells.size() == 16);
}

TEST_CASE("encapsulation copies the ECN field, also from behind VLAN tags, and keeps the outer DSCP")
{
    const Tags tags = GENERATE(Tags::none, Tags::vlan, Tags::qinq);
    for (int codepoint = 0; codepoint < 4; ++codepoint) {
        const Ecn ecn = static_cast<Ecn>(codepoint);
        CHECK(ecn_encapsulate(ecn) == ecn);
        for (const Bytes& frame : {ipv4_frame(tags, ecn), ipv6_frame(tags, ecn)}) {
            CHECK(inner_tos(frame.data(), frame.size()) == with_ecn(dscp, ecn));
            CHECK(outer_tos_for(frame.data(), frame.size(), 0x48) == with_ecn(0x48, ecn));
        }
    }
}

TEST_CASE("a frame without IP is sent as not ECN-capable")
{
    const Bytes arp = concat({ethernet_start(Tags::none, ether_type::arp), Bytes(46, 0xff)});
    CHECK(outer_tos_for(arp.data(), arp.size(), 0x48) == 0x48);
    const Bytes liar = concat({ethernet_start(Tags::none, ether_type::ipv4), Bytes(46, 0xff)});
    CHECK(outer_tos_for(liar.data(), liar.size(), 0x48) == 0x48);
}

TEST_CASE("an outer mark reaches the inner header and nothing else changes")
{
    const Tags tags = GENERATE(Tags::none, Tags::vlan, Tags::qinq);
    for (const Row& row : figure_4) {
        const std::uint8_t outer_tos = with_ecn(0x48, row.outer);  // the outer DSCP must not matter

        for (const auto& make : {ipv4_frame, ipv6_frame}) {
            Bytes frame = make(tags, row.inner);
            const Bytes before = frame;
            CHECK(apply_outer_ecn(frame.data(), frame.size(), outer_tos) == row.result.has_value());
            // A frame made with the resulting field from the start has a checksum computed anew.
            CHECK(frame == (row.result ? make(tags, *row.result) : before));
        }
    }
}

TEST_CASE("frames without a whole IP header pass unchanged, whatever the outer mark")
{
    const Bytes whole4 = ipv4_frame(Tags::qinq, Ecn::ect0);
    const Bytes whole6 = ipv6_frame(Tags::qinq, Ecn::ect0);
    for (const auto& [whole, header] : {std::pair{whole4, sizeof(Ipv4Header)}, std::pair{whole6, sizeof(Ipv6Header)}}) {
        for (std::size_t length = 0; length <= whole.size(); ++length) {
            GuardedCopy copy(std::span{whole}.first(length));
            CHECK(apply_outer_ecn(copy.data(), length, 0x03));
            const bool unchanged = std::memcmp(copy.data(), whole.data(), length) == 0;
            INFO(length);
            CHECK(unchanged == (length < 22 + header));
            CHECK(inner_tos(copy.data(), length) ==
                  (length < 24 ? 0 : with_ecn(dscp, unchanged ? Ecn::ect0 : Ecn::ce)));
        }
    }

    Bytes arp = concat({ethernet_start(Tags::none, ether_type::arp), Bytes(46, 0)});
    const Bytes before = arp;
    CHECK(apply_outer_ecn(arp.data(), arp.size(), 0x03));
    CHECK(arp == before);

    // EtherType and version disagree: whatever this is, it has no ECN field that ferry knows.
    for (const std::uint16_t type : {ether_type::ipv4, ether_type::ipv6}) {
        Bytes liar = concat({ethernet_start(Tags::none, type), Bytes(46, 0)});
        const Bytes honest = liar;
        CHECK(apply_outer_ecn(liar.data(), liar.size(), 0x03));
        CHECK(liar == honest);
    }
}

TEST_CASE("Linux decapsulates all 16 cells alike")
{
    // Every frame ends with its outer and its inner codepoint, by which sent and kept ones are matched.
    const auto mark = [](const Bytes& frame) { return Bytes(frame.end() - 2, frame.end()); };
    std::map<std::pair<std::uint16_t, Bytes>, Bytes> kept;
    for (const Bytes& frame : read_capture("ecn-decap-kept"))
        kept[{header_at<EthernetHeader>(frame.data()).type.host(), mark(frame)}] = frame;

    std::size_t dropped = 0;
    const auto sent = read_capture("ecn-decap-sent");
    REQUIRE(sent.size() == 32);
    for (const Bytes& packet : sent) {
        const std::uint8_t outer_tos = header_at<Ipv4Header>(packet.data() + sizeof(EthernetHeader)).tos;
        Bytes inner(packet.begin() + vxlan_ipv4_overhead, packet.end());
        const auto linux_kept = kept.find({header_at<EthernetHeader>(inner.data()).type.host(), mark(inner)});
        INFO("outer " << int{mark(inner)[0]} << ", inner " << int{mark(inner)[1]});
        REQUIRE(outer_tos == mark(inner)[0]);
        if (apply_outer_ecn(inner.data(), inner.size(), outer_tos)) {
            REQUIRE(linux_kept != kept.end());
            CHECK(inner == linux_kept->second);
        } else {
            CHECK(linux_kept == kept.end());
            ++dropped;
        }
    }
    CHECK(dropped == 2);
}

TEST_CASE("Linux encapsulates the ECN field alike, but for an inner CE")
{
    std::set<Ecn> seen;
    for (const Bytes& packet : read_capture("ecn-encap")) {
        const std::uint8_t linux_tos = header_at<Ipv4Header>(packet.data() + sizeof(EthernetHeader)).tos;
        const std::uint8_t* inner = packet.data() + vxlan_ipv4_overhead;
        const std::size_t length = packet.size() - vxlan_ipv4_overhead;
        const Ecn ecn = ecn_of(inner_tos(inner, length));
        seen.insert(ecn);
        CHECK(inner_tos(inner, length) == with_ecn(dscp, ecn));
        // RFC 3168's full functionality resets CE to ECT(0) outside; RFC 6040 section 4.1 copies it.
        const Ecn expected = ecn == Ecn::ce ? Ecn::ect0 : ecn_of(outer_tos_for(inner, length, 0));
        CHECK(ecn_of(linux_tos) == expected);
        CHECK(ecn_of(outer_tos_for(inner, length, 0)) == ecn);
    }
    CHECK(seen.size() == 4);
}
