// Percentiles are right to better than a percent.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include "measure/histogram.hpp"

using namespace ferry::bench;

TEST_CASE("of nothing everything is 0")
{
    const auto histogram = std::make_unique<Histogram>();
    CHECK(histogram->count() == 0);
    CHECK(histogram->min() == 0);
    CHECK(histogram->max() == 0);
    CHECK(histogram->percentile(50) == 0);
}

TEST_CASE("small values are exact")
{
    const auto histogram = std::make_unique<Histogram>();
    for (std::uint64_t value = 1; value <= 100; ++value)
        histogram->add(value);
    CHECK(histogram->min() == 1);
    CHECK(histogram->max() == 100);
    CHECK(histogram->percentile(50) == 50);
    CHECK(histogram->percentile(99) == 99);
    CHECK(histogram->percentile(100) == 100);
    CHECK(histogram->percentile(0) == 1);
}

TEST_CASE("a value may be counted many times")
{
    const auto histogram = std::make_unique<Histogram>();
    histogram->add(5, 99);
    histogram->add(7);
    CHECK(histogram->count() == 100);
    CHECK(histogram->percentile(99) == 5);
    CHECK(histogram->percentile(99.5) == 7);
}

TEST_CASE("any value is found again to better than a percent")
{
    for (unsigned bit = 0; bit < 64; ++bit) {
        for (const std::uint64_t offset : {0, 1, 77}) {
            const std::uint64_t value = (std::uint64_t{1} << bit) + (bit > 8 ? offset << (bit - 8) : 0);
            const auto histogram = std::make_unique<Histogram>();
            histogram->add(0);
            histogram->add(value);
            histogram->add(UINT64_MAX);
            const double found = static_cast<double>(histogram->percentile(60));
            CHECK(found >= static_cast<double>(value));
            CHECK(found <= static_cast<double>(value) * 1.01);
        }
    }
}

TEST_CASE("percentiles of many values are those of the sorted list")
{
    std::mt19937_64 random(3);
    std::vector<std::uint64_t> values;
    const auto histogram = std::make_unique<Histogram>();
    for (int i = 0; i < 100'000; ++i) {
        const auto value = static_cast<std::uint64_t>(std::exp(static_cast<double>(random() % 1'000'000) / 1e6 * 20));
        values.push_back(value);
        histogram->add(value);
    }
    std::sort(values.begin(), values.end());
    for (const double percent : {1.0, 50.0, 90.0, 99.0, 99.9, 99.99}) {
        const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * 100'000)) - 1;
        const double exact = static_cast<double>(values[rank]),
                     found = static_cast<double>(histogram->percentile(percent));
        INFO(percent);
        CHECK(found >= exact);
        CHECK(found <= exact * 1.01);
    }
}
