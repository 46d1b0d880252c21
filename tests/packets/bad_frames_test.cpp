// Frames from the underlay that are wrong: each is dropped under its own reason, and no byte beyond a frame is read
// (the frames lie in memory of exactly their size).
//
//   172.16.0.2: far …:02 ── underlay ── Host 172.16.0.1 ── attachment …:01, VNI 100
#include <catch2/catch.hpp>

#include "host.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr Mac vm{0x52, 0x54, 0, 0, 0, 1};
constexpr Mac far{0x52, 0x54, 0, 0, 0, 2};
constexpr Ip4 remote{172, 16, 0, 2};

struct OneGuest : Host {
    OneGuest()
    {
        add_segment(100);
        web = add_attachment(100, {mac(vm)});
        set_row(100, vm, Row::local(web, RowOrigin::endpoint));
        add_vtep(remote, {2, 0, 0, 0, 0, 2});
    }

    /// "guest", "host", or the reason for which the frame was dropped.
    std::string verdict(const Bytes& frame)
    {
        const auto out = receive_mbufs({make_exact_frame(frame)});
        if (out.empty())
            return drops();
        CHECK(out.size() == 1);
        CHECK(drops() == "");
        if (out[0].where == "host")
            CHECK(hex(out[0].frame) == hex(frame));
        return out[0].where == "host" ? "host" : "guest";
    }

    AttachmentId web{};
};

Bytes inner_frame(std::size_t length = 60) { return ethernet(vm, far, 0x0800, pattern(length - 14)); }

Vxlan right() { return outer_from(remote, 100); }

struct Case {
    const char* what;
    const char* verdict;
    void (*spoil)(Vxlan&);
};

// The frames are 60 bytes inside: UDP 76, IPv4 96, all 110.
const Case cases[] = {
    {"nothing wrong", "guest", [](Vxlan&) {}},

    {"version 6", "outer_version", [](Vxlan& f) { f.ip.version_ihl = 0x65; }},
    {"version 0", "outer_version", [](Vxlan& f) { f.ip.version_ihl = 0x05; }},
    {"version 15", "outer_version", [](Vxlan& f) { f.ip.version_ihl = 0xf5; }},
    {"the first byte of an IPv6 header", "outer_version", [](Vxlan& f) { f.ip.version_ihl = 0x60; }},

    {"a header of 0 bytes", "outer_options", [](Vxlan& f) { f.ip.version_ihl = 0x40; }},
    {"a header of 16 bytes", "outer_options", [](Vxlan& f) { f.ip.version_ihl = 0x44; }},
    {"4 bytes of options", "outer_options", [](Vxlan& f) { f.ip.version_ihl = 0x46, f.ip.options = Bytes(4, 1); }},
    {"40 bytes of options", "outer_options", [](Vxlan& f) { f.ip.version_ihl = 0x4f, f.ip.options = Bytes(40, 1); }},
    {"options, and another port", "host",
     [](Vxlan& f) { f.ip.version_ihl = 0x46, f.ip.options = Bytes(4, 1), f.port = 53; }},
    {"another version, and another port", "host", [](Vxlan& f) { f.ip.version_ihl = 0x65, f.port = 53; }},

    {"a first fragment", "outer_fragment", [](Vxlan& f) { f.ip.flags_fragment = 0x2000; }},
    {"a first fragment with DF", "outer_fragment", [](Vxlan& f) { f.ip.flags_fragment = 0x6000; }},
    {"a middle fragment, which has no port", "host", [](Vxlan& f) { f.ip.flags_fragment = 0x2010; }},
    {"a last fragment, which has no port", "host", [](Vxlan& f) { f.ip.flags_fragment = 0x0010; }},

    {"IPv4 total length 0", "outer_length", [](Vxlan& f) { f.ip.total_length = 0; }},
    {"IPv4 total length below its own header", "outer_length", [](Vxlan& f) { f.ip.total_length = 19; }},
    {"IPv4 total length without a UDP header", "outer_length", [](Vxlan& f) { f.ip.total_length = 27; }},
    {"IPv4 total length one above the frame", "outer_length", [](Vxlan& f) { f.ip.total_length = 97; }},
    {"IPv4 total length 65535", "outer_length", [](Vxlan& f) { f.ip.total_length = 65535; }},
    {"IPv4 total length one below the datagram", "udp_length", [](Vxlan& f) { f.ip.total_length = 95; }},
    {"IPv4 total length that leaves a UDP header", "udp_length", [](Vxlan& f) { f.ip.total_length = 28; }},

    {"IPv4 checksum 0", "outer_checksum", [](Vxlan& f) { f.ip.checksum = 0; }},
    {"IPv4 checksum ffff", "outer_checksum", [](Vxlan& f) { f.ip.checksum = 0xffff; }},
    {"an IPv4 checksum of something else", "outer_checksum", [](Vxlan& f) { f.ip.checksum = 0x1234; }},

    {"UDP length 0", "udp_length", [](Vxlan& f) { f.udp_length = 0; }},
    {"UDP length below its header", "udp_length", [](Vxlan& f) { f.udp_length = 7; }},
    {"UDP length without a VXLAN header", "udp_length", [](Vxlan& f) { f.udp_length = 15; }},
    {"UDP length one above the packet", "udp_length", [](Vxlan& f) { f.udp_length = 77; }},
    {"UDP length 65535", "udp_length", [](Vxlan& f) { f.udp_length = 65535; }},
    {"UDP length that leaves no inner frame", "inner_truncated", [](Vxlan& f) { f.udp_length = 16; }},
    {"UDP length that leaves 13 inner bytes", "inner_truncated", [](Vxlan& f) { f.udp_length = 29; }},
    {"UDP length that leaves 14 inner bytes", "guest", [](Vxlan& f) { f.udp_length = 30; }},

    {"a right UDP checksum", "guest", [](Vxlan& f) { f.with_udp_checksum = true; }},
    {"a UDP checksum of something else", "udp_checksum", [](Vxlan& f) { f.udp_checksum = 0x1234; }},
    {"UDP checksum ffff", "udp_checksum", [](Vxlan& f) { f.udp_checksum = 0xffff; }},

    {"no flags", "vxlan_flags", [](Vxlan& f) { f.flags = 0; }},
    {"all flags but I", "vxlan_flags", [](Vxlan& f) { f.flags = 0xf7; }},
    {"all flags", "guest", [](Vxlan& f) { f.flags = 0xff; }},

    {"a VNI one above", "vni_unknown", [](Vxlan& f) { f.vni = 101; }},
    {"a VNI with the known one in its lower bits", "vni_unknown", [](Vxlan& f) { f.vni = 100 + (1 << 16); }},
    {"VNI 0", "vni_unknown", [](Vxlan& f) { f.vni = 0; }},
    {"the largest VNI", "vni_unknown", [](Vxlan& f) { f.vni = 0xffffff; }},
};

}  // namespace

