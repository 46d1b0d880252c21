// Frame sizes are those of RFC 2544, and CSIT's mix.
#include <catch2/catch.hpp>

#include <map>

#include "traffic/frame_size.hpp"

using namespace ferry::bench;

TEST_CASE("one size is every frame's")
{
    const auto size = FrameSize::parse("1518");
    REQUIRE(size);
    CHECK(size->name() == "1518b");
    CHECK(size->label() == "1518");
    CHECK(size->of_frame(0) == 1518);
    CHECK(size->of_frame(12'345) == 1518);
    CHECK(size->largest() == 1518);
    CHECK(size->average() == 1518);
}

TEST_CASE("IMIX is 64, 570 and 1518 bytes as 7 to 4 to 1")
{
    const auto mix = FrameSize::parse("Imix");
    REQUIRE(mix);
    std::map<std::uint16_t, int> count;
    for (std::uint64_t i = 0; i < 1200; ++i)
        ++count[mix->of_frame(i)];
    CHECK(count == std::map<std::uint16_t, int>{{64, 700}, {570, 400}, {1518, 100}});
    CHECK(mix->average() == Approx((7 * 64 + 4 * 570 + 1518) / 12.0));
    CHECK(mix->largest() == 1518);
    CHECK(mix->name() == "imix");
}

TEST_CASE("what is no size is refused with what is one")
{
    for (const char* text : {"", "63", "9217", "64b", "x", "-64", "64 ", "99999999999"}) {
        INFO(text);
        const auto size = FrameSize::parse(text);
        REQUIRE(!size);
        CHECK(size.error().code == ferry::ErrorCode::invalid_argument);
        CHECK(size.error().sentence.find("from 64 to 9216") != std::string::npos);
    }
}

TEST_CASE("ten gigabits a second are 14,880,952 frames of 64 bytes")
{
    CHECK(line_rate(10e9, 64) == Approx(14'880'952.4));
    CHECK(line_rate(10e9, 1518) == Approx(812'743.8));
}
