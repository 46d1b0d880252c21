// rtnetlink messages as the kernel writes them, into what ferryd makes of them.
#include "underlay/route_messages.hpp"

#include <array>
#include <random>

#include <catch2/catch.hpp>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

using ferry::Ipv4Address;
using ferry::MacAddress;
using namespace ferryd;

namespace {

const Ipv4Address b = *Ipv4Address::parse("172.17.0.2"), r1 = *Ipv4Address::parse("172.16.0.254");
const MacAddress mac = *MacAddress::parse("02:00:00:00:00:01");

template <typename Fixed>
struct Message {
    Message(std::uint16_t type, const Fixed& fixed)
    {
        header()->nlmsg_type = type;
        *static_cast<Fixed*>(mnl_nlmsg_put_extra_header(header(), sizeof(Fixed))) = fixed;
    }
    nlmsghdr* header() { return reinterpret_cast<nlmsghdr*>(bytes.data()); }
    template <typename T>
    Message& put(std::uint16_t type, const T& value)
    {
        mnl_attr_put(header(), type, sizeof(value), &value);
        return *this;
    }
    alignas(4) std::array<char, 512> bytes{};
    nlmsghdr* made = mnl_nlmsg_put_header(bytes.data());
};

Message<ndmsg> neighbour_message(std::uint16_t type, std::uint16_t state, int interface = 7)
{
    ndmsg fixed{};
    fixed.ndm_family = AF_INET;
    fixed.ndm_ifindex = interface;
    fixed.ndm_state = state;
    Message<ndmsg> message(type, fixed);
    message.put(NDA_DST, r1);
    return message;
}

/// B by way of R1, of which the kernel has said nothing.
struct Following : NextHops {
    Following() : NextHops(7, "ul0", 1600)
    {
        link({true, 1600});
        follow(b);
        take_asks();
        route(b, {.interface = 7, .interface_name = "ul0", .gateway = r1});
        take_asks();
        take_changes();
    }
    bool asks_for_routes()
    {
        const auto asks = take_asks();
        return !asks.empty() && asks.front() == Ask{Ask::Kind::route, b};
    }
};

}  // namespace

TEST_CASE("a route's answer: interface, gateway, MTU")
{
    rtmsg fixed{};
    fixed.rtm_family = AF_INET;
    Message<rtmsg> message(RTM_NEWROUTE, fixed);
    message.put(RTA_DST, b).put(RTA_OIF, std::uint32_t{1}).put(RTA_GATEWAY, r1);
    CHECK(read_route(message.header()) == RouteAnswer{.interface = 1, .interface_name = "lo", .gateway = r1});
    nlattr* const metrics = mnl_attr_nest_start(message.header(), RTA_METRICS);
    mnl_attr_put_u32(message.header(), RTAX_ADVMSS, 1000);
    mnl_attr_put_u32(message.header(), RTAX_MTU, 1400);
    mnl_attr_nest_end(message.header(), metrics);
    CHECK(read_route(message.header()).mtu == 1400);
    struct {
        std::uint16_t family = AF_INET6;
        ferry::Ipv6Address address = *ferry::Ipv6Address::parse("fe80::1");
    } via;
    message.put(RTA_VIA, via);
    CHECK(read_route(message.header()).gateway == HopAddress(*ferry::Ipv6Address::parse("fe80::1")));
}

TEST_CASE("a neighbour is known in all states in which the kernel would send to it")
{
    using Kind = NeighbourState::Kind;
    const auto kind = [](std::uint16_t state, bool with_mac) {
        auto message = neighbour_message(RTM_NEWNEIGH, state);
        if (with_mac)
            message.put(NDA_LLADDR, mac);
        return read_neighbour(message.header()).kind;
    };
    for (const int state : {NUD_REACHABLE, NUD_PERMANENT, NUD_NOARP, NUD_DELAY, NUD_PROBE})
        CHECK(kind(static_cast<std::uint16_t>(state), true) == Kind::fresh);
    CHECK(kind(NUD_STALE, true) == Kind::stale);
    CHECK(kind(NUD_FAILED, false) == Kind::failed);
    CHECK(kind(NUD_FAILED, true) == Kind::failed);
    CHECK(kind(NUD_INCOMPLETE, false) == Kind::unknown);
    CHECK(kind(NUD_REACHABLE, false) == Kind::unknown);
}

