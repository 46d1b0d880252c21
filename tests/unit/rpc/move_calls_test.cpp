// Calls about moves and peers: every value arrives as it was given.
#include <catch2/catch.hpp>

#include "rpc/messages.hpp"
#include "served.hpp"

using namespace ferryd;
using ferry::move::Phase;
using Role = MoveStatus::Role;

namespace {

/// A value in each field.
MoveStatus full_move()
{
    MoveStatus move;
    move.id = 7;
    move.change = 0xffff'ffff'ffff'fffe;
    move.role = Role::destination;
    move.key = {*ferry::Vni::make(100), *ferry::MacAddress::parse("52:54:00:00:00:01")};
    move.port = "vm0";
    move.from = ipv4("172.16.0.1");
    move.to = ipv4("172.16.0.2");
    move.from_name = "S";
    move.to_name = "D";
    move.version = {3, 4, ipv4("172.16.0.2")};
    for (int i = 0; i <= static_cast<int>(Phase::turned_alone); ++i)
        move.phases.push_back({static_cast<Phase>(i), {1, 2, ipv4("172.16.0.1")},
                               i % 2 == 0 ? ferry::Ipv4Address{} : ipv4("172.16.0.3"), 1000u + static_cast<unsigned>(i),
                               1'700'000'000'123'456'789 + i});
    move.ledger = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, {{"dock_full", 13}}, 14, 0};
    move.closed = true;
    move.adds_up = false;
    move.docked_us = 1.5;
    move.redirect_us = 2.5;
    move.first_delivery_ms = 3.5;
    move.network_added_ms = 0.0;
    move.visible_us = 5.5;
    return move;
}

void check_same(const MoveLedger& a, const MoveLedger& b)
{
    CHECK(a.received == b.received);
    CHECK(a.flush_received == b.flush_received);
    CHECK(a.relay_received == b.relay_received);
    CHECK(a.docked == b.docked);
    CHECK(a.delivered == b.delivered);
    CHECK(a.replayed == b.replayed);
    CHECK(a.flushed == b.flushed);
    CHECK(a.relayed == b.relayed);
    CHECK(a.waiting == b.waiting);
    CHECK(a.late_flush == b.late_flush);
    CHECK(a.out_of_order == b.out_of_order);
    CHECK(a.marked == b.marked);
    CHECK(a.drops == b.drops);
    CHECK(a.flush_told == b.flush_told);
    CHECK(a.relay_told == b.relay_told);
}

void check_same(const MoveStatus& a, const MoveStatus& b)
{
    CHECK(a.id == b.id);
    CHECK(a.change == b.change);
    CHECK(a.role == b.role);
    CHECK(a.key == b.key);
    CHECK(a.port == b.port);
    CHECK(a.from == b.from);
    CHECK(a.to == b.to);
    CHECK(a.from_name == b.from_name);
    CHECK(a.to_name == b.to_name);
    CHECK(a.version == b.version);
    REQUIRE(a.phases.size() == b.phases.size());
    for (std::size_t i = 0; i < a.phases.size(); ++i) {
        CHECK(a.phases[i].phase == b.phases[i].phase);
        CHECK(a.phases[i].version == b.phases[i].version);
        CHECK(a.phases[i].host == b.phases[i].host);
        CHECK(a.phases[i].count == b.phases[i].count);
        CHECK(a.phases[i].time == b.phases[i].time);
    }
    check_same(a.ledger, b.ledger);
    CHECK(a.closed == b.closed);
    CHECK(a.adds_up == b.adds_up);
    CHECK(a.docked_us == b.docked_us);
    CHECK(a.redirect_us == b.redirect_us);
    CHECK(a.first_delivery_ms == b.first_delivery_ms);
    CHECK(a.network_added_ms == b.network_added_ms);
    CHECK(a.visible_us == b.visible_us);
}

}  // namespace

