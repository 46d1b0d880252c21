// From a guest to an endpoint behind another VTEP: what leaves is compared, byte by byte, with a frame built without
// ferry. Only the outer source port is taken from the output: it is free within its range.
//
//   vm 52:54:00:00:00:01 ── attachment, VNI 100 ── Host 172.16.0.1 ── underlay 3 ── gateway ── 172.16.0.2: far …:02
#include <catch2/catch.hpp>

#include <set>

#include "engine/encap.hpp"
#include "host.hpp"
#include "mixture.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr Mac vm{0x52, 0x54, 0, 0, 0, 1};
constexpr Mac far{0x52, 0x54, 0, 0, 0, 2};
constexpr Ip4 remote{172, 16, 0, 2};
constexpr Mac gateway{0x02, 0, 0, 0, 0x16, 0xfe};
constexpr UnderlayId port{3};

struct OneRemote : Host {
    explicit OneRemote(const std::function<void(AdjacencySpec&)>& adjust = {},
                       const std::function<void(WorkerConfig&)>& configure = {})
        : Host(configure)
    {
        add_segment(100);
        vtep = add_vtep(remote, gateway, [&](AdjacencySpec& spec) {
            spec.underlay = port;
            if (adjust)
                adjust(spec);
        });
        from = add_attachment(100, {mac(vm)});
        set_row(100, far, Row::remote(vtep, RowOrigin::permanent));
    }

    Bytes send_one(const Bytes& inner)
    {
        const auto out = send(from, {inner});
        REQUIRE(out.size() == 1);
        CHECK(drops() == "");
        CHECK(out[0].where == to(port, {}).where);
        CHECK(recorder().peers.at(0) == vtep);
        return out[0].frame;
    }

    AttachmentId from{};
    VtepId vtep{};
};

std::uint16_t source_port(const Bytes& outer) { return static_cast<std::uint16_t>(outer.at(34) << 8 | outer.at(35)); }

/// The frame that must come out, with the source port of the one that did.
Bytes expected(Vxlan fields, const Bytes& inner, const Bytes& outer)
{
    fields.source_port = source_port(outer);
    return vxlan(fields, inner);
}

Bytes from_vm(std::uint16_t type, const Bytes& payload) { return ethernet(far, vm, type, payload); }

Bytes udp_in_ipv4(std::uint8_t tos = 0, std::uint16_t sport = 1000, std::size_t length = 32)
{
    Ipv4 fields;
    fields.tos = tos;
    fields.source = {10, 0, 0, 1};
    fields.destination = {10, 0, 0, 2};
    return ipv4(fields, udp(sport, 2000, pattern(length)));
}

Bytes udp_in_ipv6(std::uint8_t traffic_class = 0)
{
    Ipv6 fields;
    fields.traffic_class = traffic_class;
    return ipv6(fields, udp(1000, 2000, pattern(20)));
}

struct Inner {
    const char* what;
    Bytes frame;
};

std::vector<Inner> inner_frames()
{
    const Bytes own_vxlan = vxlan(outer_from({10, 0, 0, 1}, 5), from_vm(0x0800, udp_in_ipv4()));
    Ipv4 fragment, wrong;
    fragment.flags_fragment = 0x2005;
    wrong.checksum = 0x1234;
    return {
        {"IPv4", from_vm(0x0800, udp_in_ipv4())},
        {"IPv6", from_vm(0x86dd, udp_in_ipv6())},
        {"ARP", from_vm(0x0806, pattern(46))},
        {"a VLAN tag", from_vm(0x8100, join({u16(0x2007), u16(0x0800), udp_in_ipv4()}))},
        {"QinQ", from_vm(0x88a8, join({u16(8), u16(0x8100), u16(9), u16(0x86dd), udp_in_ipv6()}))},
        {"three tags",
         from_vm(0x8100, join({u16(1), u16(0x8100), u16(2), u16(0x8100), u16(3), u16(0x0800), udp_in_ipv4()}))},
        {"a tag cut short", from_vm(0x8100, {0})},
        {"nothing behind the header", from_vm(0x0800, {})},
        {"half an IPv4 header", from_vm(0x0800, first(udp_in_ipv4(), 10))},
        {"an odd EtherType", from_vm(0xfffe, pattern(61))},
        {"an 802.3 length", from_vm(0x0026, pattern(38))},
        {"IPv4 that says version 7", from_vm(0x0800, with(udp_in_ipv4(), 0, {0x75}))},
        {"IPv4 with a length beyond the frame", from_vm(0x0800, with(udp_in_ipv4(), 0, {0x4f}))},
        {"a fragment", from_vm(0x0800, ipv4(fragment, pattern(40)))},
        {"a wrong checksum", from_vm(0x0800, ipv4(wrong, pattern(40)))},
        {"VXLAN of the guest's own", from_vm(0x0800, {own_vxlan.begin() + 14, own_vxlan.end()})},
    };
}

}  // namespace

