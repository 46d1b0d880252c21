// Broadcast, multicast and unknown unicast: to exactly those who are listed, in order with everything else.
//
//   attachments a, b, c in VNI 100 ─┐            ┌─ 172.16.0.2  (flood lists of 100 and 200)
//   attachments d, e    in VNI 200 ─┴─ Host ─────┼─ 172.16.0.3  (flood list of 100)
//   attachment  f       in VNI 300, alone        └─ 172.16.0.4  (no flood list)
#include <catch2/catch.hpp>

#include <algorithm>

#include "host.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr Mac everybody{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr Mac mdns{0x01, 0, 0x5e, 0, 0, 0xfb};
constexpr Mac unknown{0x52, 0x54, 0, 0, 0, 0x77};

Mac endpoint(std::uint8_t last) { return {0x52, 0x54, 0, 0, 0, last}; }
Mac next_hop(std::uint8_t last) { return {2, 0, 0, 0, 0, last}; }
Ip4 vtep(std::uint8_t last) { return {172, 16, 0, last}; }

struct Segments3 : Host {
    Segments3()
    {
        for (const std::uint32_t number : {100u, 200u, 300u})
            add_segment(number);
        for (std::uint8_t last = 2; last <= 4; ++last)
            vteps.push_back(add_vtep(vtep(last), next_hop(last)));
        set_flood(100, {vtep(2), vtep(3)});
        set_flood(200, {vtep(2)});
        a = guest(100, 1), b = guest(100, 2), c = guest(100, 3);
        d = guest(200, 1), e = guest(200, 5);
        f = guest(300, 6);
    }

    AttachmentId guest(std::uint32_t number, std::uint8_t last)
    {
        const AttachmentId id = add_attachment(number, {mac(endpoint(last))});
        set_row(number, endpoint(last), Row::local(id, RowOrigin::endpoint));
        return id;
    }

    std::vector<VtepId> vteps;
    AttachmentId a{}, b{}, c{}, d{}, e{}, f{};
};

Bytes frame(const Mac& destination, std::uint8_t source, std::uint8_t mark = 0)
{
    return ethernet(destination, endpoint(source), 0x0800, pattern(60, mark));
}

/// With the source port, which is free, zeroed.
std::vector<Out> normal(std::vector<Out> out)
{
    for (Out& one : out)
        if (one.where == "underlay 0")
            one.frame = with(one.frame, 34, {0, 0});
    return out;
}

Out encapsulated(std::uint8_t last, std::uint32_t number, const Bytes& inner)
{
    Vxlan fields = outer_to(vtep(last), next_hop(last), number);
    fields.source_port = 0;
    return to(UnderlayId{0}, vxlan(fields, inner));
}

/// What went to one destination, in order.
std::vector<Bytes> at(const std::vector<Out>& out, const std::string& where)
{
    std::vector<Bytes> frames;
    for (const Out& one : out)
        if (one.where == where)
            frames.push_back(one.frame);
    return frames;
}

bool same_set(const std::vector<Out>& one, const std::vector<Out>& other)
{
    return std::is_permutation(one.begin(), one.end(), other.begin(), other.end());
}

}  // namespace

TEST_CASE("A guest's broadcast, multicast and unknown unicast reach every other guest and every listed VTEP of the "
          "segment, once")
{
    Segments3 host;
    for (const Mac& destination : {everybody, mdns, unknown}) {
        const Bytes inner = frame(destination, 1);
        CHECK(same_set(normal(host.send(host.a, {inner})), {encapsulated(2, 100, inner), encapsulated(3, 100, inner),
                                                            to(host.b, inner), to(host.c, inner)}));
        CHECK(same_set(normal(host.send(host.d, {inner})), {encapsulated(2, 200, inner), to(host.e, inner)}));
    }
    CHECK(host.drops() == "");
    CHECK(host.counters().replicated.get() == 3 * (3 + 1));
    CHECK(host.counters().encapsulated.get() == 3 * 3);
    CHECK(host.counters().local_switched.get() == 3 * 3);
}

