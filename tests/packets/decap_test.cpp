// From another VTEP to a guest.
//
//   172.16.0.2: far …:02 ── underlay ── Host 172.16.0.1 ── attachment `web` …:01, VNI 100
#include <catch2/catch.hpp>

#include "host.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr Mac vm{0x52, 0x54, 0, 0, 0, 1};
constexpr Mac far{0x52, 0x54, 0, 0, 0, 2};
constexpr Ip4 remote{172, 16, 0, 2};

struct OneGuest : Host {
    explicit OneGuest(const std::function<void(WorkerConfig&)>& configure = {}) : Host(configure)
    {
        add_segment(100);
        web = add_attachment(100, {mac(vm)});
        set_row(100, vm, Row::local(web, RowOrigin::endpoint));
        vtep = add_vtep(remote, {2, 0, 0, 0, 0, 2});
    }
    AttachmentId web{};
    VtepId vtep{};
};

Bytes to_vm(std::uint16_t type, const Bytes& payload) { return ethernet(vm, far, type, payload); }

Bytes udp_in_ipv4(std::uint8_t tos = 0)
{
    Ipv4 fields;
    fields.tos = tos;
    return ipv4(fields, udp(1000, 2000, pattern(33)));
}

}  // namespace

TEST_CASE("The guest gets what was inside, unchanged, whatever it is")
{
    OneGuest host;
    Ipv4 fragment, wrong;
    fragment.flags_fragment = 0x2005;
    wrong.checksum = 0x1234;
    const Bytes own_vxlan = vxlan(outer_from({172, 16, 0, 9}, 100), to_vm(0x0800, udp_in_ipv4()));
    for (const Bytes& inner :
         {to_vm(0x0800, udp_in_ipv4()), to_vm(0x86dd, ipv6({}, pattern(30))), to_vm(0x0806, pattern(46)),
          to_vm(0x8100, join({u16(7), u16(0x0800), udp_in_ipv4()})),
          to_vm(0x88a8, join({u16(8), u16(0x8100), u16(9), u16(0x0800), udp_in_ipv4()})), to_vm(0xfffe, pattern(3)),
          to_vm(0x0800, {}), to_vm(0x0800, ipv4(fragment, pattern(40))), to_vm(0x0800, ipv4(wrong, pattern(40))),
          to_vm(0x0800, {own_vxlan.begin() + 14, own_vxlan.end()}), ethernet(vm, {}, 0x0800, {}),
          ethernet(vm, {0xff, 1, 2, 3, 4, 5}, 0x0800, pattern(9))}) {
        for (const bool with_checksum : {false, true}) {
            Vxlan outer = outer_from(remote, 100);
            outer.with_udp_checksum = with_checksum;
            CHECK(host.receive({vxlan(outer, inner)}) == std::vector{to(host.web, inner)});
            CHECK(host.recorder().peers.at(0) == host.vtep);
            CHECK(host.drops() == "");
        }
    }
}

TEST_CASE("Padding behind the outer packet does not reach the guest")
{
    OneGuest host;
    for (std::size_t length = 0; length < 40; ++length) {
        Vxlan outer = outer_from(remote, 100);
        outer.padding = pattern(length, 0xee);
        const Bytes inner = to_vm(0x0806, pattern(1));
        CHECK(host.receive_mbufs({make_exact_frame(vxlan(outer, inner))}) == std::vector{to(host.web, inner)});
    }
    CHECK(host.drops() == "");
}

TEST_CASE("Bytes between the end of the UDP datagram and that of the IP packet do not reach the guest")
{
    OneGuest host;
    const Bytes inner = to_vm(0x0806, pattern(46));
    Vxlan outer = outer_from(remote, 100);
    outer.udp_length = static_cast<std::uint16_t>(8 + 8 + inner.size());
    CHECK(host.receive({vxlan(outer, join({inner, pattern(11)}))}) == std::vector{to(host.web, inner)});
}

TEST_CASE("Reserved bits are ignored (RFC 7348 §5), as are the source port, the IP id, DF and the VTEP's DSCP")
{
    OneGuest host;
    const Bytes inner = to_vm(0x0800, udp_in_ipv4());
    Vxlan outer = outer_from(remote, 100);
    outer.flags = 0xff;
    outer.reserved = 0xffffff;
    outer.last = 0xff;
    outer.source_port = 1;
    outer.ip.id = 0x1234;
    outer.ip.flags_fragment = 0xc000;  // DF, and the bit that RFC 3514 would set
    outer.ip.tos = 0xfc;
    outer.ip.ttl = 1;
    CHECK(host.receive({vxlan(outer, inner)}) == std::vector{to(host.web, inner)});
}

