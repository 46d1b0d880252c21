#include "control/control_thread.hpp"

#include <atomic>
#include <vector>

#include <catch2/catch.hpp>

using ferryd::ControlThread;
using ferry::Expected;
using namespace std::chrono_literals;

namespace {

/// Waits until `condition` holds, ten seconds at most.
template <typename Condition>
bool eventually(Condition condition)
{
    for (int i = 0; i < 10'000; ++i) {
        if (condition())
            return true;
        std::this_thread::sleep_for(1ms);
    }
    return false;
}

}  // namespace

TEST_CASE("a call runs on the control thread and returns its result")
{
    ControlThread control(1h, [] {});
    std::thread::id first, second;
    CHECK(control.call([&]() -> Expected<int> {
        first = std::this_thread::get_id();
        return 7;
    }) == 7);
    const auto failed = control.call([&]() -> Expected<int> {
        second = std::this_thread::get_id();
        return ferry::fail(ferry::ErrorCode::not_found, "nothing here");
    });
    REQUIRE_FALSE(failed);
    CHECK(failed.error().sentence == "nothing here");
    CHECK(first == second);
    CHECK(first != std::this_thread::get_id());
}

TEST_CASE("tasks run in the order in which they came")
{
    std::vector<int> order;
    {
        ControlThread control(1h, [] {});
        for (int i = 0; i < 1000; ++i)
            REQUIRE(control.post([&order, i] { order.push_back(i); }));
    }
    REQUIRE(order.size() == 1000);
    CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("rounds come by themselves, and at once when woken")
{
    std::atomic<int> rounds = 0;
    SECTION("by themselves")
    {
        ControlThread control(1ms, [&] { ++rounds; });
        CHECK(eventually([&] { return rounds >= 5; }));
    }
    SECTION("when woken")
    {
        ControlThread control(1h, [&] { ++rounds; });
        REQUIRE(eventually([&] { return rounds == 1; }));
        control.wake();
        CHECK(eventually([&] { return rounds == 2; }));
    }
}

TEST_CASE("tasks without end do not keep rounds from coming")
{
    std::atomic<int> rounds = 0;
    std::atomic<bool> enough = false;
    ControlThread control(1ms, [&] { ++rounds; });
    std::function<void()> again = [&] {
        if (!enough)
            control.post(again);
    };
    control.post(again);
    CHECK(eventually([&] { return rounds >= 5; }));
    enough = true;
    control.end({});
}

TEST_CASE("more calls than the bound are refused, not queued")
{
    ControlThread control(1h, [] {});
    std::atomic<bool> go = false;
    std::atomic<bool> busy = false;
    control.post([&] {
        busy = true;
        while (!go)
            std::this_thread::yield();
    });
    REQUIRE(eventually([&] { return busy.load(); }));
    for (std::size_t i = 0; i < ControlThread::most_calls; ++i)
        REQUIRE(control.post([] {}));
    const auto refused = control.call([]() -> Expected<int> { return 1; });
    go = true;
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ferry::ErrorCode::unavailable);
    CHECK(eventually([&] { return control.call([]() -> Expected<int> { return 1; }).has_value(); }));
}

TEST_CASE("the end runs what waits, then the last task, and takes nothing more")
{
    std::vector<int> order;
    ControlThread control(1h, [] {});
    control.post([&] { order.push_back(1); });
    control.end([&] { order.push_back(2); });
    CHECK(order == std::vector<int>{1, 2});
    CHECK_FALSE(control.post([&] { order.push_back(3); }));
    CHECK_FALSE(control.call([]() -> Expected<int> { return 1; }));
    control.end([&] { order.push_back(4); });
    CHECK(order.size() == 2);
}