TEST_CASE("A flood from the underlay reaches the segment's guests and no VTEP")
{
    Segments3 host;
    for (const Mac& destination : {everybody, mdns, unknown}) {
        const Bytes inner = frame(destination, 0x55);
        CHECK(same_set(host.receive({vxlan(outer_from(vtep(2), 100), inner)}),
                       {to(host.a, inner), to(host.b, inner), to(host.c, inner)}));
        CHECK(std::count(host.recorder().peers.begin(), host.recorder().peers.end(), host.vteps[0]) == 3);
        CHECK(same_set(host.receive({vxlan(outer_from(vtep(4), 300), inner)}), {to(host.f, inner)}));
    }
    CHECK(host.drops() == "");
}

TEST_CASE("A flood that nobody else can get is dropped")
{
    Segments3 host;
    CHECK(host.send(host.f, {ethernet(everybody, endpoint(6), 0x0806, pattern(46))}).empty());
    CHECK(host.drops() == "flood_empty");
    host.add_segment(400);
    CHECK(host.receive({vxlan(outer_from(vtep(2), 400), frame(everybody, 0x55))}).empty());
    CHECK(host.drops() == "flood_empty");
}

TEST_CASE("The flood list may change between bursts")
{
    Segments3 host;
    const Bytes inner = frame(everybody, 1);
    host.set_flood(200, {});
    CHECK(normal(host.send(host.d, {inner})) == std::vector{to(host.e, inner)});
    host.set_flood(200, {vtep(4), vtep(3)});
    CHECK(same_set(normal(host.send(host.d, {inner})),
                   {to(host.e, inner), encapsulated(4, 200, inner), encapsulated(3, 200, inner)}));
}

TEST_CASE("VNIs do not see each other: the same addresses in two segments are strangers")
{
    Segments3 host;
    host.set_row(100, unknown, Row::remote(host.vteps[2], RowOrigin::permanent));
    const Bytes inner = frame(unknown, 1);
    CHECK(normal(host.send(host.a, {inner})) == std::vector{encapsulated(4, 100, inner)});
    CHECK(same_set(normal(host.send(host.d, {inner})), {encapsulated(2, 200, inner), to(host.e, inner)}));
    CHECK(host.receive({vxlan(outer_from(vtep(2), 100), frame(endpoint(1), 0x55))}) ==
          std::vector{to(host.a, frame(endpoint(1), 0x55))});
    CHECK(host.receive({vxlan(outer_from(vtep(2), 200), frame(endpoint(1), 0x55))}) ==
          std::vector{to(host.d, frame(endpoint(1), 0x55))});
}

TEST_CASE("A flood keeps its place between unicast frames, for every destination")
{
    Segments3 host;
    host.set_row(100, unknown, Row::remote(host.vteps[0], RowOrigin::permanent));
    std::vector<Bytes> burst;
    for (std::uint8_t i = 0; i < 60; ++i)
        burst.push_back(frame(i % 3 == 0 ? endpoint(2) : i % 3 == 1 ? everybody : unknown, 1, i));
    const auto out = normal(host.send(host.a, burst));
    std::vector<Bytes> for_b, for_c, for_vtep2;
    for (std::size_t i = 0; i < burst.size(); ++i) {
        if (i % 3 != 2)
            for_b.push_back(burst[i]);
        if (i % 3 == 1)
            for_c.push_back(burst[i]);
        if (i % 3 != 0)
            for_vtep2.push_back(encapsulated(2, 100, burst[i]).frame);
    }
    std::vector<Bytes> to_vtep2;
    for (const Bytes& one : at(out, "underlay 0"))
        if (one.at(33) == 2)
            to_vtep2.push_back(one);
    CHECK(at(out, to(host.b, {}).where) == for_b);
    CHECK(at(out, to(host.c, {}).where) == for_c);
    CHECK(to_vtep2 == for_vtep2);
    CHECK(host.drops() == "");
}