TEST_CASE("Each wrong outer header has a reason of its own")
{
    OneGuest host;
    for (const Case& spoiled : cases) {
        INFO(spoiled.what);
        Vxlan fields = right();
        spoiled.spoil(fields);
        CHECK(host.verdict(vxlan(fields, inner_frame())) == spoiled.verdict);
    }
}

TEST_CASE("Wrong frames stay wrong with padding behind them")
{
    OneGuest host;
    for (const Case& spoiled : cases) {
        INFO(spoiled.what);
        Vxlan fields = right();
        spoiled.spoil(fields);
        fields.padding = pattern(3, 0xee);
        const std::string with_room =
            spoiled.what == std::string("IPv4 total length one above the frame") ? "guest" : spoiled.verdict;
        CHECK(host.verdict(vxlan(fields, inner_frame())) == with_room);
    }
}

TEST_CASE("A frame that is cut off anywhere is dropped: as truncated while headers are missing, else for its length")
{
    OneGuest host;
    for (const bool with_checksum : {false, true}) {
        Vxlan fields = right();
        fields.with_udp_checksum = with_checksum;
        const Bytes whole = vxlan(fields, inner_frame());
        for (std::size_t length = 0; length < whole.size(); ++length) {
            INFO("cut to " << length);
            CHECK(host.verdict(first(whole, length)) == (length < 64 ? "outer_truncated" : "outer_length"));
        }
        CHECK(host.verdict(whole) == "guest");
    }
}

