#include "workers/idle.hpp"

#include <catch2/catch.hpp>

using ferryd::Idle;
using namespace std::chrono_literals;

namespace {

constexpr auto longest = Idle::longest;

void nap_until_it_sleeps(Idle& idle)
{
    for (int i = 0; i < 1'000; ++i) {
        const Idle::Step step = idle.empty();
        if (step == Idle::Step::sleep)
            return;
        if (step == Idle::Step::nap)
            idle.take_nap();
    }
    FAIL("it never sleeps");
}

}  // namespace

TEST_CASE("a worker looks again, then yields, then naps, longer and longer, then sleeps")
{
    Idle idle(true);
    for (std::uint32_t i = 0; i < Idle::looks; ++i)
        REQUIRE(idle.empty() == Idle::Step::look);
    for (std::uint32_t i = 0; i + 1 < Idle::yields; ++i)
        REQUIRE(idle.empty() == Idle::Step::yield);
    std::chrono::microseconds before{0};
    while (idle.empty() == Idle::Step::nap) {
        const auto now = idle.take_nap();
        CHECK((before == 0us ? now == Idle::shortest : now == std::min(before * 2, longest)));
        before = now;
    }
    CHECK(before == longest);
    for (int i = 0; i < 20; ++i)
        REQUIRE(idle.empty() == Idle::Step::sleep);
}

TEST_CASE("a sleep that not every queue can end is no longer than the longest nap")
{
    const Idle idle(true);
    CHECK(idle.sleep(false) == longest);
    CHECK(idle.sleep(true) == Idle::watched);
}

TEST_CASE("a queue that woke it for nothing costs a long nap before it sleeps again")
{
    Idle idle(true);
    nap_until_it_sleeps(idle);
    for (int i = 0; i < 3; ++i) {
        idle.woken();
        while (idle.empty() != Idle::Step::nap) {
        }
        CHECK(idle.take_nap() == longest);
        CHECK(idle.empty() == Idle::Step::sleep);
        CHECK(idle.empty() == Idle::Step::sleep);
    }
}

TEST_CASE("a frame wakes it fully")
{
    Idle idle(true);
    nap_until_it_sleeps(idle);
    idle.busy();
    CHECK(idle.empty() == Idle::Step::look);
    while (idle.empty() != Idle::Step::nap) {
    }
    CHECK(idle.take_nap() == Idle::shortest);
}

TEST_CASE("a worker in a hurry does not yield, and naps shortly however long nothing comes")
{
    Idle idle(true);
    for (std::uint32_t i = 0; i < Idle::hurried_looks; ++i)
        REQUIRE(idle.empty(true) == Idle::Step::look);
    for (int i = 0; i < 200; ++i) {
        REQUIRE(idle.empty(true) == Idle::Step::nap);
        CHECK(idle.take_nap() == Idle::hurried);
    }
    REQUIRE(idle.empty() == Idle::Step::nap);
    idle.take_nap();
    CHECK(idle.take_nap() > Idle::hurried);
}

TEST_CASE("a hurry ends its sleeping")
{
    Idle idle(true);
    nap_until_it_sleeps(idle);
    REQUIRE(idle.empty(true) == Idle::Step::nap);
    CHECK(idle.take_nap() == Idle::hurried);
}

TEST_CASE("a worker that must not rest never does")
{
    Idle idle(false);
    for (int i = 0; i < 10'000; ++i)
        REQUIRE(idle.empty() == Idle::Step::look);
}
