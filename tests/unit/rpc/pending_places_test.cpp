// What waits to be told to a peer: one place of each endpoint, in order, bounded.
#include <catch2/catch.hpp>

#include "rpc/pending_places.hpp"

using namespace ferryd;

namespace {

PendingPlaces::Item item(std::uint64_t mac, std::uint64_t version, std::uint32_t vni = 1)
{
    EndpointPlace place;
    place.vni = *ferry::Vni::make(vni);
    place.mac = ferry::MacAddress::from_u48(mac);
    place.version = version;
    return {place, {}};
}

}  // namespace

TEST_CASE("places come out in the order of first mention")
{
    PendingPlaces places(10);
    CHECK(!places.push(item(2, 1)));
    CHECK(!places.push(item(4, 1)));
    CHECK(!places.push(item(2, 1, 7)));  // the same MAC in another VNI is another endpoint
    CHECK(places.pop()->place.mac.to_u48() == 2);
    CHECK(places.pop()->place.mac.to_u48() == 4);
    CHECK(places.pop()->place.vni.value() == 7);
    CHECK(!places.pop());
}

TEST_CASE("a newer place takes the turn of the older one of its endpoint")
{
    PendingPlaces places(10);
    places.push(item(2, 1));
    places.push(item(4, 1));
    const auto superseded = places.push(item(2, 3));
    REQUIRE(superseded);
    CHECK(superseded->place.version == 1);
    const auto late = places.push(item(2, 2));
    REQUIRE(late);
    CHECK(late->place.version == 2);
    CHECK(places.size() == 2);
    const auto first = places.pop();
    CHECK(first->place.mac.to_u48() == 2);
    CHECK(first->place.version == 3);
}

TEST_CASE("a place that must be repeated waits behind the others, unless it is out of date")
{
    PendingPlaces places(2);
    places.push(item(2, 5));
    places.push(item(4, 1));
    auto failed = places.pop();
    REQUIRE(failed);
    CHECK(!places.put_back(std::move(*failed)));
    CHECK(places.pop()->place.mac.to_u48() == 4);
    failed = places.pop();
    REQUIRE(failed);
    CHECK(failed->place.mac.to_u48() == 2);

    places.push(item(2, 5));  // announced again meanwhile
    CHECK(places.put_back(std::move(*failed)));
    failed = places.pop();
    places.push(item(4, 1));
    places.push(item(6, 1));
    CHECK(places.put_back(std::move(*failed)));  // no room
    CHECK(places.size() == 2);
}

TEST_CASE("where more wait than there is room for, the oldest is given up")
{
    PendingPlaces places(2);
    CHECK(!places.push(item(2, 1)));
    CHECK(!places.push(item(4, 1)));
    const auto dropped = places.push(item(6, 1));
    REQUIRE(dropped);
    CHECK(dropped->place.mac.to_u48() == 2);
    CHECK(places.size() == 2);
    CHECK(places.pop()->place.mac.to_u48() == 4);
}
