// The search finds what a model of a DUT can carry, for any capacity and goal.
#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <random>

#include "measure/load_search.hpp"

using namespace ferry::bench;

namespace {

using Dut = std::function<double(double load)>;  // the loss

unsigned search(LoadSearch& search, double goal, const Dut& dut)
{
    unsigned measured = 0;
    while (const auto load = search.next(goal)) {
        REQUIRE(++measured < 100);
        search.add({*load, dut(*load)});
    }
    return measured;
}

/// Carries so many frames a second, whatever comes.
Dut carries(double capacity)
{
    return [capacity](double load) { return load <= capacity ? 0 : 1 - capacity / load; };
}

}  // namespace

TEST_CASE("the highest load without loss is found to the precision asked for, in few measurements")
{
    for (const double capacity : {2.0, 900.0, 123'456.0, 7'000'000.0, 14'880'951.0}) {
        LoadSearch loads({.highest = 14'880'952, .lowest = 1, .precision = 0.005});
        const unsigned measured = search(loads, 0, carries(capacity));
        const auto best = loads.best(0);
        INFO(capacity << " in " << measured);
        REQUIRE(best);
        CHECK(best->load <= capacity);
        CHECK(best->load >= capacity * 0.995 - 1);
        CHECK(measured <= 10);
    }
}

TEST_CASE("a DUT that carries all is measured once")
{
    LoadSearch loads({.highest = 1'000'000});
    CHECK(search(loads, 0, carries(2'000'000)) == 1);
    REQUIRE(loads.best(0));
    CHECK(loads.best(0)->load == 1'000'000);
}

TEST_CASE("a DUT that always loses has no answer")
{
    LoadSearch loads({.highest = 1'000'000, .lowest = 1000});
    search(loads, 0, [](double) { return 0.1; });
    CHECK(!loads.best(0));
    CHECK(loads.measurements().front().load == 1000);
}

TEST_CASE("a partial loss is found with what was measured for none, and is not below it")
{
    // Begins to lose at a million, and loses ever more.
    const Dut dut = [](double load) { return load <= 1e6 ? 0 : std::min(0.9, (load - 1e6) / 1e7); };
    LoadSearch loads({.highest = 10'000'000, .lowest = 1000, .precision = 0.005});
    search(loads, 0, dut);
    const unsigned more = search(loads, 0.005, dut);
    CHECK(more <= 15);
    CHECK(loads.best(0)->load == Approx(1e6).epsilon(0.01));
    CHECK(loads.best(0.005)->load == Approx(1.05e6).epsilon(0.01));
}

TEST_CASE("the answer never has more loss than the goal, and none below it had, however the DUT behaves")
{
    std::mt19937 random(11);
    for (int run = 0; run < 200; ++run) {
        LoadSearch loads({.highest = 1e6, .lowest = 1000, .precision = 0.01});
        const Dut dut = [&](double load) { return random() % 4 == 0 ? 0.02 : load > 5e5 ? 1 - 5e5 / load : 0; };
        search(loads, 0.01, dut);
        if (const auto best = loads.best(0.01)) {
            CHECK(best->loss <= 0.01);
            for (const auto& one : loads.measurements())
                CHECK((one.load > best->load || one.loss <= 0.01));
        }
    }
}

TEST_CASE("a load that passed above one that failed is no answer")
{
    LoadSearch loads({.highest = 1000});
    for (const auto& one : {LoadSearch::Measurement{800, 0}, {500, 0.1}, {300, 0}, {200, 0}})
        loads.add(one);
    REQUIRE(loads.best(0));
    CHECK(loads.best(0)->load == 300);
    CHECK(loads.best(0.1)->load == 800);
}

TEST_CASE("there are no more measurements than allowed")
{
    LoadSearch loads({.highest = 1e9, .lowest = 1, .precision = 1e-9, .most_measurements = 12});
    CHECK(search(loads, 0, [](double load) { return load > 123e6 ? 0.5 : 0; }) == 12);
}
