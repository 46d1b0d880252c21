#include "underlay/route_socket.hpp"

#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

namespace ferryd {
namespace {

/// One datagram of the kernel's; longer ones, of interfaces with many virtual functions, count as lost.
constexpr std::size_t most_bytes = 32'768;
/// Datagrams read at a time, so that a kernel that never stops telling does not keep answers from being asked for.
constexpr int most_datagrams = 256;

struct alignas(NLMSG_ALIGNTO) Datagram {
    char bytes[most_bytes];
};

/// Calls `visit` for each message that lies in the first `size` bytes, until it returns false.
template <typename Visit>
void each_message(const Datagram& datagram, std::size_t size, Visit visit)
{
    int left = static_cast<int>(size);
    const auto* message = reinterpret_cast<const nlmsghdr*>(datagram.bytes);
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
        if (!visit(message))
            return;
}

}  // namespace

void RouteSocket::Close::operator()(mnl_socket* socket) const noexcept
{
    mnl_socket_close(socket);
}

RouteSocket::Socket RouteSocket::open_socket()
{
    Socket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
    if (socket == nullptr || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0)
        return nullptr;
    return socket;
}

ferry::Expected<RouteSocket> RouteSocket::open(const std::string& interface)
{
    const std::uint32_t number = if_nametoindex(interface.c_str());
    if (number == 0)
        return ferry::fail(ferry::ErrorCode::not_found,
                           fmt::format("this host has no interface {} (ip link)", interface));
    const auto failed = [] {
        return ferry::fail(ferry::ErrorCode::unavailable,
                           fmt::format("the kernel does not tell of routes and neighbours by netlink: {}; give VTEPs "
                                       "a mac", std::strerror(errno)));
    };
    Socket answers = open_socket(), events = open_socket();
    if (answers == nullptr || events == nullptr)
        return failed();
    for (int group : {RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_NEXTHOP}) {
        // Kernels before 5.3 have no next-hop objects, and so nothing to tell of them.
        if (mnl_socket_setsockopt(events.get(), NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) != 0 &&
            group != RTNLGRP_NEXTHOP)
            return failed();
    }
    const timeval patience{1, 0};
    setsockopt(mnl_socket_get_fd(answers.get()), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return RouteSocket(number, std::move(answers), std::move(events));
}

int RouteSocket::events() const noexcept
{
    return mnl_socket_get_fd(events_.get());
}

void RouteSocket::read_events(NextHops& next_hops)
{
    Datagram datagram;
    for (int i = 0; i < most_datagrams; ++i) {
        const ssize_t size = recv(events(), datagram.bytes, sizeof(datagram.bytes), MSG_DONTWAIT | MSG_TRUNC);
        if (size < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (size < 0 || static_cast<std::size_t>(size) > sizeof(datagram.bytes)) {
            next_hops.link(link());
            next_hops.lost();
            if (size < 0 && errno != ENOBUFS)
                return;
            continue;
        }
        each_message(datagram, static_cast<std::size_t>(size), [&](const nlmsghdr* message) {
            read_event(message, interface_, next_hops);
            return true;
        });
    }
}

/// Sends `request` and gives the kernel's answer to `read`. Returns the error by which the kernel refused, or 0.
template <typename Read>
int RouteSocket::ask(nlmsghdr* request, Read read)
{
    request->nlmsg_seq = ++sequence_;
    if (mnl_socket_sendto(answers_.get(), request, request->nlmsg_len) < 0)
        return errno;
    Datagram datagram;
    std::optional<int> result;
    while (!result) {
        const ssize_t size = recv(mnl_socket_get_fd(answers_.get()), datagram.bytes, sizeof(datagram.bytes), 0);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return errno;
        each_message(datagram, static_cast<std::size_t>(size), [&](const nlmsghdr* message) {
            if (message->nlmsg_seq != sequence_)  // of a question that was given up
                return true;
            if (message->nlmsg_type == NLMSG_ERROR && mnl_nlmsg_get_payload_len(message) >= sizeof(nlmsgerr)) {
                result = -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error;
            } else {
                read(message);
                result = 0;
            }
            return false;
        });
    }
    return *result;
}

LinkState RouteSocket::link()
{
    RequestBuffer buffer;
    LinkState state;
    ask(ask_link(buffer, interface_), [&](const nlmsghdr* message) { state = read_link(message); });
    return state;
}

RouteAnswer RouteSocket::route_to(ferry::Ipv4Address vtep)
{
    RequestBuffer buffer;
    RouteAnswer answer;
    const int error = ask(ask_route(buffer, vtep), [&](const nlmsghdr* message) { answer = read_route(message); });
    answer.error = error;
    return answer;
}

NeighbourState RouteSocket::neighbour(const HopAddress& address)
{
    RequestBuffer buffer;
    NeighbourState state;
    ask(ask_neighbour(buffer, interface_, address), [&](const nlmsghdr* message) { state = read_neighbour(message); });
    return state;
}

int RouteSocket::use(const HopAddress& address)
{
    RequestBuffer buffer;
    return ask(use_neighbour(buffer, interface_, address), [](const nlmsghdr*) {});
}

}  // namespace ferryd