TEST_CASE("A guest's frame leaves inside VXLAN, unchanged, whatever is in it")
{
    OneRemote host;
    for (const Inner& inner : inner_frames()) {
        INFO(inner.what);
        const Bytes outer = host.send_one(inner.frame);
        CHECK(source_port(outer) >= 49152);
        CHECK(hex(outer) == hex(expected(outer_to(remote, gateway, 100), inner.frame, outer)));
    }
}

TEST_CASE("Lengths and checksum are right for every inner length")
{
    OneRemote host;
    for (std::size_t length = 14; length <= 1564; ++length) {
        const Bytes inner = from_vm(0x0800, pattern(length - 14));
        const Bytes outer = host.send_one(inner);
        if (outer != expected(outer_to(remote, gateway, 100), inner, outer))
            FAIL_CHECK("inner length " << length << '\n' << hex(outer));
    }
    CHECK(host.counters().encapsulated.get() == 1551);
}

TEST_CASE("The IPv4 checksum is right for every address, length and mark that make it carry")
{
    for (unsigned seed = 0; seed < 64; ++seed) {
        const Ip4 address{172, static_cast<std::uint8_t>(seed * 37), static_cast<std::uint8_t>(255 - seed),
                          static_cast<std::uint8_t>(seed + 3)};
        OneRemote host;
        const VtepId id = host.add_vtep(address, gateway, [&](AdjacencySpec& spec) { spec.underlay = port; });
        host.set_row(100, {0x52, 0x54, 0, 0, 1, 0}, Row::remote(id, RowOrigin::permanent));
        for (const std::size_t length : {1u, 2u, 255u, 256u, 1000u}) {
            Ipv4 fields;
            fields.tos = static_cast<std::uint8_t>(seed & 3);
            const Bytes inner = ethernet({0x52, 0x54, 0, 0, 1, 0}, vm, 0x0800, ipv4(fields, pattern(length)));
            const auto out = host.send(host.from, {inner});
            REQUIRE(out.size() == 1);
            Vxlan outer = outer_to(address, gateway, 100);
            outer.ip.tos = static_cast<std::uint8_t>(seed & 3);
            CHECK(hex(out[0].frame) == hex(expected(outer, inner, out[0].frame)));
        }
    }
}

