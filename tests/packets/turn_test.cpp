// A host whose frames for an endpoint change over from its old host to its new one.
#include <catch2/catch.hpp>

#include "moving.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr std::uint8_t stream = 21;
const Bytes own = inner_frame(Moving::web_mac, Moving::other_mac);

/// Web has moved from 172.16.0.2 (or from this host) to 172.16.0.3.
struct Turning : Moving {
    explicit Turning(const Turn& made)
    {
        turn = must(tables().turns().begin(made));
        set_web(Row::turning(turn, RowOrigin::endpoint));
    }
    static Turn between(VtepId via, VtepId to) { return {.via = via, .to = to, .stream = stream}; }
    Turning() : Turning(between(VtepId{1}, VtepId{2}))
    {
        CHECK(near_vtep == VtepId{1});
        CHECK(there_vtep == VtepId{2});
    }

    std::vector<Out> send_own() { return without_ports(send(other, {own})); }
    std::uint64_t detours() { return tables().turns().detours(turn); }

    TurnId turn{};
};

Vxlan marked(const Ip4& to, std::uint8_t flag)
{
    Vxlan fields = outer_to(to, {2, 0, 0, 0, 0, to[3]}, 100);
    fields.flags = static_cast<std::uint8_t>(0x08 | flag);
    fields.last = stream;
    return fields;
}

}  // namespace

TEST_CASE("Frames go marked by way of the old host and are counted; after the flip marked to the new one, and are not")
{
    Turning host;
    for (std::uint64_t i = 1; i <= 5; ++i) {
        CHECK(host.send_own() == std::vector{sent(0, marked(Moving::near, 0x40), own)});
        CHECK(host.recorder().peers.at(0) == host.near_vtep);
        CHECK(host.detours() == i);
    }
    host.tables().turns().flip(host.turn);
    CHECK(host.send_own() == std::vector{sent(1, marked(Moving::there, 0x20), own)});
    CHECK(host.recorder().peers.at(0) == host.there_vtep);
    CHECK(host.detours() == 5);
    CHECK(host.counters().relayed.get() == 0);
    CHECK(host.counters().encapsulated.get() == 6);
    CHECK(host.counters().vtep(host.near_vtep).out_frames.get() == 5);
    CHECK(host.counters().vtep(host.there_vtep).out_frames.get() == 1);
    CHECK(host.drops() == "");
    check_sums(host, 6, 6);
}

TEST_CASE("A frame that is not sent is not counted as a detour")
{
    Turning host;
    CHECK(host.send(host.other, {inner_frame(Moving::web_mac, Moving::other_mac, 1, 1600)}).empty());
    CHECK(host.drops() == "frame_too_big");
    CHECK(host.detours() == 0);
    host.tables().turns().flip(host.turn);
    CHECK(host.send(host.other, {inner_frame(Moving::web_mac, Moving::other_mac, 1, 300)}).empty());
    CHECK(host.drops() == "frame_too_big");
    rte_mbuf* const tight = make_exact_frame(own);
    CHECK(host.send_mbufs(host.other, {tight}).empty());
    CHECK(host.drops() == "no_headroom");
}

TEST_CASE("Where this host had the endpoint its own frames turn by way of its own gate")
{
    Moving host;
    Turns& turns = host.tables().turns();
    const TurnId turn = must(turns.begin({.gate = host.web, .to = host.there_vtep, .stream = stream}));
    host.set_web(Row::turning(turn, RowOrigin::endpoint));
    const auto through_gate = [&](const Bytes& inner) {
        return to_gate(host.web, inner, {.mark = Mark::detour, .stream = stream, .from_attachment = true});
    };
    CHECK(host.send(host.other, {own, own}) == std::vector{through_gate(own), through_gate(own)});
    CHECK(turns.detours(turn) == 2);
    CHECK(host.send(host.web, {inner_frame(Moving::web_mac, Moving::web_mac)}).empty());
    CHECK(host.drops() == "hairpin");
    CHECK(turns.detours(turn) == 2);

    // What others send still goes by the gate, before the flip and after it.
    const Bytes inner = inner_frame(Moving::web_mac, Moving::sender);
    Vxlan outer = host.from_near(100);
    outer.flags = 0x48;
    outer.last = 3;
    const std::vector others{to_gate(host.web, inner, {.mark = Mark::detour, .stream = 3, .peer = host.near_vtep})};
    CHECK(host.receive({vxlan(outer, inner)}) == others);
    turns.flip(turn);
    CHECK(host.receive({vxlan(outer, inner)}) == others);
    CHECK(without_ports(host.send(host.other, {own})) == std::vector{sent(1, marked(Moving::there, 0x20), own)});
    CHECK(turns.detours(turn) == 2);
}

TEST_CASE("Frames from the underlay for a turning row go on as the turn's relay says")
{
    const std::uint32_t label = GENERATE(0u, 0xff'ffffu, 0xf0'0030u);
    Moving host;
    const TurnId turn = must(host.tables().turns().begin(
        {.via = host.there_vtep, .to = host.near_vtep, .stream = stream, .relay_label = vni(label)}));
    host.set_web(Row::turning(turn, RowOrigin::endpoint));
    const Bytes inner = inner_frame(Moving::web_mac, Moving::sender);
    must(host.tables().labels().set(vni(Moving::relay_label), host.web_key()));
    const auto came_under = [&](std::uint32_t number) {
        return without_ports(host.receive({vxlan(host.from_near(number), inner)}));
    };
    if (label == 0) {
        CHECK(came_under(100).empty());
        CHECK(host.drops() == "split_horizon");
        CHECK(came_under(Moving::relay_label).empty());
        CHECK(host.drops() == "label_unknown");
    } else {
        const std::vector expected{sent(1, relayed(Moving::there, label == 0xff'ffff ? 100 : label), inner)};
        CHECK(came_under(100) == expected);
        CHECK(came_under(Moving::relay_label) == expected);
    }
    CHECK(host.tables().turns().detours(turn) == 0);
}

TEST_CASE("The count of a turn is the sum of its workers', and stands once they have seen the flip")
{
    Turning host;
    WorkerConfig config;
    config.local_vtep.address = ip(Host::address);
    config.pool = pool();
    const auto second = must(Worker::make(host.tables(), config));
    second->online();
    Recorder sink;
    const auto send_by_second = [&](std::uint16_t count) {
        std::vector<rte_mbuf*> frames;
        for (std::uint16_t i = 0; i < count; ++i)
            frames.push_back(make_frame(own));
        second->from_attachment(host.other, frames.data(), count, 1000, sink);
    };
    host.send(host.other, {own, own, own});
    send_by_second(40);
    CHECK(host.detours() == 43);

    host.tables().turns().flip(host.turn);
    const GraceToken token = host.tables().qsbr().start();
    host.send(host.other, {own});  // ends with the worker quiescent
    CHECK(!host.tables().qsbr().passed(token));
    send_by_second(1);
    second->quiescent();
    CHECK(host.tables().qsbr().passed(token));
    CHECK(host.detours() == 43);
    std::uint64_t detoured = 0;
    for (const Out& out : sink.taken)
        detoured += out.where == to(UnderlayId{0}, {}).where;
    CHECK(detoured == 40);
    second->offline();
}
