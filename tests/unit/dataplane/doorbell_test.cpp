#include "workers/doorbell.hpp"

#include <thread>

#include <catch2/catch.hpp>

using ferryd::Doorbell;
using namespace std::chrono_literals;

TEST_CASE("a sleeper misses no ring, whenever it comes")
{
    constexpr unsigned times = 20'000;
    Doorbell to, back;
    std::atomic<unsigned> sent{0}, seen{0};
    std::thread sleeper([&] {
        for (unsigned i = 1; i <= times; ++i) {
            while (sent.load(std::memory_order_relaxed) < i)
                to.sleep(1h, [&] { return sent.load(std::memory_order_relaxed) < i; });
            seen.store(i, std::memory_order_relaxed);
            back.ring();
        }
    });
    for (unsigned i = 1; i <= times; ++i) {
        sent.store(i, std::memory_order_relaxed);
        to.ring();
        while (seen.load(std::memory_order_relaxed) < i)
            back.sleep(1h, [&] { return seen.load(std::memory_order_relaxed) < i; });
    }
    sleeper.join();
    CHECK(seen == times);
}

TEST_CASE("a sleep ends by itself")
{
    Doorbell bell;
    for (int i = 0; i < 3; ++i)
        bell.sleep(1ms, [] { return true; });
    bell.sleep(1h, [] { return false; });
    SUCCEED("it has returned");
}
