// What a frame carries is read as it was written, and a changed bit is noticed.
#include <catch2/catch.hpp>

#include <array>

#include "traffic/probe.hpp"

using namespace ferry::bench;

TEST_CASE("a probe is read as it was written")
{
    std::array<std::uint8_t, 18> bytes{};
    for (const Probe& probe :
         {Probe{}, Probe{7, 123'456, 0xffff'ffff, 0xffff'ffff'ffff}, Probe{0xffff, 0xff'ffff, 1, 42}}) {
        write_probe(probe, bytes.data());
        const auto read = read_probe(bytes);
        REQUIRE(read);
        CHECK(*read == probe);
    }
}

TEST_CASE("a probe is in network byte order")
{
    std::array<std::uint8_t, 18> bytes{};
    write_probe({0x0102, 0x0304'0506, 0x0708'090a, 0x0b0c'0d0e'0f10}, bytes.data());
    for (std::uint8_t i = 0; i < 16; ++i)
        CHECK(bytes[i] == i + 1);
}

TEST_CASE("each changed bit is noticed, and so are too few bytes")
{
    std::array<std::uint8_t, 18> bytes{};
    write_probe({1, 2, 3, 4}, bytes.data());
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        CHECK(!read_probe(bytes));
        bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    }
    CHECK(read_probe(bytes));
    CHECK(!read_probe(std::span{bytes}.first(17)));
}

TEST_CASE("zeros are no probe")
{
    CHECK(!read_probe(std::array<std::uint8_t, 18>{}));
}
