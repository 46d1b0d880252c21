// Frames for an endpoint that comes or goes: to its gate, with how they came, and under the labels of its move.
#include <catch2/catch.hpp>

#include "moving.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr Mac everybody{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr Mac mdns{0x01, 0, 0x5e, 0, 0, 0xfb};

/// `web` is gated, and two labels lead to it.
struct Gated : Moving {
    Gated()
    {
        set_web(Row::gated(web, RowOrigin::endpoint));
        for (const std::uint32_t label : {flush_label, relay_label})
            must(tables().labels().set(vni(label), web_key()));
    }

    std::vector<Out> receive_one(const Vxlan& outer, const Bytes& inner) { return receive({vxlan(outer, inner)}); }
};

}  // namespace

TEST_CASE("A gated row's frames go to the gate, with the VTEP and the TTL that they came with")
{
    Gated host;
    const Bytes inner = inner_frame(Moving::web_mac, Moving::sender);
    Vxlan outer = host.from_near(100);
    outer.ip.ttl = 17;
    CHECK(host.receive_one(outer, inner) ==
          std::vector{to_gate(host.web, inner, {.ttl = 17, .peer = host.near_vtep})});
    CHECK(host.recorder().peers.at(0) == host.near_vtep);
    CHECK(host.receive_one(outer_from(Moving::unknown, 100), inner) == std::vector{to_gate(host.web, inner, {})});
    CHECK(host.receive_one(host.from_near(200), inner) == std::vector{to(host.far, inner)});
    CHECK(host.drops() == "");
    CHECK(host.counters().decapsulated.get() == 3);
    CHECK(host.counters().attachment(host.web).out_frames.get() == 2);
    CHECK(host.counters().attachment(host.web).out_bytes.get() == 2 * inner.size());
    check_sums(host, 3, 3);
}

TEST_CASE("A gated row's frames from this host's attachments say so")
{
    Gated host;
    const Bytes inner = inner_frame(Moving::web_mac, Moving::other_mac);
    CHECK(host.send(host.other, {inner}) == std::vector{to_gate(host.web, inner, {.from_attachment = true})});
    CHECK(host.recorder().peers.at(0) == VtepId::none);
    CHECK(host.counters().local_switched.get() == 1);
    CHECK(host.send(host.web, {inner_frame(Moving::web_mac, Moving::web_mac)}).empty());
    CHECK(host.drops() == "hairpin");
    check_sums(host, 2, 1);
}

TEST_CASE("Marks and streams are told, and reserved bits beside them mean nothing")
{
    Gated host;
    const Bytes inner = inner_frame(Moving::web_mac, Moving::sender);
    Vxlan outer = host.from_near(100);
    outer.last = 7;
    const auto arrival = [&](Mark mark, std::uint8_t stream) {
        return std::vector{to_gate(host.web, inner, {.mark = mark, .stream = stream, .peer = host.near_vtep})};
    };
    CHECK(host.receive_one(outer, inner) == arrival(Mark::none, 0));
    outer.flags = 0x48;
    CHECK(host.receive_one(outer, inner) == arrival(Mark::detour, 7));
    outer.flags = 0x28;
    CHECK(host.receive_one(outer, inner) == arrival(Mark::turned, 7));
    outer.flags = 0x9f;
    outer.reserved = 0xbfffff;
    CHECK(host.receive_one(outer, inner) == arrival(Mark::none, 0));
    outer.flags = 0x40;
    CHECK(host.receive_one(outer, inner).empty());
    CHECK(host.drops() == "vxlan_flags");
}

TEST_CASE("Frames to the gate keep their order with those for the same attachment, within a burst")
{
    Gated host;
    host.set_row(100, {0x52, 0x54, 0, 0, 0, 9}, Row::local(host.web, RowOrigin::endpoint));
    const Bytes direct = inner_frame({0x52, 0x54, 0, 0, 0, 9}, Moving::sender);
    std::vector<Bytes> frames;
    std::vector<Out> expected;
    for (std::uint16_t i = 0; i < 60; ++i) {
        const Bytes gated = inner_frame(Moving::web_mac, Moving::sender, i);
        const Bytes local = inner_frame({0x52, 0x54, 0, 0, 0, 9}, Moving::sender, i);
        const Bytes flooded = inner_frame(everybody, Moving::sender, i);
        if (i % 7 == 6) {
            frames.push_back(vxlan(host.from_near(100), flooded));
            expected.push_back(to(host.web, flooded));
        } else if (i % 3 == 2) {
            frames.push_back(vxlan(host.from_near(100), local));
            expected.push_back(to(host.web, local));
        } else {
            frames.push_back(vxlan(host.from_near(100), gated));
            expected.push_back(to_gate(host.web, gated, {.peer = host.near_vtep}));
        }
    }
    std::vector<Out> out = host.receive(frames);
    std::erase_if(out, [&](const Out& one) { return one.where == to(host.other, {}).where; });  // its copies of floods
    CHECK(out == expected);
    CHECK(host.recorder().calls < frames.size());
}

