// The books of moves, with gates' counters that the test counts.
#include "control/move_book.hpp"

#include <catch2/catch.hpp>

using ferry::move::GateCounters;
using ferry::move::Key;
using ferry::move::LedgerEntry;
using ferry::move::Phase;
using ferryd::MoveBook;
using ferryd::MoveStatus;

namespace {

constexpr std::int64_t ms = 1'000'000, to_realtime = 1'000 * ms;
const ferry::Ipv4Address self = *ferry::Ipv4Address::parse("172.16.0.2"), old_host = *ferry::Ipv4Address::parse("172.16.0.1");
const Key key{*ferry::Vni::make(100), *ferry::MacAddress::parse("02:00:00:00:00:09")};

void at(std::atomic<std::int64_t>& mark, std::int64_t time)
{
    mark.store(time);
}

struct Book {
    Book() { book.watch_gate(key, gate, "vm"); }
    void note(Phase phase, std::int64_t time, std::uint64_t count = 0)
    {
        book.note(key, LedgerEntry{phase, {}, old_host, count, time});
    }
    MoveStatus last() { return book.since(0).back(); }

    GateCounters gate;
    MoveBook book{self, to_realtime};
};

}  // namespace

TEST_CASE("what the network adds is the time of a frame that waited, not of one that nobody had sent before")
{
    Book of;
    of.note(Phase::ring_started, 100 * ms);
    of.note(Phase::grant_received, 101 * ms);
    of.gate.received.add(1);
    of.gate.delivered.add(1);
    at(of.gate.first_delivered, 150 * ms);
    of.note(Phase::opened, 160 * ms);
    CHECK(of.last().first_delivery_ms == 50.0);
    CHECK_FALSE(of.last().network_added_ms.has_value());

    at(of.gate.first_waited, 170 * ms);
    CHECK(of.last().network_added_ms == 70.0);
}

TEST_CASE("a time stays when the gate begins anew")
{
    Book of;
    of.note(Phase::ring_started, 100 * ms);
    at(of.gate.first_delivered, 102 * ms);
    at(of.gate.first_waited, 102 * ms);
    of.note(Phase::opened, 103 * ms);
    at(of.gate.first_delivered, 900 * ms);
    at(of.gate.first_waited, 900 * ms);
    of.note(Phase::ring_stopped, 950 * ms);
    const auto moves = of.book.since(0);
    REQUIRE(moves.size() == 2);
    CHECK(moves[0].first_delivery_ms == 2.0);
    CHECK(moves[0].network_added_ms == 2.0);
    CHECK(moves[0].closed);
    CHECK_FALSE(moves[1].network_added_ms.has_value());
}

TEST_CASE("what an earlier move has left in the gate is not this one's")
{
    Book of;
    at(of.gate.first_delivered, 50 * ms);
    at(of.gate.first_waited, 50 * ms);
    of.gate.received.add(7);
    of.gate.delivered.add(7);
    of.note(Phase::ring_started, 100 * ms);
    of.note(Phase::grant_received, 101 * ms);
    CHECK_FALSE(of.last().first_delivery_ms.has_value());
    CHECK_FALSE(of.last().network_added_ms.has_value());
    CHECK(of.last().ledger.received == 0);
    CHECK(of.last().phases.front().time == 100 * ms + to_realtime);
}

TEST_CASE("a start after a stop that nobody claimed is a move of its own; one that cancels the stop is not")
{
    Book of;
    of.note(Phase::ring_stopped, 100 * ms);
    SECTION("nobody claimed it")
    {
        of.note(Phase::hold_expired, 200 * ms);
        of.note(Phase::ring_started, 300 * ms);
        const auto moves = of.book.since(0);
        REQUIRE(moves.size() == 2);
        CHECK(moves[0].closed);
        CHECK(moves[1].role == MoveStatus::Role::destination);
    }
    SECTION("cancelled")
    {
        of.note(Phase::ring_started, 150 * ms);
        REQUIRE(of.book.since(0).size() == 1);
        CHECK(of.last().role == MoveStatus::Role::source);
    }
}
