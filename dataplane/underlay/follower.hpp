// The thread that follows the kernel's routes and neighbours for VTEPs whose next hop nobody configured.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <ferry/error.hpp>

#include "host/descriptor.hpp"
#include "underlay/next_hops.hpp"
#include "underlay/path_mtu.hpp"
#include "underlay/route_socket.hpp"

namespace ferryd {

class UnderlayFollower {
public:
    /// Starts the thread, which calls `changed` when take() has something after it had nothing. `mtu`: see NextHops;
    /// `own`: the packets whose path MTU routers may tell. Fails as RouteSocket::open() and IcmpSocket::open() do, and
    /// with unavailable.
    static ferry::Expected<std::unique_ptr<UnderlayFollower>> start(const std::string& interface, std::uint16_t mtu,
                                                                    const OwnPackets& own, std::function<void()> changed);
    /// Ends the thread.
    ~UnderlayFollower();
    UnderlayFollower(const UnderlayFollower&) = delete;
    UnderlayFollower& operator=(const UnderlayFollower&) = delete;

    // Any thread.

    void follow(ferry::Ipv4Address vtep) { order(vtep, true); }
    void unfollow(ferry::Ipv4Address vtep) { order(vtep, false); }
    /// Next hops that have changed since the last call, each as it is now. One of a VTEP that was unfollowed a moment
    /// ago may be among them.
    std::vector<NextHop> take();

private:
    UnderlayFollower(RouteSocket socket, IcmpSocket icmp, const OwnPackets& own, NextHops next_hops, Descriptor wake,
                     std::function<void()> changed);
    void order(ferry::Ipv4Address vtep, bool wanted);
    void run();
    void take_orders();
    void ask_what_is_wanted();
    void publish();
    void wait(std::int64_t until_ns);

    RouteSocket socket_;
    IcmpSocket icmp_;
    const OwnPackets own_;
    NextHops next_hops_;  ///< with the sockets the thread's own
    const Descriptor wake_;
    const std::function<void()> changed_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;  ///< guards what follows
    std::map<ferry::Ipv4Address, bool> orders_;
    std::map<ferry::Ipv4Address, NextHop> changes_;
    std::thread thread_;
};

}  // namespace ferryd