TEST_CASE("A burst of floods to many VTEPs and guests comes in calls of at most a burst, and is complete")
{
    Host host;
    host.add_segment(500);
    std::vector<Ip4> remotes;
    for (std::uint8_t i = 0; i < 100; ++i) {
        remotes.push_back({172, 16, 1, static_cast<std::uint8_t>(i + 1)});
        host.add_vtep(remotes.back(), next_hop(9),
                      [&](AdjacencySpec& spec) { spec.underlay = UnderlayId{static_cast<std::uint16_t>(i % 11)}; });
    }
    host.set_flood(500, remotes);
    std::vector<AttachmentId> guests;
    for (std::uint8_t i = 0; i < 100; ++i)
        guests.push_back(host.add_attachment(500, {mac(endpoint(i))}));
    std::vector<Bytes> burst;
    for (std::uint8_t i = 0; i < 40; ++i)
        burst.push_back(frame(everybody, 0, i));
    const auto out = host.send(guests[0], burst);
    CHECK(out.size() == 40 * (100 + 99));
    CHECK(host.recorder().largest_call <= Worker::max_burst);
    for (std::size_t i = 1; i < guests.size(); ++i)
        CHECK(at(out, to(guests[i], {}).where) == burst);
    CHECK(host.counters().replicated.get() == 40 * (100 + 99 - 1));
    CHECK(host.drops() == "");
}

TEST_CASE("Copies that find no buffer are counted one by one, the rest is delivered")
{
    Segments3 host;
    std::vector<rte_mbuf*> hoard(rte_mempool_avail_count(pool()) - 2);
    for (rte_mbuf*& held : hoard)
        held = rte_pktmbuf_alloc(pool());
    host.recorder().keep = [](rte_mbuf** frames, std::uint16_t count) { rte_pktmbuf_free_bulk(frames, count); };
    const auto out = host.send(host.a, {frame(everybody, 1)});  // wants three copies, finds one buffer
    rte_pktmbuf_free_bulk(hoard.data(), static_cast<unsigned>(hoard.size()));
    CHECK(out.size() == 2);
    CHECK(host.drops() == "no_buffer*2");
    CHECK(host.counters().replicated.get() == 3);
}

TEST_CASE("A flood that is too big for one VTEP's underlay reaches the others")
{
    Segments3 host;
    AdjacencySpec narrow;
    narrow.next_hop = mac(next_hop(3));
    narrow.source_mac = mac(Host::port_mac);
    narrow.source = ip(Host::address);
    narrow.mtu = 105;
    host.change([&](Transaction& t) { must(t.set_adjacency(ip(vtep(3)), narrow)); });
    const Bytes inner = frame(everybody, 1);
    CHECK(same_set(normal(host.send(host.a, {inner})),
                   {encapsulated(2, 100, inner), to(host.b, inner), to(host.c, inner)}));
    CHECK(host.drops() == "frame_too_big");
    CHECK(host.counters().vtep(host.vteps[1]).drops[static_cast<std::size_t>(DropReason::frame_too_big)].get() == 1);
    CHECK(host.counters().attachment(host.a).drops[static_cast<std::size_t>(DropReason::frame_too_big)].get() == 1);
}

TEST_CASE("Floods of chained and oversized buffers arrive whole")
{
    Segments3 host;
    const Bytes inner = ethernet(everybody, endpoint(1), 0x0800, pattern(1400));
    CHECK(same_set(normal(host.send_mbufs(host.a, {make_chain(inner, {3, 11, 200, 700})})),
                   {encapsulated(2, 100, inner), encapsulated(3, 100, inner), to(host.b, inner), to(host.c, inner)}));
    CHECK(same_set(host.receive_mbufs({make_chain(vxlan(outer_from(vtep(2), 100), inner), {20, 300, 1})}),
                   {to(host.a, inner), to(host.b, inner), to(host.c, inner)}));
    CHECK(host.drops() == "");
}