TEST_CASE("Frames of a VTEP that is not in the table are taken, under the counters of the unknown one")
{
    OneGuest host;
    const Bytes inner = to_vm(0x0800, udp_in_ipv4());
    const Bytes outer = vxlan(outer_from({172, 16, 0, 99}, 100), inner);
    CHECK(host.receive({outer}) == std::vector{to(host.web, inner)});
    CHECK(host.recorder().peers.at(0) == VtepId::none);
    CHECK(host.counters().vtep(VtepId::none).in_frames.get() == 1);
    CHECK(host.counters().vtep(VtepId::none).in_bytes.get() == outer.size());
}

TEST_CASE("Every local VTEP, each at its port and as long as it is one, and nothing else")
{
    OneGuest host([](WorkerConfig& config) { config.local_vtep.port = 8472; });
    const Ip4 own{172, 16, 0, 1}, second{172, 16, 1, 1}, none{172, 16, 3, 1};
    const Bytes inner = to_vm(0x0800, udp_in_ipv4());
    const auto is_ours = [&](Ip4 address, std::uint16_t port) {
        Vxlan outer = outer_from(remote, 100);
        outer.ip.destination = address;
        outer.port = port;
        const auto went = host.receive({vxlan(outer, inner)});
        const bool ours = went == std::vector{to(host.web, inner)};
        CHECK((ours || went == std::vector{to_host(vxlan(outer, inner))}));
        return ours;
    };
    LocalVteps& further = host.tables().local_vteps();
    CHECK((is_ours(own, 8472) && !is_ours(own, 4789) && !is_ours(second, 4789) && !is_ours(second, 8472)));
    must(further.add({ip(second), 4789}));
    CHECK((is_ours(own, 8472) && !is_ours(own, 4789) && is_ours(second, 4789) && !is_ours(second, 8472)));
    must(further.add({ip(own), 4789}));
    CHECK((is_ours(own, 8472) && is_ours(own, 4789) && is_ours(second, 4789) && !is_ours(none, 4789)));
    must(further.remove({ip(second), 4789}));
    CHECK((is_ours(own, 8472) && is_ours(own, 4789) && !is_ours(second, 4789)));
}

