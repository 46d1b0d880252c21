// What the kernel says in, next hops out.
#include "underlay/next_hops.hpp"

#include <algorithm>
#include <cerrno>

#include <catch2/catch.hpp>

using ferry::Ipv4Address;
using ferry::MacAddress;
using ferryd::NeighbourState;
using ferryd::NextHop;
using ferryd::NextHops;
using ferryd::NextHopState;
using ferryd::RouteAnswer;
using Ask = NextHops::Ask;

namespace {

constexpr std::uint32_t ours = 7, other = 8;

Ipv4Address ip(const char* text)
{
    return *Ipv4Address::parse(text);
}

const Ipv4Address b = ip("172.17.0.2"), c = ip("172.17.0.3"), r1 = ip("172.16.0.254"), r2 = ip("172.16.0.253");
const MacAddress mac1 = *MacAddress::parse("02:00:00:00:00:01"), mac2 = *MacAddress::parse("02:00:00:00:00:02");

NeighbourState fresh(MacAddress mac)
{
    return {NeighbourState::Kind::fresh, mac};
}
NeighbourState stale(MacAddress mac)
{
    return {NeighbourState::Kind::stale, mac};
}
NeighbourState failed()
{
    return {NeighbourState::Kind::failed, {}};
}

RouteAnswer by(Ipv4Address gateway, std::uint32_t mtu = 0)
{
    return {.interface = ours, .interface_name = "ul0", .gateway = gateway, .mtu = mtu};
}

Ask route_to(Ipv4Address address)
{
    return {Ask::Kind::route, address};
}
Ask ask_for(Ipv4Address address)
{
    return {Ask::Kind::neighbour, address};
}
Ask use(Ipv4Address address)
{
    return {Ask::Kind::use, address};
}
using Asks = std::vector<Ask>;

/// A link that is up, and B followed by way of R1.
struct Followed : NextHops {
    Followed() : NextHops(ours, "ul0", 1600)
    {
        link({true, 1600});
        follow(b);
        REQUIRE(take_asks() == Asks{route_to(b)});
        route(b, by(r1));
        REQUIRE(take_asks() == Asks{ask_for(r1)});
        neighbour(r1, fresh(mac1));
        REQUIRE(take_asks().empty());
    }
    NextHop only_change()
    {
        const auto changes = take_changes();
        REQUIRE(changes.size() == 1);
        return changes.front();
    }
};

}  // namespace

TEST_CASE("a route by a known neighbour gives the next hop, and tells it once")
{
    Followed hops;
    const NextHop hop = hops.only_change();
    CHECK(hop == NextHop{b, NextHopState::resolved, mac1, r1, 1600, ""});
    CHECK(hops.take_changes().empty());
    hops.route(b, by(r1));
    hops.neighbour(r1, fresh(mac1));
    CHECK(hops.take_changes().empty());
}

TEST_CASE("a VTEP on the link is its own next hop")
{
    Followed hops;
    hops.follow(c);
    hops.take_asks();
    hops.route(c, {.interface = ours, .interface_name = "ul0"});
    CHECK(hops.take_asks() == Asks{ask_for(c)});
    hops.neighbour(c, fresh(mac2));
    const auto changes = hops.take_changes();
    REQUIRE(changes.size() == 2);
    CHECK(changes[1] == NextHop{c, NextHopState::resolved, mac2, c, 1600, ""});
}

TEST_CASE("the gateway of an IPv4 route may be an IPv6 address")
{
    const ferryd::HopAddress gateway = *ferry::Ipv6Address::parse("fe80::1");
    Followed hops;
    hops.route(b, {.interface = ours, .interface_name = "ul0", .gateway = gateway});
    CHECK(hops.take_asks() == Asks{{Ask::Kind::neighbour, gateway}});
    hops.neighbour(gateway, {});
    CHECK(hops.take_asks() == Asks{{Ask::Kind::use, gateway}});
    CHECK(hops.only_change().reason == "the MAC address of fe80::1 is being asked for");
    hops.neighbour(gateway, fresh(mac2));
    CHECK(hops.only_change() == NextHop{b, NextHopState::resolved, mac2, gateway, 1600, ""});
}

TEST_CASE("a route that moves changes the next hop; the old neighbour is nobody's any more")
{
    Followed hops;
    hops.take_changes();
    hops.routes_changed(ip("172.17.0.0"), 24);
    CHECK(hops.take_asks() == Asks{route_to(b)});
    hops.route(b, by(r2));
    CHECK(hops.take_asks() == Asks{ask_for(r2)});
    CHECK(hops.only_change().state == NextHopState::unresolved);
    hops.neighbour(r2, fresh(mac2));
    CHECK(hops.only_change() == NextHop{b, NextHopState::resolved, mac2, r2, 1600, ""});
    hops.neighbour(r1, fresh(mac2));
    hops.neighbour(r1, failed());
    CHECK(hops.take_changes().empty());
    CHECK(hops.take_asks().empty());
}

