#include "control/ring_events.hpp"

#include <catch2/catch.hpp>

using ferryd::PortKey;
using ferryd::RingEvent;
using ferryd::RingEvents;
using Kind = ferryd::RingEvent::Kind;

TEST_CASE("events come out in order, once")
{
    RingEvents events;
    events.push({PortKey{1}, Kind::started, {1, 1}});
    events.push({PortKey{2}, Kind::started, {2, 2}});
    events.push({PortKey{1}, Kind::stopped, {3, 3}});
    const auto taken = events.take();
    REQUIRE(taken.size() == 3);
    CHECK(taken[0].port == PortKey{1});
    CHECK(taken[1].port == PortKey{2});
    CHECK(taken[2].kind == Kind::stopped);
    CHECK(taken[2].at.tsc == 3);
    CHECK(events.take().empty());
}

TEST_CASE("a ring that flaps faster than anybody follows leaves its last state, and no other port's events out")
{
    RingEvents events;
    events.push({PortKey{7}, Kind::migration_begun, {}});
    events.push({PortKey{9}, Kind::started, {}});
    for (std::uint64_t i = 1; i <= 10'001; ++i)
        events.push({PortKey{7}, i % 2 == 1 ? Kind::started : Kind::stopped, {0, i}});
    events.push({PortKey{8}, Kind::started, {}});
    const auto taken = events.take();
    CHECK(taken.size() <= RingEvents::plenty + 1);
    CHECK(taken.front().kind == Kind::migration_begun);
    CHECK(taken[1].port == PortKey{9});
    CHECK(taken.back().port == PortKey{8});
    const auto& last = taken[taken.size() - 2];
    CHECK(last.port == PortKey{7});
    CHECK(last.kind == Kind::started);
    CHECK(last.at.tsc == 10'001);
}
