// What an endpoint that has moved sends to a VTEP that takes it only from its old host: at the new host, and at the old.
#include <catch2/catch.hpp>

#include "moving.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr std::uint32_t label = 0xf0'0021;
constexpr Mac to_near = Moving::sender;                  // a row behind 172.16.0.2
constexpr Mac to_there{0x52, 0x54, 0, 0, 0, 0x44};       // a row behind 172.16.0.3
constexpr Mac everybody{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
const Bytes to_peer = inner_frame(to_near, Moving::web_mac);

/// Web is here; its frames for 172.16.0.2 go by way of 172.16.0.3.
struct NewHost : Moving {
    NewHost()
    {
        set_row(100, to_near, Row::remote(near_vtep, RowOrigin::endpoint));
        set_row(100, to_there, Row::remote(there_vtep, RowOrigin::endpoint));
        set_row(100, web_mac, Row::local(web, RowOrigin::endpoint));
        set_flood(100, {near, there});
        detour({{mac(web_mac), near_vtep, there_vtep, vni(label)}});
    }
    void detour(DetourList detours)
    {
        change([&](Transaction& t) { must(t.set_detours(web, std::move(detours))); });
    }
    std::vector<Out> send_web(const Bytes& inner) { return without_ports(send(web, {inner})); }
};

Vxlan plainly(const Ip4& to, std::uint32_t number) { return outer_to(to, {2, 0, 0, 0, 0, to[3]}, number); }

/// Web has moved to 172.16.0.3; what it sends from there under the label goes on to 172.16.0.2.
struct OldHost : Moving {
    explicit OldHost(std::uint32_t under = 100)
    {
        set_web(Row::gated(web, RowOrigin::endpoint));
        exit = must(tables().exits().open({mac(web_mac), there_vtep, near_vtep, vni(under)}));
        must(tables().labels().set(vni(label), exit));
    }
    std::vector<Out> receive_one(const Vxlan& outer, const Bytes& inner)
    {
        return without_ports(receive({vxlan(outer, inner)}));
    }
    ExitId exit{};
};

}  // namespace

TEST_CASE("Frames of the endpoint for that VTEP go to the old host under its label, and all others where they went")
{
    NewHost host;
    CHECK(host.send_web(to_peer) == std::vector{sent(1, plainly(Moving::there, label), to_peer)});
    CHECK(host.recorder().peers.at(0) == host.there_vtep);
    const Bytes elsewhere = inner_frame(to_there, Moving::web_mac);
    CHECK(host.send_web(elsewhere) == std::vector{sent(1, plainly(Moving::there, 100), elsewhere)});
    const Bytes here = inner_frame(Moving::other_mac, Moving::web_mac);
    CHECK(host.send_web(here) == std::vector{to(host.other, here)});
    const Bytes of_other = inner_frame(to_near, Moving::other_mac);
    CHECK(without_ports(host.send(host.other, {of_other})) ==
          std::vector{sent(0, plainly(Moving::near, 100), of_other)});
    CHECK(host.counters().encapsulated.get() == 3);
    CHECK(host.counters().relayed.get() == 0);
    CHECK(host.counters().vtep(host.near_vtep).out_frames.get() == 1);
    CHECK(host.counters().vtep(host.there_vtep).out_frames.get() == 2);

    host.detour({});
    CHECK(host.send_web(to_peer) == std::vector{sent(0, plainly(Moving::near, 100), to_peer)});
    CHECK(host.drops() == "");
    check_sums(host, 5, 5);
}

TEST_CASE("A burst keeps its order, whichever of its frames make the detour")
{
    NewHost host;
    std::vector<Bytes> frames;
    std::vector<Out> direct, by_old_host;
    for (std::uint16_t i = 0; i < 60; ++i) {
        const Bytes inner = inner_frame(i % 3 ? to_near : to_there, Moving::web_mac, i);
        frames.push_back(inner);
        by_old_host.push_back(sent(1, plainly(Moving::there, i % 3 ? label : 100), inner));
    }
    CHECK(without_ports(host.send(host.web, frames)) == by_old_host);
}

TEST_CASE("Floods too: that VTEP's copy goes by the old host, and nobody gets two")
{
    NewHost host;
    for (const Mac& destination : {everybody, Mac{0x52, 0x54, 0, 0, 0, 0x77}}) {
        const Bytes inner = inner_frame(destination, Moving::web_mac);
        auto out = host.send_web(inner);
        REQUIRE(out.size() == 3);
        CHECK(out == std::vector{sent(1, plainly(Moving::there, label), inner),
                                 sent(1, plainly(Moving::there, 100), inner), to(host.other, inner)});
    }
    // Another endpoint of the attachment has no detour.
    const MacAddress second = MacAddress::from_u48(0x5254'0000'0055);
    host.web = host.add_attachment(100, {mac(Moving::web_mac), second});
    host.detour({{mac(Moving::web_mac), host.near_vtep, host.there_vtep, vni(label)}});
    const Bytes inner = inner_frame(to_near, {0x52, 0x54, 0, 0, 0, 0x55});
    CHECK(host.send_web(inner) == std::vector{sent(0, plainly(Moving::near, 100), inner)});
    CHECK(host.send_web(to_peer) == std::vector{sent(1, plainly(Moving::there, label), to_peer)});
}

TEST_CASE("What does not fit the way to the old host is dropped")
{
    NewHost host;
    CHECK(host.send_web(inner_frame(to_near, Moving::web_mac, 1, 300)).empty());
    CHECK(host.drops() == "frame_too_big");
    CHECK(host.counters().vtep(host.there_vtep).drops[static_cast<std::size_t>(DropReason::frame_too_big)].get() == 1);
    check_sums(host, 1, 0);
}