TEST_CASE("Frames to the gate that nothing separates go in one call")
{
    Gated host;
    std::vector<Bytes> frames;
    for (std::uint16_t i = 0; i < 64; ++i)
        frames.push_back(vxlan(host.from_near(100), inner_frame(i % 2 ? Moving::web_mac : Moving::other_mac,
                                                                Moving::sender, i)));
    CHECK(host.receive(frames).size() == 64);
    CHECK(host.recorder().calls == 2);
}

TEST_CASE("A label leads to its endpoint's gate, whatever the frame is and whoever sent it")
{
    Gated host;
    const bool gated = GENERATE(true, false);
    host.set_web(gated ? Row::gated(host.web, RowOrigin::endpoint) : Row::local(host.web, RowOrigin::endpoint));
    for (const Mac& destination : {Moving::web_mac, everybody, mdns, Mac{0x52, 0x54, 0, 0, 0, 0x77}}) {
        const Bytes inner = inner_frame(destination, Moving::sender);
        for (const std::uint32_t label : {Moving::flush_label, Moving::relay_label}) {
            Vxlan outer = host.from_near(label);
            outer.flags = 0x48;
            outer.last = 3;
            const Via via = label == Moving::flush_label ? Via::flush : Via::relay;
            CHECK(host.receive_one(outer, inner) ==
                  std::vector{to_gate(host.web, inner,
                                      {.via = via, .mark = Mark::detour, .stream = 3, .peer = host.near_vtep})});
            CHECK(host.receive_one(outer_from(Moving::unknown, label), inner) ==
                  std::vector{to_gate(host.web, inner, {.via = via})});
        }
    }
    CHECK(host.drops() == "");
    CHECK(host.counters().replicated.get() == 0);
    CHECK(host.learned().empty());
}

TEST_CASE("Labels and ordinary VNIs may alternate in a burst")
{
    Gated host;
    std::vector<Bytes> frames;
    std::vector<Out> to_web, to_far;
    for (std::uint16_t i = 0; i < 32; ++i) {
        const Bytes inner = inner_frame(Moving::web_mac, Moving::sender, i);
        frames.push_back(vxlan(host.from_near(i % 2 ? Moving::relay_label : 200), inner));
        if (i % 2)
            to_web.push_back(to_gate(host.web, inner, {.via = Via::relay, .peer = host.near_vtep}));
        else
            to_far.push_back(to(host.far, inner));
    }
    to_web.insert(to_web.end(), to_far.begin(), to_far.end());
    CHECK(host.receive(frames) == to_web);
    CHECK(host.counters().decapsulated.get() == 32);
}

TEST_CASE("A label that leads nowhere is dropped as that, other VNIs without segment as unknown")
{
    Gated host;
    const Bytes inner = inner_frame(Moving::web_mac, Moving::sender);
    const auto drop_of = [&](std::uint32_t number) {
        CHECK(host.receive_one(host.from_near(number), inner).empty());
        return host.drops();
    };
    CHECK(drop_of(0xf0'0000) == "label_unknown");
    CHECK(drop_of(0xf0'ffff) == "label_unknown");
    CHECK(drop_of(0xef'ffff) == "vni_unknown");
    CHECK(drop_of(0xf1'0000) == "vni_unknown");
    host.tables().labels().clear(vni(Moving::relay_label));
    CHECK(drop_of(Moving::relay_label) == "label_unknown");
    host.set_web(Row::blackhole(RowOrigin::permanent));
    CHECK(drop_of(Moving::flush_label) == "blackhole");
    host.set_web(Row::remote(host.there_vtep, RowOrigin::endpoint));
    CHECK(drop_of(Moving::flush_label) == "label_unknown");
    host.change([](Transaction& t) { must(t.remove_row(vni(100), mac(Moving::web_mac))); });
    CHECK(drop_of(Moving::flush_label) == "label_unknown");
    check_sums(host, 8, 0);
}

TEST_CASE("The underlay's congestion mark comes into a labelled frame too")
{
    Gated host;
    Ipv4 fields;
    fields.tos = 0x02;
    const auto inner = [&] { return ethernet(Moving::web_mac, Moving::sender, 0x0800, ipv4(fields, udp(1, 2, {}))); };
    Vxlan outer = host.from_near(Moving::relay_label);
    outer.ip.tos = 0x03;
    const Bytes arrived = inner();
    fields.tos = 0x03;
    const Out expected = to_gate(host.web, inner(), {.via = Via::relay, .peer = host.near_vtep});
    CHECK(host.receive({vxlan(outer, arrived)}) == std::vector{expected});
    fields.tos = 0x00;
    CHECK(host.receive({vxlan(outer, inner())}).empty());
    CHECK(host.drops() == "ecn");
}