TEST_CASE("A frame with options that is cut off anywhere is dropped or, where its port is another, the host's")
{
    OneGuest host;
    for (unsigned words = 6; words <= 15; ++words) {
        Vxlan fields = right();
        fields.ip.version_ihl = static_cast<std::uint8_t>(0x40 | words);
        fields.ip.options = Bytes((words - 5) * 4, 1);
        const Bytes whole = vxlan(fields, inner_frame());
        fields.port = 53;
        const Bytes for_host = vxlan(fields, inner_frame());
        const std::size_t port_known = 14 + words * 4 + 8;
        for (std::size_t length = 0; length <= whole.size(); ++length) {
            INFO(words << " words, cut to " << length);
            CHECK(host.verdict(first(whole, length)) == (length < port_known ? "outer_truncated" : "outer_options"));
            CHECK(host.verdict(first(for_host, length)) == (length < port_known ? "outer_truncated" : "host"));
        }
    }
}

TEST_CASE("A host's frame that is cut off is the host's to judge, once one can tell that it is")
{
    OneGuest host;
    const Bytes arp = ethernet({2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, 0x0806, pattern(28));
    Vxlan elsewhere = right();
    elsewhere.ip.destination = {172, 16, 0, 3};
    const Bytes to_other = vxlan(elsewhere, inner_frame());
    for (std::size_t length = 0; length <= arp.size(); ++length)
        CHECK(host.verdict(first(arp, length)) == (length < 14 ? "outer_truncated" : "host"));
    for (std::size_t length = 0; length <= to_other.size(); ++length)
        CHECK(host.verdict(first(to_other, length)) == (length < 34 ? "outer_truncated" : "host"));
}

TEST_CASE("Inner frames of fewer than 14 bytes are dropped at every length, those of 14 are not")
{
    OneGuest host;
    for (std::size_t length = 0; length < 14; ++length) {
        const Bytes inner = first(inner_frame(), length);
        CHECK(host.verdict(vxlan(right(), inner)) == "outer_truncated");
        Vxlan padded = right();
        padded.padding = Bytes(20);
        CHECK(host.verdict(vxlan(padded, inner)) == "inner_truncated");
    }
    CHECK(host.verdict(vxlan(right(), first(inner_frame(), 14))) == "guest");
}

TEST_CASE("Every single flipped bit of the IPv4 header is found")
{
    OneGuest host;
    const Bytes whole = vxlan(right(), inner_frame());
    for (std::size_t bit = 0; bit < 20 * 8; ++bit) {
        const std::size_t at = 14 + bit / 8;
        const Bytes flipped = with(whole, at, {static_cast<std::uint8_t>(whole[at] ^ 1u << bit % 8)});
        INFO("byte " << at << " bit " << bit % 8);
        const std::string verdict = host.verdict(flipped);
        const bool says_whose = at == 23 || at >= 30;                         // protocol, destination
        const bool other_fragment = at == 21 || (at == 20 && (bit % 8) < 5);  // the offset
        if (says_whose || other_fragment)
            CHECK(verdict == "host");
        else if (at == 14)
            CHECK((verdict == "outer_version" || verdict == "outer_options" || verdict == "host"));
        else
            CHECK(verdict == "outer_checksum");
    }
}

TEST_CASE("Every single flipped bit behind the IPv4 header is found by a UDP checksum, unless it removes the checksum")
{
    OneGuest host;
    Vxlan fields = right();
    fields.with_udp_checksum = true;
    const Bytes whole = vxlan(fields, inner_frame());
    for (std::size_t bit = 0; bit < (whole.size() - 34) * 8; ++bit) {
        const std::size_t at = 34 + bit / 8;
        const Bytes flipped = with(whole, at, {static_cast<std::uint8_t>(whole[at] ^ 1u << bit % 8)});
        INFO("byte " << at << " bit " << bit % 8);
        const std::string verdict = host.verdict(flipped);
        if (at == 36 || at == 37)
            CHECK(verdict == "host");
        else if (at == 38 || at == 39)
            CHECK((verdict == "udp_length" || verdict == "udp_checksum"));
        else
            CHECK(verdict == "udp_checksum");
    }
}

TEST_CASE("Congestion that cannot be told is a drop (RFC 6040 §4.2)")
{
    OneGuest host;
    Ipv4 inner;
    inner.tos = 0;
    Vxlan outer = right();
    outer.ip.tos = 3;
    CHECK(host.verdict(vxlan(outer, ethernet(vm, far, 0x0800, ipv4(inner, pattern(30))))) == "ecn");
    CHECK(host.verdict(vxlan(outer, ethernet(vm, far, 0x0806, pattern(46)))) == "guest");
}