TEST_CASE("The step that patches the IPv4 checksum is right for every sum of a template")
{
    std::size_t wrong = 0;
    for (const std::uint16_t length :
         std::initializer_list<std::uint16_t>{50, 96, 255, 256, 511, 1600, 0xfdff, 0xffff}) {
        for (std::uint8_t ecn = 0; ecn < 4; ++ecn) {
            for (std::uint32_t sum = 1; sum <= 0xffff; ++sum) {
                const auto checksum = engine::outer_checksum(static_cast<std::uint16_t>(sum), length, ecn) >> 16;
                wrong += checksum != naive_checksum(join({u16(sum), u16(length), {0, ecn}}));
            }
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("The outer header carries the adjacency's DSCP, TTL, port and the segment's VNI")
{
    OneRemote host([](AdjacencySpec& spec) {
        spec.dscp = 46;
        spec.ttl = 9;
        spec.port = 8472;
    });
    host.add_segment(0xffffff);
    const AttachmentId from = host.add_attachment(0xffffff, {mac(vm)});
    host.set_row(0xffffff, far, Row::remote(host.vtep, RowOrigin::permanent));
    const Bytes inner = from_vm(0x0800, udp_in_ipv4(0x02));
    const auto out = host.send(from, {inner});
    REQUIRE(out.size() == 1);
    Vxlan outer = outer_to(remote, gateway, 0xffffff);
    outer.ip.tos = 46 << 2 | 2;
    outer.ip.ttl = 9;
    outer.port = 8472;
    CHECK(hex(out[0].frame) == hex(expected(outer, inner, out[0].frame)));
}

TEST_CASE("The outer ECN field is the inner one (RFC 6040 §4.1), the outer DSCP is not")
{
    OneRemote host;
    for (std::uint8_t ecn = 0; ecn < 4; ++ecn) {
        const auto tos = static_cast<std::uint8_t>(0xb8 | ecn);
        const Bytes tag = join({u16(7), u16(0x0800)});
        for (const Bytes& inner : {from_vm(0x0800, udp_in_ipv4(tos)), from_vm(0x86dd, udp_in_ipv6(tos)),
                                   from_vm(0x8100, join({tag, udp_in_ipv4(tos)}))}) {
            const Bytes outer = host.send_one(inner);
            Vxlan fields = outer_to(remote, gateway, 100);
            fields.ip.tos = ecn;
            CHECK(hex(outer) == hex(expected(fields, inner, outer)));
        }
    }
}

TEST_CASE("Frames of a flow have one source port, many flows have many, all within the range that is configured")
{
    OneRemote host({}, [](WorkerConfig& config) { config.entropy_ports = {50'000, 50'999}; });
    std::set<std::uint16_t> ports;
    for (std::uint16_t flow = 0; flow < 500; ++flow) {
        const std::uint16_t one = source_port(host.send_one(from_vm(0x0800, udp_in_ipv4(0, flow, 10))));
        const std::uint16_t another = source_port(host.send_one(from_vm(0x0800, udp_in_ipv4(3, flow, 99))));
        CHECK(one == another);
        CHECK((one >= 50'000 && one <= 50'999));
        ports.insert(one);
    }
    CHECK(ports.size() > 350);  // 500 balls into 1,000 bins leave 393 of them hit
}

TEST_CASE("What is written out for TCP and UDP says what is said of any frame")
{
    std::vector<Bytes> frames;
    for (const Inner& inner : inner_frames())
        frames.push_back(inner.frame);
    Random random{1};
    for (std::uint32_t number = 0; number < 5'000; ++number)
        frames.push_back(mutate(random, random_inner(random, number)));
    std::size_t written_out = 0;
    for (const Bytes& frame : frames) {
        for (const std::size_t length : {frame.size(), frame.size() / 2, std::size_t{58}, std::size_t{57}, std::size_t{38}, std::size_t{37}}) {
            if (length < 14 || length > frame.size())
                continue;
            const auto payload = wire::find_ethernet_payload(frame.data(), length);
            const auto flow = engine::flow_of(frame.data(), length, wire::PortScale(wire::PortRange{}));
            const bool same = flow.source_port == wire::entropy_port(wire::flow_hash(frame.data(), length, payload)) &&
                              flow.ecn == (wire::inner_tos(frame.data(), length, payload) & 3);
            if (!same)
                FAIL_CHECK("the first " << length << " bytes of " << hex(frame));
            written_out += payload.type == wire::ether_type::ipv4 || payload.type == wire::ether_type::ipv6;
        }
    }
    CHECK(written_out > 5'000);
}

TEST_CASE("What does not fit the underlay's MTU is dropped, what just fits is sent")
{
    OneRemote host([](AdjacencySpec& spec) { spec.mtu = 1500; });
    const std::size_t largest = 1500 - 36;
    const Bytes fits = from_vm(0x0800, pattern(largest - 14));
    CHECK(host.send_one(fits).size() == largest + 50);
    CHECK(host.send(host.from, {from_vm(0x0800, pattern(largest - 13))}).empty());
    CHECK(host.drops() == "frame_too_big");
    CHECK(host.counters().vtep(host.vtep).drops[static_cast<std::size_t>(DropReason::frame_too_big)].get() == 1);
}

TEST_CASE("A buffer without room for the outer headers is dropped, one with just enough is sent")
{
    OneRemote host;
    const Bytes inner = from_vm(0x0800, udp_in_ipv4());
    for (const std::uint16_t headroom : std::initializer_list<std::uint16_t>{0, 49, 50, 51}) {
        rte_mbuf* const frame = make_frame({});
        frame->data_off = headroom;
        const auto* const bytes = rte_pktmbuf_append(frame, static_cast<std::uint16_t>(inner.size()));
        std::copy(inner.begin(), inner.end(), reinterpret_cast<std::uint8_t*>(const_cast<char*>(bytes)));
        const auto out = host.send_mbufs(host.from, {frame});
        CHECK(out.size() == (headroom >= 50 ? 1 : 0));
        CHECK(host.drops() == (headroom >= 50 ? "" : "no_headroom"));
    }
}

TEST_CASE("A VTEP's new adjacency holds for the next burst")
{
    OneRemote host;
    const Bytes inner = from_vm(0x0800, udp_in_ipv4());
    host.send_one(inner);
    AdjacencySpec spec;
    spec.underlay = UnderlayId{7};
    spec.next_hop = mac({0x02, 0, 0, 0, 0x16, 0xaa});
    spec.source_mac = mac(Host::port_mac);
    spec.source = ip(Host::address);
    host.change([&](Transaction& t) { must(t.set_adjacency(ip(remote), spec)); });
    const auto out = host.send(host.from, {inner});
    REQUIRE(out.size() == 1);
    CHECK(out[0] ==
          to(UnderlayId{7}, expected(outer_to(remote, {0x02, 0, 0, 0, 0x16, 0xaa}, 100), inner, out[0].frame)));
}

TEST_CASE("Counters say what a guest sent and what a VTEP was sent")
{
    OneRemote host;
    const Bytes inner = from_vm(0x0800, udp_in_ipv4());
    host.send(host.from, {inner, inner, inner});
    const WorkerCounters& counters = host.counters();
    CHECK(counters.encapsulated.get() == 3);
    CHECK(counters.attachment(host.from).in_frames.get() == 3);
    CHECK(counters.attachment(host.from).in_bytes.get() == 3 * inner.size());
    CHECK(counters.vtep(host.vtep).out_frames.get() == 3);
    CHECK(counters.vtep(host.vtep).out_bytes.get() == 3 * (inner.size() + 50));
}
