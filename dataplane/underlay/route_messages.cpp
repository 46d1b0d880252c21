#include "underlay/route_messages.hpp"

#include <array>
#include <cstring>
#include <span>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

namespace ferryd {
namespace {

using ferry::Ipv4Address;

/// A request of `type`, with the fixed part that such messages have, all zero.
template <typename Fixed>
Fixed& begin(RequestBuffer& buffer, std::uint16_t type, std::uint16_t flags)
{
    nlmsghdr* const message = mnl_nlmsg_put_header(buffer.bytes);
    message->nlmsg_type = type;
    message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    return *static_cast<Fixed*>(mnl_nlmsg_put_extra_header(message, sizeof(Fixed)));
}

nlmsghdr* header_of(RequestBuffer& buffer)
{
    return reinterpret_cast<nlmsghdr*>(buffer.bytes);
}

nlmsghdr* neighbour_request(RequestBuffer& buffer, std::uint16_t type, std::uint16_t flags,
                            std::uint8_t neighbour_flags, std::uint32_t interface, const HopAddress& address)
{
    auto& fixed = begin<ndmsg>(buffer, type, flags);
    fixed.ndm_family = std::holds_alternative<Ipv4Address>(address) ? AF_INET : AF_INET6;
    fixed.ndm_ifindex = static_cast<int>(interface);
    fixed.ndm_flags = neighbour_flags;
    std::visit([&](const auto& one) { mnl_attr_put(header_of(buffer), NDA_DST, sizeof(one), &one); }, address);
    return header_of(buffer);
}

/// A message's attributes by type; null where one is not there. Of one that stands twice the last counts.
template <std::size_t Types>
class Attributes {
public:
    Attributes(const nlmsghdr* message, std::size_t fixed)
    {
        mnl_attr_parse(message, static_cast<unsigned>(fixed), note, &found_);
    }
    explicit Attributes(const nlattr* nest) { mnl_attr_parse_nested(nest, note, &found_); }

