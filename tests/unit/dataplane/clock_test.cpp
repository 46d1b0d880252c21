// Time by the counter and by the kernel: they are the same, however long the process has run.
#include "host/clock.hpp"

#include <chrono>
#include <ctime>
#include <thread>

#include <catch2/catch.hpp>
#include <rte_cycles.h>

#include "../../support/eal.hpp"

using namespace ferryd;

namespace {

std::int64_t monotonic()
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

constexpr std::int64_t microsecond = 1000;

}  // namespace

TEST_CASE("nanoseconds are those of CLOCK_MONOTONIC, now and shortly ago")
{
    ferry::test::start_eal();
    for (int round = 0; round < 3; ++round) {
        const std::int64_t before = monotonic();
        const std::uint64_t tsc = rte_rdtsc();
        const std::int64_t now = nanoseconds_now();
        const std::int64_t then = nanoseconds_of(tsc);
        const std::int64_t after = monotonic();
        CHECK(before <= now);
        CHECK(now <= after);
        CHECK(before - microsecond <= then);
        CHECK(then <= after);
        const std::int64_t stamped = nanoseconds_of(stamp_of(then - 1'000 * microsecond).tsc);
        CHECK(std::abs(stamped - (then - 1'000 * microsecond)) <= (monotonic() - before + 1'000 * microsecond) / 50);
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        const std::int64_t later = nanoseconds_of(tsc);  // less exact
        const std::int64_t slept = monotonic() - after;
        CHECK(std::abs(later - then) <= slept / 50);
    }
}
