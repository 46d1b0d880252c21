#include "workers/doorbell.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include <catch2/catch.hpp>

using ferryd::Doorbell;
using namespace std::chrono_literals;

namespace {

Doorbell::End wait(Doorbell& bell, std::chrono::nanoseconds time, std::vector<pollfd>& others)
{
    Doorbell* const bells[] = {&bell};
    return Doorbell::wait(bells, time, others);
}

/// Sleeps until `done`, as a worker does: arm, look again, wait.
template <typename Done>
void sleep_until(Doorbell& bell, Done done)
{
    std::vector<pollfd> nothing_else;
    while (!done()) {
        bell.arm();
        if (!done())
            wait(bell, 1h, nothing_else);
        bell.disarm();
    }
}

}  // namespace

TEST_CASE("a sleeper misses no ring, whenever it comes")
{
    constexpr unsigned times = 20'000;
    const auto to = *Doorbell::make(), back = *Doorbell::make();
    std::atomic<unsigned> sent{0}, seen{0};
    std::thread sleeper([&] {
        for (unsigned i = 1; i <= times; ++i) {
            sleep_until(*to, [&] { return sent.load(std::memory_order_relaxed) >= i; });
            seen.store(i, std::memory_order_relaxed);
            back->ring();
        }
    });
    for (unsigned i = 1; i <= times; ++i) {
        sent.store(i, std::memory_order_relaxed);
        to->ring();
        sleep_until(*back, [&] { return seen.load(std::memory_order_relaxed) >= i; });
    }
    sleeper.join();
    CHECK(seen == times);
}

TEST_CASE("a ring after it was armed keeps a sleeper from waiting")
{
    const auto bell = *Doorbell::make();
    std::vector<pollfd> nothing_else;
    bell->arm();
    bell->ring();
    CHECK(wait(*bell, 1h, nothing_else) == Doorbell::End::ring);
    bell->disarm();
}

TEST_CASE("a descriptor that is not known ends no wait")
{
    const auto bell = *Doorbell::make();
    std::vector<pollfd> unknown{{-1, POLLIN, 0}};
    bell->arm();
    CHECK(wait(*bell, 1ms, unknown) == Doorbell::End::time);
    bell->ring();
    CHECK(wait(*bell, 1h, unknown) == Doorbell::End::ring);
    bell->disarm();
}

TEST_CASE("a wait ends by itself, also where somebody rang while nobody slept")
{
    const auto bell = *Doorbell::make();
    std::vector<pollfd> nothing_else;
    bell->ring();
    for (int i = 0; i < 3; ++i) {
        const auto began = std::chrono::steady_clock::now();
        bell->arm();
        wait(*bell, 1ms, nothing_else);
        bell->disarm();
        CHECK(std::chrono::steady_clock::now() - began >= 1ms);
    }
}

TEST_CASE("what else is readable ends a wait, and is left as it was")
{
    const auto bell = *Doorbell::make();
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends.data()) == 0);
    REQUIRE(::write(ends[1], "x", 1) == 1);
    std::vector<pollfd> others{{ends[0], POLLIN, 0}};
    for (int i = 0; i < 2; ++i) {
        bell->arm();
        CHECK(wait(*bell, 1h, others) == Doorbell::End::other);
        bell->disarm();
        CHECK(others.size() == 1);
    }
    bell->arm();
    bell->ring();
    CHECK(wait(*bell, 1h, others) == Doorbell::End::ring);
    bell->disarm();
    char byte = 0;
    CHECK(::read(ends[0], &byte, 1) == 1);
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("any of several bells ends a wait, and all that have rung are quiet then")
{
    const auto first = *Doorbell::make(), second = *Doorbell::make();
    Doorbell* const bells[] = {first.get(), second.get()};
    std::vector<pollfd> nothing_else;
    for (Doorbell* bell : bells)
        bell->arm();
    second->ring();
    CHECK(Doorbell::wait(bells, 1h, nothing_else) == Doorbell::End::ring);
    first->ring();
    second->ring();
    CHECK(Doorbell::wait(bells, 1h, nothing_else) == Doorbell::End::ring);
    CHECK(Doorbell::wait(bells, 1ms, nothing_else) == Doorbell::End::time);
}
