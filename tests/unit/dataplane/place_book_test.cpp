#include "control/place_book.hpp"

#include <catch2/catch.hpp>

using ferryd::EndpointPlace;
using ferryd::PlaceBook;

namespace {

const ferry::MacAddress mac = *ferry::MacAddress::parse("52:54:00:00:00:01");
const ferry::MacAddress other_mac = *ferry::MacAddress::parse("52:54:00:00:00:02");

EndpointPlace place(std::uint64_t version, const std::string& host, ferry::MacAddress of = mac, std::uint32_t vni = 100)
{
    return {*ferry::Vni::make(vni), of, *ferry::Ipv4Address::parse("172.16.0.2"), version, host};
}

}  // namespace

TEST_CASE("a place is news when its version is higher, or the same of a host whose name sorts higher")
{
    PlaceBook book(10);
    CHECK(book.is_news(place(0, "a")));
    REQUIRE(book.keep(place(5, "m")));
    CHECK_FALSE(book.is_news(place(4, "z")));
    CHECK_FALSE(book.is_news(place(5, "m")));
    CHECK_FALSE(book.is_news(place(5, "a")));
    CHECK(book.is_news(place(5, "z")));
    CHECK(book.is_news(place(6, "a")));
    CHECK(book.version(*ferry::Vni::make(100), mac) == 5);
}

TEST_CASE("two hosts that hear each other's claims of one version agree on one of them")
{
    PlaceBook here(10), there(10);
    const EndpointPlace first = place(3, "alpha"), second = place(3, "beta");
    REQUIRE(here.keep(first));
    REQUIRE(there.keep(second));
    CHECK(here.is_news(second) != there.is_news(first));
}

TEST_CASE("endpoints are told apart by VNI and MAC")
{
    PlaceBook book(10);
    REQUIRE(book.keep(place(5, "a")));
    CHECK(book.is_news(place(1, "a", other_mac)));
    CHECK(book.is_news(place(1, "a", mac, 200)));
    REQUIRE(book.keep(place(1, "a", mac, 200)));
    book.forget(*ferry::Vni::make(100));
    CHECK(book.find(*ferry::Vni::make(100), mac) == nullptr);
    CHECK(book.find(*ferry::Vni::make(200), mac) != nullptr);
}

TEST_CASE("the next version is above all that is known or was heard of")
{
    PlaceBook book(10);
    const ferry::Vni vni = *ferry::Vni::make(100);
    CHECK(book.next_version(vni, mac) == 1);
    book.heard(vni, mac, 9);
    CHECK(book.next_version(vni, mac) == 1);
    REQUIRE(book.keep(place(5, "a")));
    CHECK(book.next_version(vni, mac) == 6);
    book.heard(vni, mac, 9);
    CHECK(book.next_version(vni, mac) == 10);
    book.heard(vni, mac, 2);
    CHECK(book.next_version(vni, mac) == 10);
    CHECK(book.version(vni, mac) == 5);
    CHECK(book.is_news(place(9, "a")));
}

TEST_CASE("the book is bounded, and known endpoints still change when it is full")
{
    PlaceBook book(1);
    REQUIRE(book.keep(place(1, "a")));
    const auto refused = book.keep(place(1, "a", other_mac));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ferry::ErrorCode::table_full);
    CHECK(book.keep(place(2, "a")));
    CHECK(book.version(*ferry::Vni::make(100), mac) == 2);
}
