// The histogram of delays.
#include "delays.hpp"

#include <catch2/catch.hpp>

using ferry::bench::Delays;

TEST_CASE("no times have no quantiles")
{
    CHECK(Delays{}.quantile(0.5) == 0);
    CHECK(Delays{}.largest() == 0);
}

TEST_CASE("a quantile is the time's, or up to an eighth above it")
{
    for (std::int64_t time = 1; time < 1'000'000'000'000; time = time * 5 / 3 + 1) {
        CAPTURE(time);
        Delays delays;
        delays.add(time);
        delays.add(1'000'000'000'000'000);
        const auto told = static_cast<std::int64_t>(delays.quantile(0.25));
        REQUIRE(told >= time);
        REQUIRE(told <= time + time / 8);
        REQUIRE(delays.quantile(1) == delays.largest());
    }
}

TEST_CASE("quantiles go by the number of times")
{
    Delays delays;
    for (int i = 0; i < 990; ++i)
        delays.add(1000);
    for (int i = 0; i < 10; ++i)
        delays.add(1'000'000);
    CHECK(delays.quantile(0.5) < 1200);
    CHECK(delays.quantile(0.98) < 1200);
    CHECK(delays.quantile(0.995) == 1'000'000);
    CHECK(delays.largest() == 1'000'000);
}
