#include "workers/idle.hpp"

#include <catch2/catch.hpp>

using ferryd::Idle;

TEST_CASE("a worker looks again, then yields, then sleeps, longer and longer")
{
    Idle idle(true);
    for (std::uint32_t i = 0; i < Idle::looks; ++i)
        REQUIRE(idle.empty() == Idle::Step::look);
    for (std::uint32_t i = 0; i + 1 < Idle::yields; ++i)
        REQUIRE(idle.empty() == Idle::Step::yield);
    auto before = Idle::shortest;
    for (int i = 0; i < 20; ++i) {
        REQUIRE(idle.empty() == Idle::Step::sleep);
        const auto now = idle.take_sleep();
        CHECK(now >= before);
        CHECK(now <= Idle::longest);
        before = now;
    }
    CHECK(before == Idle::longest);
}

TEST_CASE("a frame wakes it fully")
{
    Idle idle(true);
    while (idle.empty() != Idle::Step::sleep) {
    }
    idle.take_sleep();
    idle.take_sleep();
    idle.busy();
    CHECK(idle.empty() == Idle::Step::look);
    while (idle.empty() != Idle::Step::sleep) {
    }
    CHECK(idle.take_sleep() == Idle::shortest);
}

TEST_CASE("a worker in a hurry does not yield, and sleeps shortly however long nothing comes")
{
    Idle idle(true);
    for (std::uint32_t i = 0; i < Idle::hurried_looks; ++i)
        REQUIRE(idle.empty(true) == Idle::Step::look);
    for (int i = 0; i < 200; ++i) {
        REQUIRE(idle.empty(true) == Idle::Step::sleep);
        CHECK(idle.take_sleep() == Idle::hurried);
    }
    REQUIRE(idle.empty() == Idle::Step::sleep);
    idle.take_sleep();
    CHECK(idle.take_sleep() > Idle::hurried);
}

TEST_CASE("a worker that must not rest never does")
{
    Idle idle(false);
    for (int i = 0; i < 10'000; ++i)
        REQUIRE(idle.empty() == Idle::Step::look);
}
