#include "underlay/follower.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "host/clock.hpp"

namespace ferryd {

constexpr std::int64_t tick_ns = 1'000'000'000;

ferry::Expected<std::unique_ptr<UnderlayFollower>> UnderlayFollower::start(
    const std::string& interface, std::uint16_t mtu, const OwnPackets& own, std::function<void()> changed)
{
    auto socket = RouteSocket::open(interface);
    if (!socket)
        return tl::unexpected(socket.error());
    auto icmp = IcmpSocket::open();
    if (!icmp)
        return tl::unexpected(icmp.error());
    Descriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake)
        return ferry::fail(ferry::ErrorCode::unavailable, "no more files can be opened; raise the limit (ulimit -n)");
    NextHops next_hops(socket->interface(), interface, mtu);
    return std::unique_ptr<UnderlayFollower>(new UnderlayFollower(std::move(*socket), std::move(*icmp), own, std::move(next_hops),
                                                                  std::move(wake), std::move(changed)));
}

UnderlayFollower::UnderlayFollower(RouteSocket socket, IcmpSocket icmp, const OwnPackets& own, NextHops next_hops,
                                   Descriptor wake, std::function<void()> changed)
    : socket_(std::move(socket)), icmp_(std::move(icmp)), own_(own), next_hops_(std::move(next_hops)),
      wake_(std::move(wake)), changed_(std::move(changed)), thread_([this] { run(); })
{
}

UnderlayFollower::~UnderlayFollower()
{
    stopping_.store(true, std::memory_order_relaxed);
    eventfd_write(wake_.get(), 1);
    thread_.join();
}

void UnderlayFollower::order(ferry::Ipv4Address vtep, bool wanted)
{
    {
        const std::lock_guard lock(mutex_);
        orders_[vtep] = wanted;
    }
    eventfd_write(wake_.get(), 1);
}

std::vector<NextHop> UnderlayFollower::take()
{
    std::map<ferry::Ipv4Address, NextHop> taken;
    {
        const std::lock_guard lock(mutex_);
        taken.swap(changes_);
    }
    std::vector<NextHop> changes;
    for (auto& [vtep, next_hop] : taken)
        changes.push_back(std::move(next_hop));
    return changes;
}

void UnderlayFollower::run()
{
    pthread_setname_np(pthread_self(), "underlay");
    next_hops_.link(socket_.link());
    std::int64_t next_tick = nanoseconds_now() + tick_ns;
    while (!stopping_.load(std::memory_order_relaxed)) {
        take_orders();
        socket_.read_events(next_hops_);
        for (const PathMtu& path : icmp_.read(own_))
            next_hops_.path_mtu(path.vtep, path.mtu);
        if (const std::int64_t now = nanoseconds_now(); now >= next_tick) {
            next_hops_.tick();
            next_tick = now + tick_ns;
        }
        ask_what_is_wanted();
        publish();
        wait(next_tick);
    }
}

void UnderlayFollower::take_orders()
{
    std::map<ferry::Ipv4Address, bool> orders;
    {
        const std::lock_guard lock(mutex_);
        orders.swap(orders_);
    }
    for (const auto& [vtep, wanted] : orders) {
        // What was told before may belong to an earlier time in which it was followed.
        next_hops_.unfollow(vtep);
        if (wanted)
            next_hops_.follow(vtep);
    }
}

void UnderlayFollower::ask_what_is_wanted()
{
    using Kind = NextHops::Ask::Kind;
    for (auto asks = next_hops_.take_asks(); !asks.empty(); asks = next_hops_.take_asks()) {
        for (const NextHops::Ask& ask : asks) {
            if (stopping_.load(std::memory_order_relaxed))
                return;
            if (ask.kind == Kind::route) {
                const auto vtep = std::get<ferry::Ipv4Address>(ask.address);
                next_hops_.route(vtep, socket_.route_to(vtep));
            } else if (ask.kind == Kind::neighbour) {
                next_hops_.neighbour(ask.address, socket_.neighbour(ask.address));
            } else {
                next_hops_.refused(ask.address, socket_.use(ask.address));
            }
        }
    }
}

void UnderlayFollower::publish()
{
    auto changes = next_hops_.take_changes();
    if (changes.empty())
        return;
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = changes_.empty();
        for (NextHop& next_hop : changes)
            changes_.insert_or_assign(next_hop.vtep, std::move(next_hop));
    }
    if (first)
        changed_();
}

void UnderlayFollower::wait(std::int64_t until_ns)
{
    const std::int64_t left = std::max<std::int64_t>(0, until_ns - nanoseconds_now());
    pollfd waits[] = {{socket_.events(), POLLIN, 0}, {wake_.get(), POLLIN, 0}, {icmp_.descriptor(), POLLIN, 0}};
    poll(waits, std::size(waits), static_cast<int>(left / 1'000'000) + 1);
    if ((waits[1].revents & POLLIN) != 0) {
        eventfd_t ignored;
        eventfd_read(wake_.get(), &ignored);
    }
}

}  // namespace ferryd
