// Questions to the kernel about routes, neighbours and links, and what it tells of them unasked.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <ferry/error.hpp>

#include "underlay/next_hops.hpp"
#include "underlay/route_messages.hpp"

struct mnl_socket;

namespace ferryd {

/// Two rtnetlink sockets in the calling thread's network namespace: one for answers, one for events. One thread's own.
class RouteSocket {
public:
    /// Fails with not_found (no such interface), unavailable (the kernel gives no such socket).
    static ferry::Expected<RouteSocket> open(const std::string& interface);

    std::uint32_t interface() const noexcept { return interface_; }
    /// Becomes readable when there is something for read_events().
    int events() const noexcept;
    /// Tells `next_hops` of some of what has happened, without waiting. Where the kernel had no room to keep all of it,
    /// that everything is to be asked for again.
    void read_events(NextHops& next_hops);

    LinkState link();
    RouteAnswer route_to(ferry::Ipv4Address vtep);
    NeighbourState neighbour(const HopAddress& address);
    /// Makes the kernel find out or confirm the neighbour's MAC; whether it could it tells by an event. Returns the
    /// errno by which it refuses to try, or 0.
    int use(const HopAddress& address);

private:
    struct Close {
        void operator()(mnl_socket* socket) const noexcept;
    };
    using Socket = std::unique_ptr<mnl_socket, Close>;

    RouteSocket(std::uint32_t interface, Socket answers, Socket events)
        : interface_(interface), answers_(std::move(answers)), events_(std::move(events))
    {
    }
    static Socket open_socket();
    template <typename Read>
    int ask(nlmsghdr* request, Read read);

    std::uint32_t interface_;
    Socket answers_, events_;
    std::uint32_t sequence_ = 0;
};

}  // namespace ferryd