TEST_CASE("moves")
{
    Served s;
    MoveStatus least;
    least.id = 1;
    least.role = Role::sender;
    s.control.move_list = {full_move(), least, {}};
    const auto moves = s.client->move_statuses(42);
    REQUIRE(moves);
    CHECK(s.control.after == 42);
    REQUIRE(moves->size() == 3);
    for (std::size_t i = 0; i < 3; ++i)
        check_same((*moves)[i], s.control.move_list[i]);
}

TEST_CASE("a phase of a later ferryd is left out, the others stay")
{
    ferry::v1::Move message;
    message.set_mac("52:54:00:00:00:01");
    message.add_phases()->set_name("granted");
    message.add_phases()->set_name("teleported");
    message.add_phases()->set_name("unknown");
    const auto move = from_message(message);
    REQUIRE(move);
    REQUIRE(move->phases.size() == 1);
    CHECK(move->phases[0].phase == Phase::granted);
}

TEST_CASE("a ledger adds up where every frame is somewhere, and both hosts say the same")
{
    MoveLedger ledger;
    CHECK(ledger.adds_up());
    ledger.received = 10;
    CHECK(!ledger.adds_up());
    ledger.delivered = 4;
    ledger.flushed = 1;
    ledger.relayed = 2;
    ledger.waiting = 1;
    ledger.drops["dock_full"] = 2;
    CHECK(ledger.adds_up());
    ledger.flush_received = 3;
    ledger.flush_told = 4;
    CHECK(!ledger.adds_up());
    ledger.flush_told = 3;
    ledger.relay_told = 0;
    CHECK(ledger.adds_up());
    ledger.relay_received = 1;
    CHECK(!ledger.adds_up());
}

TEST_CASE("holding and releasing a port")
{
    Served s;
    REQUIRE(s.client->hold_port("tap0"));
    CHECK(s.control.held_port == "tap0");
    REQUIRE(s.client->release_port("tap1"));
    CHECK(s.control.released_port == "tap1");
    const auto wrong = s.client->hold_port("no such name");
    REQUIRE(!wrong);
    CHECK(wrong.error().code == ferry::ErrorCode::invalid_argument);
    s.control.error = ferry::Error{ferry::ErrorCode::in_use, "tap0 is held already"};
    const auto held = s.client->hold_port("tap0");
    REQUIRE(!held);
    CHECK(held.error().code == ferry::ErrorCode::in_use);
    CHECK(held.error().sentence == "tap0 is held already");
    CHECK(!s.client->release_port("tap0"));
    CHECK(!s.client->peers());
    CHECK(!s.client->move_statuses(0));
}

TEST_CASE("peers")
{
    Served s;
    PeerStatus peer;
    peer.address = "10.0.0.2:4790";
    peer.vtep = ipv4("172.16.0.2");
    peer.name = "D";
    peer.vnis = "100, 200-299";
    peer.connected = true;
    peer.connected_since_ns = 1'700'000'000'123'456'789;
    peer.rtt_us = 250.5;
    peer.datagram_rtt_us = 60.25;
    peer.sent = 4;
    peer.sent_by_datagram = 1;
    peer.received = 2;
    peer.dropped = 3;
    PeerStatus silent;
    silent.heard = true;
    silent.fault = "its process does not run";
    s.control.peer_list = {peer, silent};
    const auto peers = s.client->peers();
    REQUIRE(peers);
    REQUIRE(peers->size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        const PeerStatus &got = (*peers)[i], &given = s.control.peer_list[i];
        CHECK(got.address == given.address);
        CHECK(got.vtep == given.vtep);
        CHECK(got.name == given.name);
        CHECK(got.vnis == given.vnis);
        CHECK(got.connected == given.connected);
        CHECK(got.heard == given.heard);
        CHECK(got.connected_since_ns == given.connected_since_ns);
        CHECK(got.rtt_us == given.rtt_us);
        CHECK(got.datagram_rtt_us == given.datagram_rtt_us);
        CHECK(got.sent_by_datagram == given.sent_by_datagram);
        CHECK(got.sent == given.sent);
        CHECK(got.received == given.received);
        CHECK(got.dropped == given.dropped);
        CHECK(got.fault == given.fault);
    }
}