TEST_CASE("events of neighbours count on the underlay's interface only")
{
    Following hops;
    read_event(neighbour_message(RTM_NEWNEIGH, NUD_REACHABLE, 8).put(NDA_LLADDR, mac).header(), 7, hops);
    CHECK(hops.take_changes().empty());
    read_event(neighbour_message(RTM_NEWNEIGH, NUD_REACHABLE).put(NDA_LLADDR, mac).header(), 7, hops);
    auto changes = hops.take_changes();
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].mac == mac);
    read_event(neighbour_message(RTM_DELNEIGH, NUD_REACHABLE).put(NDA_LLADDR, mac).header(), 7, hops);
    changes = hops.take_changes();
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].state == NextHopState::unresolved);
}

TEST_CASE("events of routes, rules, next-hop objects and any link make routes be asked for again")
{
    Following hops;
    rtmsg route{};
    route.rtm_family = AF_INET;
    route.rtm_dst_len = 24;
    read_event(Message<rtmsg>(RTM_NEWROUTE, route).put(RTA_DST, *Ipv4Address::parse("172.18.0.0")).header(), 7, hops);
    CHECK_FALSE(hops.asks_for_routes());
    for (const std::uint16_t type : {RTM_NEWROUTE, RTM_DELROUTE}) {
        read_event(Message<rtmsg>(type, route).put(RTA_DST, *Ipv4Address::parse("172.17.0.0")).header(), 7, hops);
        CHECK(hops.asks_for_routes());
    }
    route.rtm_dst_len = 0;
    for (const std::uint16_t type : {RTM_NEWROUTE, RTM_NEWRULE, RTM_DELRULE, RTM_NEWNEXTHOP, RTM_DELNEXTHOP}) {
        read_event(Message<rtmsg>(type, route).header(), 7, hops);
        CHECK(hops.asks_for_routes());
    }
    ifinfomsg link{};
    link.ifi_index = 9;
    read_event(Message<ifinfomsg>(RTM_NEWLINK, link).header(), 7, hops);
    CHECK(hops.asks_for_routes());
    CHECK(hops.take_changes().empty());
}

TEST_CASE("the underlay's link: up with a carrier, its MTU, gone")
{
    Following hops;
    ifinfomsg link{};
    link.ifi_index = 7;
    link.ifi_flags = IFF_UP;
    CHECK(read_link(Message<ifinfomsg>(RTM_NEWLINK, link).header()) == LinkState{});
    link.ifi_flags |= IFF_RUNNING;
    Message<ifinfomsg> up(RTM_NEWLINK, link);
    up.put(IFLA_MTU, std::uint32_t{1400});
    CHECK(read_link(up.header()) == LinkState{true, 1400});
    read_event(up.header(), 7, hops);
    auto changes = hops.take_changes();
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].mtu == 1400);
    up.header()->nlmsg_type = RTM_DELLINK;
    read_event(up.header(), 7, hops);
    changes = hops.take_changes();
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].state == NextHopState::down);
}

TEST_CASE("messages cut short or of random bytes do no harm")
{
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {
        Following hops;
        auto message = neighbour_message(RTM_NEWNEIGH, NUD_REACHABLE);
        message.put(NDA_LLADDR, mac);
        nlmsghdr* const header = message.header();
        for (std::uint32_t at = NLMSG_HDRLEN; at < header->nlmsg_len; ++at)
            if (random() % 4 == 0)
                message.bytes[at] = static_cast<char>(random());
        header->nlmsg_len = static_cast<std::uint32_t>(NLMSG_HDRLEN + random() % (header->nlmsg_len - NLMSG_HDRLEN + 1));
        header->nlmsg_type = static_cast<std::uint16_t>(RTM_BASE + random() % 100);
        read_event(header, 7, hops);
        read_route(header);
        read_link(header);
    }
}
