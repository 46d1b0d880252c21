// rtnetlink(7) messages about routes, neighbours and links, to and from values. libmnl reads and writes attributes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "underlay/next_hops.hpp"

struct nlmsghdr;

namespace ferryd {

/// Room for any request of these; aligned as netlink wants it.
struct alignas(4) RequestBuffer {
    char bytes[256];
};

// Each writes one request into `buffer`, without a sequence number, and returns it.

/// By which route would the kernel send to `vtep`?
nlmsghdr* ask_route(RequestBuffer& buffer, ferry::Ipv4Address vtep);
nlmsghdr* ask_neighbour(RequestBuffer& buffer, std::uint32_t interface, const HopAddress& address);
/// Makes the kernel find out or confirm the neighbour's MAC, as if it had a packet for it (NTF_USE).
nlmsghdr* use_neighbour(RequestBuffer& buffer, std::uint32_t interface, const HopAddress& address);
nlmsghdr* ask_link(RequestBuffer& buffer, std::uint32_t interface);

// Each reads one whole message of the kernel's; what is not there stays as it is by default.

RouteAnswer read_route(const nlmsghdr* message);
NeighbourState read_neighbour(const nlmsghdr* message);
LinkState read_link(const nlmsghdr* message);

/// Tells `next_hops` what a message of the kernel's multicast groups says; `interface` is the underlay's.
void read_event(const nlmsghdr* message, std::uint32_t interface, NextHops& next_hops);

}  // namespace ferryd