TEST_CASE("What is the host's goes to the host, untouched")
{
    OneGuest host;
    const Vxlan ours = outer_from(remote, 100);
    Vxlan port = ours, elsewhere = ours, icmp = ours, later_fragment = ours, last_fragment = ours,
          odd_for_others = ours;
    port.port = 4790;
    elsewhere.ip.destination = {172, 16, 0, 3};
    icmp.ip.protocol = 1;
    later_fragment.ip.flags_fragment = 0x2001;
    last_fragment.ip.flags_fragment = 0x00b9;
    odd_for_others.ip.destination = {172, 16, 0, 3};
    odd_for_others.ip.checksum = 1;
    odd_for_others.ip.version_ihl = 0x66;
    const Bytes inner = to_vm(0x0800, udp_in_ipv4());
    const std::vector<Bytes> frames = {
        ethernet({0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {2, 0, 0, 0, 0, 2}, 0x0806, pattern(28)),
        ethernet({2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, 0x86dd, ipv6({}, pattern(30))),
        ethernet({2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, 0x88cc, {}),
        vxlan(port, inner),
        vxlan(elsewhere, inner),
        vxlan(icmp, inner),
        vxlan(later_fragment, inner),
        vxlan(last_fragment, inner),
        vxlan(odd_for_others, inner)};
    std::vector<Out> passed;
    for (const Bytes& frame : frames)
        passed.push_back(to_host(frame));
    CHECK(host.receive(frames) == passed);
    CHECK(host.drops() == "");
    CHECK(host.counters().passed_frames.get() == frames.size());
    CHECK(host.counters().underlay_in_frames.get() == frames.size());
    CHECK(host.counters().vtep(host.vtep).in_frames.get() == 0);
}

TEST_CASE("Where the host gets irregular packets they go to it, and bad VXLAN is dropped all the same")
{
    OneGuest host([](WorkerConfig& config) { config.pass_irregular = true; });
    const Vxlan ours = outer_from(remote, 100);
    const Bytes inner = to_vm(0x0800, udp_in_ipv4());
    Vxlan options = ours, short_header = ours, version = ours, first_fragment = ours, tiny_fragment = ours;
    options.ip.version_ihl = 0x46, options.ip.options = Bytes(4, 1);
    short_header.ip.version_ihl = 0x44;
    version.ip.version_ihl = 0x65;
    first_fragment.ip.flags_fragment = 0x2000;
    tiny_fragment.ip.flags_fragment = 0x2000;
    const Bytes good = vxlan(ours, inner), tiny = vxlan(tiny_fragment, inner);
    const std::vector<Bytes> irregular = {vxlan(options, inner),
                                          vxlan(short_header, inner),
                                          vxlan(version, inner),
                                          vxlan(first_fragment, inner),
                                          {tiny.begin(), tiny.begin() + 42},
                                          {good.begin(), good.begin() + 14},
                                          {good.begin(), good.begin() + 33},
                                          {good.begin(), good.begin() + 41}};
    for (const Bytes& frame : irregular)
        CHECK(host.receive_mbufs({make_exact_frame(frame)}) == std::vector{to_host(frame)});
    CHECK(host.drops() == "");
    CHECK(host.counters().passed_frames.get() == irregular.size());
    CHECK(host.counters().vtep(host.vtep).in_frames.get() == 0);

    Vxlan flags = ours, checksum = ours, udp_length = ours;
    flags.flags = 0;
    checksum.ip.checksum = 1;
    udp_length.udp_length = 7;
    const std::vector<Bytes> bad = {vxlan(flags, inner),
                                    vxlan(checksum, inner),
                                    vxlan(udp_length, inner),
                                    {good.begin(), good.begin() + 42},
                                    {good.begin(), good.begin() + 13}};
    CHECK(host.receive(bad).empty());
    CHECK(host.drops() == "outer_truncated*2 outer_checksum udp_length vxlan_flags");
    CHECK(host.receive({good}) == std::vector{to(host.web, inner)});
}

TEST_CASE("Nothing that came by the underlay leaves by it")
{
    OneGuest host;
    const VtepId third = host.add_vtep({172, 16, 0, 3}, {2, 0, 0, 0, 0, 3});
    const Mac behind_sender{0x52, 0x54, 0, 0, 0, 0x22}, behind_third{0x52, 0x54, 0, 0, 0, 0x33},
        hole{0x52, 0x54, 0, 0, 0, 0x44};
    host.set_row(100, behind_sender, Row::remote(host.vtep, RowOrigin::permanent));
    host.set_row(100, behind_third, Row::remote(third, RowOrigin::permanent));
    host.set_row(100, hole, Row::blackhole(RowOrigin::permanent));
    const auto send_to = [&](const Mac& destination, const Ip4& from) {
        return host.receive({vxlan(outer_from(from, 100), ethernet(destination, far, 0x0800, pattern(50)))});
    };
    CHECK(send_to(behind_sender, remote).empty());
    CHECK(host.drops() == "hairpin");
    CHECK(send_to(behind_third, remote).empty());
    CHECK(host.drops() == "split_horizon");
    CHECK(send_to(behind_third, {172, 16, 0, 99}).empty());
    CHECK(host.drops() == "split_horizon");
    CHECK(send_to(hole, remote).empty());
    CHECK(host.drops() == "blackhole");
}

TEST_CASE("Flags of the port that received a frame are gone when ferry hands it on, and it stays in its buffer")
{
    OneGuest host;
    const Bytes inner = to_vm(0x0800, udp_in_ipv4());
    rte_mbuf* const frame = make_exact_frame(vxlan(outer_from(remote, 100), inner));
    frame->ol_flags |= RTE_MBUF_F_RX_RSS_HASH | RTE_MBUF_F_RX_IP_CKSUM_GOOD;
    frame->packet_type = RTE_PTYPE_L4_UDP;
    frame->hash.rss = 0x12345678;
    host.recorder().keep = [&](rte_mbuf** frames, std::uint16_t) {
        CHECK(frames[0] == frame);
        CHECK(frames[0]->ol_flags == RTE_MBUF_F_EXTERNAL);
        CHECK(frames[0]->packet_type == 0);
        rte_pktmbuf_free(frames[0]);
    };
    CHECK(host.receive_mbufs({frame}) == std::vector{to(host.web, inner)});
}

TEST_CASE("Counters say what a VTEP sent and what a guest was given")
{
    OneGuest host;
    const Bytes inner = to_vm(0x0800, udp_in_ipv4());
    const Bytes good = vxlan(outer_from(remote, 100), inner);
    Vxlan bad = outer_from(remote, 100);
    bad.flags = 0;
    host.receive({good, vxlan(bad, inner), good});
    const WorkerCounters& counters = host.counters();
    CHECK(counters.underlay_in_frames.get() == 3);
    CHECK(counters.underlay_in_bytes.get() == 3 * good.size());
    CHECK(counters.decapsulated.get() == 2);
    CHECK(counters.vtep(host.vtep).in_frames.get() == 3);
    CHECK(counters.vtep(host.vtep).in_bytes.get() == 3 * good.size());
    CHECK(counters.vtep(host.vtep).drops[static_cast<std::size_t>(DropReason::vxlan_flags)].get() == 1);
    CHECK(counters.attachment(host.web).out_frames.get() == 2);
    CHECK(counters.attachment(host.web).out_bytes.get() == 2 * inner.size());
}
