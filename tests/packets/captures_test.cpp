// Frames that Linux sent (captures/README.md), through ferry both ways.
//
//   captured: A 172.16.0.1, vx100 02:00:00:01:00:01 ── B 172.16.0.2, vx100 02:00:00:01:00:02
//   here:     Host plays each of the two in turn
#include <catch2/catch.hpp>

#include "../unit/wire/capture.hpp"
#include "host.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr Ip4 a{172, 16, 0, 1}, b{172, 16, 0, 2};
constexpr Mac port_a{0x02, 0, 0, 0, 0x16, 0x01}, port_b{0x02, 0, 0, 0, 0x16, 0x02};

/// A host with the VTEP address `self`, one guest with any source, and the other VTEP as the only remote.
struct OneEnd : Host {
    explicit OneEnd(bool plays_a) : Host([&](WorkerConfig& config) { config.local_vtep.address = ip(plays_a ? a : b); })
    {
        add_segment(100);
        guest = add_attachment(100, {});
        peer = add_vtep(plays_a ? b : a, plays_a ? port_b : port_a, [&](AdjacencySpec& spec) {
            spec.source_mac = mac(plays_a ? port_a : port_b);
            spec.source = ip(plays_a ? a : b);
        });
        set_flood(100, {plays_a ? b : a});
    }
    AttachmentId guest{};
    VtepId peer{};
};

bool sent_by_a(const Bytes& outer) { return outer.at(29) == a[3]; }
Bytes inner_of(const Bytes& outer) { return {outer.begin() + 50, outer.end()}; }

/// Without what every VTEP is free to choose: IP id, DF, and with them the IP checksum; source port, UDP checksum.
Bytes common(Bytes outer)
{
    outer = with(outer, 18, {0, 0, 0, 0});
    outer = with(outer, 24, {0, 0});
    outer = with(outer, 34, {0, 0});
    return with(outer, 40, {0, 0});
}

}  // namespace

TEST_CASE("What Linux encapsulated reaches the guest, what the other side's Linux would")
{
    OneEnd as_a(true), as_b(false);
    for (const char* name : {"vxlan-ipv4", "vxlan-ipv6", "vxlan-vlan", "vxlan-fragments"}) {
        for (const Bytes& outer : read_capture(name)) {
            OneEnd& receiver = sent_by_a(outer) ? as_b : as_a;
            CHECK(receiver.receive_mbufs({make_exact_frame(outer)}) ==
                  std::vector{to(receiver.guest, inner_of(outer))});
            CHECK(receiver.drops() == "");
        }
    }
}

TEST_CASE("ferry puts the same around a frame as Linux does, but for what each may choose")
{
    OneEnd as_a(true), as_b(false);
    for (const char* name : {"vxlan-ipv4", "vxlan-ipv6", "vxlan-vlan", "vxlan-fragments"}) {
        for (const Bytes& outer : read_capture(name)) {
            OneEnd& sender = sent_by_a(outer) ? as_a : as_b;
            const auto out = sender.send(sender.guest, {inner_of(outer)});
            REQUIRE(out.size() == 1);
            CHECK(hex(common(out[0].frame)) == hex(common(outer)));
            const Bytes header(out[0].frame.begin() + 14, out[0].frame.begin() + 34);
            CHECK(naive_checksum(header) == 0);
        }
    }
}

TEST_CASE("The outer mark follows the inner one; Linux differs only in not copying congestion (RFC 3168's full mode)")
{
    OneEnd as_a(true);
    std::size_t marked = 0;
    for (const Bytes& outer : read_capture("ecn-encap")) {
        const Bytes inner = inner_of(outer);
        const auto out = as_a.send(as_a.guest, {inner});
        REQUIRE(out.size() == 1);
        const unsigned inner_mark = inner[12] == 0x08 && inner[13] == 0x00 ? inner[15] & 3u
                                    : inner[12] == 0x86                    ? inner[15] >> 4 & 3u
                                                                           : 0;
        CHECK((out[0].frame[15] & 3u) == inner_mark);
        if (inner_mark != 3)
            CHECK(hex(common(with(out[0].frame, 15, {0}))) == hex(common(with(outer, 15, {0}))));
        marked += inner_mark != 0;
    }
    CHECK(marked >= 6);
}

TEST_CASE("Of all combinations of marks ferry delivers the same frames as Linux, byte by byte, and drops the same")
{
    OneEnd as_b(false);
    std::vector<Bytes> delivered;
    for (const Bytes& outer : read_capture("ecn-decap-sent"))
        for (const Out& out : as_b.receive({outer}))
            delivered.push_back(out.frame);
    CHECK(delivered == read_capture("ecn-decap-kept"));
    CHECK(as_b.drops() == "ecn*2");
}

TEST_CASE("VXLAN over IPv6 and everything else that Linux says on the underlay is the host's")
{
    OneEnd as_a(true), as_b(false);
    for (const char* name : {"vxlan-over-ipv6", "announce-linux", "announce-qemu"}) {
        for (const Bytes& frame : read_capture(name)) {
            CHECK(as_a.receive({frame}) == std::vector{to_host(frame)});
            CHECK(as_b.receive({frame}) == std::vector{to_host(frame)});
        }
    }
}

TEST_CASE("From guest to guest through two ferry hosts nothing changes")
{
    OneEnd as_a(true), as_b(false);
    for (const char* name : {"vxlan-ipv4", "vxlan-ipv6", "vxlan-vlan", "vxlan-fragments", "ecn-encap"}) {
        for (const Bytes& outer : read_capture(name)) {
            const Bytes inner = inner_of(outer);
            const auto on_the_wire = as_a.send(as_a.guest, {inner});
            REQUIRE(on_the_wire.size() == 1);
            CHECK(as_b.receive({on_the_wire[0].frame}) == std::vector{to(as_b.guest, inner)});
        }
    }
}