TEST_CASE("only routes that the changed prefix covers are asked for again")
{
    Followed hops;
    hops.follow(c);
    hops.take_asks();
    hops.routes_changed(ip("172.18.0.0"), 16);
    CHECK(hops.take_asks().empty());
    hops.routes_changed(c, 32);
    CHECK(hops.take_asks() == Asks{route_to(c)});
    hops.routes_changed(ip("172.17.0.2"), 31);
    CHECK(hops.take_asks() == Asks{route_to(b), route_to(c)});
    hops.routes_changed({}, 0);
    CHECK(hops.take_asks() == Asks{route_to(b), route_to(c)});
}

TEST_CASE("all VTEPs behind a neighbour follow its MAC")
{
    Followed hops;
    hops.follow(c);
    hops.take_asks();
    hops.route(c, by(r1));
    CHECK(hops.take_asks().empty());
    hops.take_changes();
    hops.neighbour(r1, fresh(mac2));
    const auto changes = hops.take_changes();
    REQUIRE(changes.size() == 2);
    CHECK((changes[0].mac == mac2 && changes[1].mac == mac2));
    hops.unfollow(b);
    hops.neighbour(r1, failed());
    CHECK(hops.only_change().vtep == c);
}

TEST_CASE("an unknown neighbour is asked for, at once and then once a tick")
{
    Followed hops;
    hops.take_changes();
    hops.neighbour(r1, {});
    CHECK(hops.take_asks() == Asks{use(r1)});
    CHECK(hops.only_change().reason == "the MAC address of 172.16.0.254 is being asked for");
    hops.neighbour(r1, failed());
    CHECK(hops.take_asks().empty());
    CHECK(hops.only_change().reason == "the neighbour 172.16.0.254 does not answer");
    for (int i = 0; i < 3; ++i) {
        hops.tick();
        const auto asks = hops.take_asks();
        CHECK(std::count(asks.begin(), asks.end(), use(r1)) == 1);
    }
    hops.neighbour(r1, fresh(mac1));
    hops.tick();
    const auto asks = hops.take_asks();
    CHECK(std::count(asks.begin(), asks.end(), use(r1)) == 0);
}

TEST_CASE("that the kernel may not ask for a neighbour is the reason as long as it is so")
{
    Followed hops;
    hops.neighbour(r1, {});
    hops.take_changes();
    hops.refused(r1, EPERM);
    CHECK(hops.only_change().reason ==
          "the kernel does not ask for the MAC address of 172.16.0.254 (Operation not permitted)");
    hops.refused(r1, EPERM);
    CHECK(hops.take_changes().empty());
    hops.refused(r1, 0);
    CHECK(hops.only_change().reason == "the MAC address of 172.16.0.254 is being asked for");
    hops.refused(r2, EPERM);
    CHECK(hops.take_changes().empty());
}

TEST_CASE("a neighbour that goes stale is confirmed, and is the next hop meanwhile")
{
    Followed hops;
    hops.take_changes();
    hops.neighbour(r1, stale(mac1));
    CHECK(hops.take_asks() == Asks{use(r1)});
    CHECK(hops.take_changes().empty());
    hops.tick();
    const auto asks = hops.take_asks();
    CHECK(std::count(asks.begin(), asks.end(), use(r1)) == 1);
}

TEST_CASE("what a tick asks for is bounded, and everyone's turn comes")
{
    NextHops hops(ours, "ul0", 1600);
    hops.link({true, 1600});
    constexpr std::uint32_t count = 3 * NextHops::most_uses;
    for (std::uint32_t i = 0; i < count; ++i)
        hops.follow(Ipv4Address::from_host(0x0a000001 + i));
    std::map<ferryd::HopAddress, int> used, asked;
    const auto answer = [&] {
        std::uint32_t uses = 0;
        for (auto asks = hops.take_asks(); !asks.empty(); asks = hops.take_asks()) {
            for (const Ask& ask : asks) {
                if (ask.kind == Ask::Kind::route) {
                    ++asked[ask.address];
                    hops.route(std::get<Ipv4Address>(ask.address), {.interface = ours, .interface_name = "ul0"});
                } else if (ask.kind == Ask::Kind::neighbour) {
                    hops.neighbour(ask.address, {});
                } else {
                    ++uses;
                    ++used[ask.address];
                }
            }
        }
        CHECK(uses <= NextHops::most_uses);
    };
    answer();
    CHECK(asked.size() == count);
    asked.clear();
    for (std::size_t i = 0; i < NextHops::ticks_of_all_routes; ++i) {
        hops.tick();
        answer();
    }
    CHECK(used.size() == count);
    CHECK(asked.size() == count);
    CHECK(std::all_of(asked.begin(), asked.end(), [](const auto& one) { return one.second == 1; }));
}