    bool has(std::size_t type) const { return found_[type] != nullptr; }
    const nlattr* at(std::size_t type) const { return found_[type]; }
    std::uint32_t number(std::size_t type) const
    {
        const bool is_number = has(type) && mnl_attr_get_payload_len(found_[type]) == sizeof(std::uint32_t);
        return is_number ? mnl_attr_get_u32(found_[type]) : 0;
    }
    /// What stands `before` bytes behind the attribute's beginning, up to its end.
    template <typename Address>
    std::optional<Address> address(std::size_t type, std::size_t before = 0) const
    {
        Address value;
        if (!has(type) || mnl_attr_get_payload_len(found_[type]) != before + sizeof(value))
            return std::nullopt;
        std::memcpy(&value, static_cast<const char*>(mnl_attr_get_payload(found_[type])) + before, sizeof(value));
        return value;
    }

private:
    using Found = std::array<const nlattr*, Types>;
    static int note(const nlattr* attribute, void* data)
    {
        if (const std::size_t type = mnl_attr_get_type(attribute); type < Types)
            (*static_cast<Found*>(data))[type] = attribute;
        return MNL_CB_OK;
    }
    Found found_{};
};

template <typename Fixed>
bool holds(const nlmsghdr* message)
{
    return mnl_nlmsg_get_payload_len(message) >= sizeof(Fixed);
}

template <typename Fixed>
const Fixed& fixed_of(const nlmsghdr* message)
{
    return *static_cast<const Fixed*>(mnl_nlmsg_get_payload(message));
}

void read_neighbour_event(const nlmsghdr* message, std::uint32_t interface, NextHops& next_hops)
{
    const auto& fixed = fixed_of<ndmsg>(message);
    const Attributes<NDA_MAX + 1> attributes(message, sizeof(ndmsg));
    std::optional<HopAddress> address;
    if (fixed.ndm_family == AF_INET)
        address = attributes.address<Ipv4Address>(NDA_DST);
    else if (fixed.ndm_family == AF_INET6)
        address = attributes.address<ferry::Ipv6Address>(NDA_DST);
    if (fixed.ndm_ifindex != static_cast<int>(interface) || !address)
        return;
    next_hops.neighbour(*address, message->nlmsg_type == RTM_NEWNEIGH ? read_neighbour(message) : NeighbourState{});
}

void read_route_event(const nlmsghdr* message, NextHops& next_hops)
{
    const auto& fixed = fixed_of<rtmsg>(message);
    if (fixed.rtm_family != AF_INET || (fixed.rtm_flags & RTM_F_CLONED) != 0)
        return;
    const auto prefix = Attributes<RTA_MAX + 1>(message, sizeof(rtmsg)).address<Ipv4Address>(RTA_DST);
    next_hops.routes_changed(prefix.value_or(Ipv4Address{}), prefix ? fixed.rtm_dst_len : 0);
}

/// The kernel removes routes without a word when any interface that they leave by goes down.
void read_link_event(const nlmsghdr* message, std::uint32_t interface, NextHops& next_hops)
{
    if (fixed_of<ifinfomsg>(message).ifi_family != AF_UNSPEC)
        return;
    if (fixed_of<ifinfomsg>(message).ifi_index == static_cast<int>(interface))
        next_hops.link(message->nlmsg_type == RTM_NEWLINK ? read_link(message) : LinkState{});
    next_hops.all_routes_changed();
}

}  // namespace

nlmsghdr* ask_route(RequestBuffer& buffer, Ipv4Address vtep)
{
    auto& fixed = begin<rtmsg>(buffer, RTM_GETROUTE, 0);
    fixed.rtm_family = AF_INET;
    fixed.rtm_dst_len = 32;
    mnl_attr_put(header_of(buffer), RTA_DST, sizeof(vtep), &vtep);
    return header_of(buffer);
}

nlmsghdr* ask_neighbour(RequestBuffer& buffer, std::uint32_t interface, const HopAddress& address)
{
    return neighbour_request(buffer, RTM_GETNEIGH, 0, 0, interface, address);
}

nlmsghdr* use_neighbour(RequestBuffer& buffer, std::uint32_t interface, const HopAddress& address)
{
    return neighbour_request(buffer, RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE, NTF_USE, interface, address);
}

nlmsghdr* ask_link(RequestBuffer& buffer, std::uint32_t interface)
{
    begin<ifinfomsg>(buffer, RTM_GETLINK, 0).ifi_index = static_cast<int>(interface);
    return header_of(buffer);
}

RouteAnswer read_route(const nlmsghdr* message)
{
    RouteAnswer answer;
    if (!holds<rtmsg>(message))
        return answer;
    const Attributes<RTA_MAX + 1> attributes(message, sizeof(rtmsg));
    answer.interface = attributes.number(RTA_OIF);
    char name[IF_NAMESIZE];
    if (if_indextoname(answer.interface, name) != nullptr)
        answer.interface_name = name;
    answer.gateway = attributes.address<Ipv4Address>(RTA_GATEWAY);
    if (attributes.has(RTA_VIA))  // of another family
        answer.gateway = attributes.address<ferry::Ipv6Address>(RTA_VIA, sizeof(rtvia));
    if (attributes.has(RTA_METRICS))
        answer.mtu = Attributes<RTAX_MAX + 1>(attributes.at(RTA_METRICS)).number(RTAX_MTU);
    return answer;
}

NeighbourState read_neighbour(const nlmsghdr* message)
{
    using Kind = NeighbourState::Kind;
    NeighbourState state;
    if (!holds<ndmsg>(message))
        return state;
    const auto mac = Attributes<NDA_MAX + 1>(message, sizeof(ndmsg)).address<ferry::MacAddress>(NDA_LLADDR);
    const unsigned nud = fixed_of<ndmsg>(message).ndm_state;
    if (mac && (nud & (NUD_REACHABLE | NUD_PERMANENT | NUD_NOARP | NUD_DELAY | NUD_PROBE)) != 0)
        state = {Kind::fresh, *mac};
    else if (mac && (nud & NUD_STALE) != 0)
        state = {Kind::stale, *mac};
    else if ((nud & NUD_FAILED) != 0)
        state = {Kind::failed, {}};
    return state;
}

LinkState read_link(const nlmsghdr* message)
{
    LinkState state;
    if (!holds<ifinfomsg>(message))
        return state;
    constexpr unsigned up = IFF_UP | IFF_RUNNING;
    state.up = (fixed_of<ifinfomsg>(message).ifi_flags & up) == up;
    state.mtu = Attributes<IFLA_MAX + 1>(message, sizeof(ifinfomsg)).number(IFLA_MTU);
    return state;
}

void read_event(const nlmsghdr* message, std::uint32_t interface, NextHops& next_hops)
{
    switch (message->nlmsg_type) {
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
        if (holds<ndmsg>(message))
            read_neighbour_event(message, interface, next_hops);
        return;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
        if (holds<rtmsg>(message))
            read_route_event(message, next_hops);
        return;
    case RTM_NEWLINK:
    case RTM_DELLINK:
        if (holds<ifinfomsg>(message))
            read_link_event(message, interface, next_hops);
        return;
    case RTM_NEWRULE:
    case RTM_DELRULE:
    case RTM_NEWNEXTHOP:
    case RTM_DELNEXTHOP:
        next_hops.all_routes_changed();
        return;
    default:
        return;
    }
}

}  // namespace ferryd
