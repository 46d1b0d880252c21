#include <catch2/catch.hpp>

#include <ferry/table/local_vteps.hpp>

using namespace ferry;

namespace {

LocalVtep local(std::uint8_t last, std::uint16_t port)
{
    return {Ipv4Address::from_host(0xac10'0000u | last), port};
}

}  // namespace

TEST_CASE("Local VTEPs come and go")
{
    LocalVteps vteps;
    CHECK(vteps.all().empty());
    CHECK(!vteps.has(Ipv4Address{}));
    REQUIRE(vteps.add(local(1, 4789)));
    REQUIRE(vteps.add(local(1, 8472)));
    REQUIRE(vteps.add(local(2, 4789)));
    CHECK(vteps.all() == std::vector{local(1, 4789), local(1, 8472), local(2, 4789)});
    CHECK(vteps.has(local(1, 8472)));
    CHECK(!vteps.has(local(2, 8472)));
    CHECK(vteps.add(local(2, 4789)).error().code == ErrorCode::already_exists);
    REQUIRE(vteps.remove(local(1, 4789)));
    CHECK(vteps.has(local(1, 4789).address));
    REQUIRE(vteps.remove(local(1, 8472)));
    CHECK(!vteps.has(local(1, 4789).address));
    CHECK(vteps.remove(local(1, 8472)).error().code == ErrorCode::not_found);
    CHECK(vteps.remove({}).error().code == ErrorCode::not_found);
}

TEST_CASE("Local VTEPs are bounded, and each can be one")
{
    LocalVteps vteps;
    for (const LocalVtep& bad : {LocalVtep{}, local(1, 0), LocalVtep{Ipv4Address::from_host(0xef00'0001u), 4789}})
        CHECK(vteps.add(bad).error().code == ErrorCode::invalid_argument);
    for (std::uint16_t i = 0; i < LocalVteps::most; ++i)
        REQUIRE(vteps.add(local(1, static_cast<std::uint16_t>(5000 + i))));
    CHECK(vteps.add(local(2, 4789)).error().code == ErrorCode::table_full);
    REQUIRE(vteps.remove(local(1, 5003)));
    CHECK(vteps.add(local(2, 4789)));
}
