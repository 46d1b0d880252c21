#include "control/move_log.hpp"

#include <catch2/catch.hpp>

using ferryd::MoveEvent;
using ferryd::MoveLog;

TEST_CASE("events get rising ids and are found by them")
{
    MoveLog log;
    CHECK(log.find(1) == nullptr);
    MoveEvent event;
    event.to = "VTEP 172.16.0.1";
    CHECK(log.record(event).id == 1);
    event.to = "VTEP 172.16.0.2";
    CHECK(log.record(event).id == 2);
    REQUIRE(log.find(1) != nullptr);
    CHECK(log.find(1)->to == "VTEP 172.16.0.1");
    CHECK(log.find(3) == nullptr);
    CHECK(log.find(0) == nullptr);
    REQUIRE(log.after(1).size() == 1);
    CHECK(log.after(1)[0].to == "VTEP 172.16.0.2");
    CHECK(log.after(0).size() == 2);
    CHECK(log.after(2).empty());
}

TEST_CASE("the oldest events go when there are too many, and ids go on")
{
    MoveLog log;
    constexpr std::uint64_t total = MoveLog::capacity + 100;
    for (std::uint64_t i = 1; i <= total; ++i)
        REQUIRE(log.record({}).id == i);
    CHECK(log.after(0).size() == MoveLog::capacity);
    CHECK(log.after(0).front().id == 101);
    CHECK(log.find(100) == nullptr);
    REQUIRE(log.find(101) != nullptr);
    CHECK(log.find(101)->id == 101);
    CHECK(log.find(total)->id == total);
}