TEST_CASE("A detour goes with each of its VTEPs")
{
    const Ip4 gone = GENERATE(Moving::near, Moving::there);
    NewHost host;
    host.change([&](Transaction& t) {
        must(t.set_flood(vni(100), {}));
        must(t.set_row(vni(100), mac(to_near), Row::blackhole(RowOrigin::endpoint)));
        must(t.set_row(vni(100), mac(to_there), Row::blackhole(RowOrigin::endpoint)));
        must(t.remove_vtep(ip(gone)));
    });
    CHECK(host.tables().attachments().newest(host.web)->detours.empty());
}

TEST_CASE("The old host passes such frames on as its own: from its VTEP, in the segment, with a TTL of one less")
{
    OldHost host;
    const Bytes broadcast = inner_frame(everybody, Moving::web_mac);
    for (const Bytes& inner : {to_peer, broadcast}) {
        for (const std::uint8_t ttl : std::initializer_list<std::uint8_t>{255, 2}) {
            Vxlan outer = outer_from(Moving::there, label);
            outer.ip.ttl = ttl;
            Vxlan expected = plainly(Moving::near, 100);
            expected.ip.ttl = static_cast<std::uint8_t>(ttl - 1);
            CHECK(host.receive_one(outer, inner) == std::vector{sent(0, expected, inner)});
            CHECK(host.recorder().peers.at(0) == host.near_vtep);
        }
    }
    CHECK(host.drops() == "");
    CHECK(host.learned().empty());
    CHECK(host.counters().relayed.get() == 4);
    CHECK(host.counters().decapsulated.get() == 4);
    CHECK(host.counters().encapsulated.get() == 4);
    CHECK(host.counters().vtep(host.near_vtep).relayed_frames.get() == 4);
    check_sums(host, 4, 4);
}

TEST_CASE("A mark does not live on, the congestion mark does, and a flow has the port that it has anyway")
{
    OldHost host;
    Ipv4 fields;
    fields.tos = 0x02;
    const auto inner = [&] { return ethernet(to_near, Moving::web_mac, 0x0800, ipv4(fields, udp(1, 2, {}))); };
    const Bytes arrived = inner();
    Vxlan outer = outer_from(Moving::there, label);
    outer.flags = 0x68;
    outer.last = 7;
    outer.ip.tos = 0x03;
    fields.tos = 0x03;
    Vxlan expected = plainly(Moving::near, 100);
    expected.ip.ttl = 63;
    expected.ip.tos = 0x03;
    CHECK(host.receive_one(outer, arrived) == std::vector{sent(0, expected, inner())});

    // Where it cannot be passed on, the frame is not either (RFC 6040 section 4.2).
    fields.tos = 0;
    CHECK(host.receive_one(outer, inner()).empty());
    CHECK(host.drops() == "ecn");

    const auto port = [](const std::vector<Out>& out) {
        return Bytes(out.at(0).frame.begin() + 34, out[0].frame.begin() + 36);
    };
    const Bytes by_label = port(host.receive({vxlan(outer_from(Moving::there, label), to_peer)}));
    host.set_row(100, to_near, Row::remote(host.near_vtep, RowOrigin::endpoint));
    CHECK(by_label == port(host.send(host.web, {to_peer})));
}

TEST_CASE("Whoever else uses the label, and whatever else comes under it, is refused")
{
    OldHost host;
    for (const Ip4& forger : {Moving::near, Moving::unknown}) {
        CHECK(host.receive_one(outer_from(forger, label), to_peer).empty());
        CHECK(host.drops() == "detour_refused");
    }
    for (const Mac& source : {Moving::other_mac, Moving::sender, Mac{}, everybody}) {
        CHECK(host.receive_one(outer_from(Moving::there, label), inner_frame(to_near, source)).empty());
        CHECK(host.drops() == "detour_refused");
    }
    // Its neighbours lead nowhere, and neither does itself when the detour is over.
    for (const std::uint32_t other : {label - 1, label + 1}) {
        CHECK(host.receive_one(outer_from(Moving::there, other), to_peer).empty());
        CHECK(host.drops() == "label_unknown");
    }
    host.tables().labels().clear(vni(label));
    CHECK(host.receive_one(outer_from(Moving::there, label), to_peer).empty());
    CHECK(host.drops() == "label_unknown");
    CHECK(host.counters().vtep(host.near_vtep).drops[static_cast<std::size_t>(DropReason::detour_refused)].get() == 1);
    CHECK(host.counters().relayed.get() == 0);
    CHECK(host.counters().decapsulated.get() == 0);
    check_sums(host, 9, 0);
}

TEST_CASE("A detour ends where its frames' TTL does, and where its VTEP has gone")
{
    OldHost host;
    Vxlan outer = outer_from(Moving::there, label);
    outer.ip.ttl = 1;
    CHECK(host.receive_one(outer, to_peer).empty());
    CHECK(host.drops() == "relay_ttl");
    host.change([](Transaction& t) { must(t.remove_vtep(ip(Moving::near))); });
    CHECK(host.receive_one(outer_from(Moving::there, label), to_peer).empty());
    CHECK(host.drops() == "adjacency_gone");
}

TEST_CASE("Where an older host is the one that the VTEP listens to, the frame goes on to it under that host's label")
{
    OldHost host(0xf1'0007);
    Vxlan expected = plainly(Moving::near, 0xf1'0007);
    expected.ip.ttl = 63;
    CHECK(host.receive_one(outer_from(Moving::there, label), to_peer) == std::vector{sent(0, expected, to_peer)});
}