TEST_CASE("the route to a single VTEP is asked for again every so many ticks")
{
    Followed hops;
    int asked = 0;
    for (std::size_t i = 0; i < 2 * NextHops::ticks_of_all_routes; ++i) {
        hops.tick();
        const auto asks = hops.take_asks();
        asked += static_cast<int>(std::count(asks.begin(), asks.end(), route_to(b)));
    }
    CHECK(asked == 2);
}

TEST_CASE("where frames cannot leave it says why")
{
    Followed hops;
    hops.take_changes();
    RouteAnswer answer = by(r1);
    SECTION("no route")
    {
        hops.route(b, {.error = ENETUNREACH});
        CHECK(hops.only_change().reason == "the kernel has no route to it (Network is unreachable)");
    }
    SECTION("another interface")
    {
        answer.interface = other;
        answer.interface_name = "eth0";
        hops.route(b, answer);
        CHECK(hops.only_change().reason == "the kernel's route to it leaves by eth0, and the underlay is ul0");
    }
    SECTION("an MTU that holds nothing")
    {
        hops.route(b, by(r1, 68));
        CHECK(hops.only_change().reason == "the path to it takes packets of 68 bytes, which hold no frame");
    }
    CHECK(hops.take_asks().empty());
    // The neighbour that it had is not asked for any more, unless the route still names it.
    hops.route(b, by(r1));
    hops.take_asks();
    hops.neighbour(r1, fresh(mac1));
    CHECK(hops.only_change().state == NextHopState::resolved);
}

TEST_CASE("the smallest of the MTUs counts")
{
    Followed hops;
    hops.take_changes();
    hops.route(b, by(r1, 1400));
    CHECK(hops.only_change().mtu == 1400);
    hops.link({true, 1300});
    CHECK(hops.only_change().mtu == 1300);
    hops.link({true, 9000});
    CHECK(hops.only_change().mtu == 1400);
    hops.route(b, by(r1));
    CHECK(hops.only_change().mtu == 1600);
}

TEST_CASE("what a router says of the path counts for ten minutes, or until the route is another one")
{
    Followed hops;
    hops.take_changes();
    hops.path_mtu(b, 1400);
    CHECK(hops.only_change().mtu == 1400);
    hops.path_mtu(b, 1500);  // by another router, behind the first
    CHECK(hops.take_changes().empty());
    hops.path_mtu(b, 1300);
    CHECK(hops.only_change().mtu == 1300);
    for (std::uint64_t i = 1; i < NextHops::ticks_of_path_mtu; ++i)
        hops.tick();
    CHECK(hops.take_changes().empty());
    hops.tick();
    CHECK(hops.only_change().mtu == 1600);

    hops.path_mtu(b, 1400);
    CHECK(hops.only_change().mtu == 1400);
    hops.route(b, by(r1, 1500));
    CHECK(hops.only_change().mtu == 1500);
    hops.path_mtu(c, 1400);  // whom nobody follows
    CHECK(hops.take_changes().empty());
}

TEST_CASE("while the link is down nothing is asked by ticks, and when it is up everything")
{
    Followed hops;
    hops.take_changes();
    hops.link({false, 1600});
    CHECK(hops.only_change() ==
          NextHop{b, NextHopState::down, {}, std::nullopt, 1600, "the underlay's interface ul0 is down"});
    hops.take_asks();
    hops.tick();
    CHECK(hops.take_asks().empty());
    hops.link({true, 1600});
    CHECK(hops.take_asks() == Asks{route_to(b)});
    CHECK(hops.only_change().state == NextHopState::resolved);
}

TEST_CASE("after a loss everything is asked for again")
{
    Followed hops;
    hops.follow(c);
    hops.take_asks();
    hops.lost();
    CHECK(hops.take_asks() == Asks{route_to(b), route_to(c), ask_for(r1)});
}

TEST_CASE("a neighbour whose address is no unicast MAC is not known")
{
    Followed hops;
    hops.take_changes();
    hops.neighbour(r1, fresh(ferry::broadcast_mac));
    CHECK(hops.only_change().state == NextHopState::unresolved);
    hops.neighbour(r1, fresh({}));
    CHECK(hops.take_changes().empty());
}

TEST_CASE("what is not followed any more is not told of")
{
    Followed hops;
    hops.unfollow(b);
    CHECK(hops.take_changes().empty());
    hops.route(b, by(r2));
    hops.neighbour(r1, fresh(mac2));
    hops.all_routes_changed();
    hops.tick();
    CHECK(hops.take_changes().empty());
    CHECK(hops.take_asks().empty());
}
