// The next hops of the VTEPs that are followed, from what the kernel says of routes, neighbours and the underlay's
// interface. No I/O: it says what is to be asked, and takes the answers.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "underlay/next_hop.hpp"

namespace ferryd {

struct LinkState {
    bool up = false;        ///< administratively, and has a carrier
    std::uint32_t mtu = 0;  ///< largest IP packet in bytes
    bool operator==(const LinkState&) const = default;
};

/// What the kernel answers to the question by which route it would send to an address.
struct RouteAnswer {
    int error = 0;                ///< its errno where there is no route, otherwise 0
    std::uint32_t interface = 0;  ///< number of the interface by which the route leaves
    std::string interface_name{};
    std::optional<HopAddress> gateway{};  ///< none: the address is on the link
    std::uint32_t mtu = 0;        ///< path MTU in bytes that the route has or the kernel itself has learned; 0: none
    bool operator==(const RouteAnswer&) const = default;
};

struct NeighbourState {
    enum class Kind {
        unknown,  ///< no entry, or the kernel is asking
        failed,   ///< the kernel asked in vain
        stale,    ///< known, but not confirmed lately
        fresh,
    } kind = Kind::unknown;
    ferry::MacAddress mac;  ///< where stale or fresh
    bool operator==(const NeighbourState&) const = default;
};

/// One thread's own.
class NextHops {
public:
    struct Ask {
        enum class Kind {
            route,      ///< by which route `address`, a VTEP, is reached: route() takes the answer
            neighbour,  ///< what the kernel knows of the neighbour `address`: neighbour() takes the answer
            use,        ///< nothing: the kernel is to find out, or to confirm, the neighbour's MAC
        } kind;
        HopAddress address;  ///< of a route, its VTEP's
        bool operator==(const Ask&) const = default;
    };
    /// Neighbours that the kernel is asked to find out or confirm between two ticks, at most; others wait for the next.
    static constexpr std::uint32_t most_uses = 256;
    /// Ticks in which every route is asked for again, because the kernel does not tell of a path MTU that it learns.
    static constexpr std::size_t ticks_of_all_routes = 30;
    static constexpr std::uint64_t ticks_of_path_mtu = 600;

    /// The underlay's interface, and the largest IP packet in bytes that the configuration allows on it.
    NextHops(std::uint32_t interface, std::string interface_name, std::uint16_t mtu)
        : interface_(interface), interface_name_(std::move(interface_name)), mtu_(mtu)
    {
    }

    void follow(ferry::Ipv4Address vtep);
    void unfollow(ferry::Ipv4Address vtep);

    // What the kernel says.

    void link(const LinkState& state);
    /// Routes to addresses that begin with the first `length` bits of `prefix` may be others than before.
    void routes_changed(ferry::Ipv4Address prefix, unsigned length);
    void all_routes_changed() { routes_changed({}, 0); }
    void route(ferry::Ipv4Address vtep, const RouteAnswer& answer);
    void neighbour(const HopAddress& address, const NeighbourState& state);
    /// The kernel does not find out the neighbour, for this errno.
    void refused(const HopAddress& address, int error);
    /// What the kernel said has been lost: everything is to be asked for again, but link() must be told by itself.
    void lost();
    /// A router on the way to the VTEP takes packets of `mtu` bytes at most. It counts for ten minutes (RFC 1191 §6.3),
    /// or until the route is another one.
    void path_mtu(ferry::Ipv4Address vtep, std::uint16_t mtu);
    /// About once a second.
    void tick();

    /// What is to be asked now, each once; call it until it returns nothing.
    std::vector<Ask> take_asks();
    /// Next hops that are others than when this was called before, by VTEP.
    std::vector<NextHop> take_changes();

private:
    struct Followed {
        std::optional<RouteAnswer> route;
        std::optional<NextHop> told;
    };
    struct Path {
        std::uint16_t mtu = 0;
        std::uint64_t until = 0;  ///< tick
    };
    struct Neighbour {
        std::set<ferry::Ipv4Address> vteps;  ///< whose next hop it is
        NeighbourState state;
        int refused = 0;                     ///< errno by which the kernel does not find it out; 0: it does
        std::uint64_t used_in = 0;           ///< tick
    };

    static std::optional<HopAddress> via_of(ferry::Ipv4Address vtep, const Followed& followed);
    NextHop next_hop(ferry::Ipv4Address vtep, const Followed& followed) const;
    void leave_neighbour(ferry::Ipv4Address vtep, const Followed& followed);
    void use(const HopAddress& address, Neighbour& neighbour);

    const std::uint32_t interface_;
    const std::string interface_name_;
    const std::uint16_t mtu_;
    LinkState link_;
    std::map<ferry::Ipv4Address, Followed> followed_;
    std::map<ferry::Ipv4Address, Path> paths_;  ///< of followed VTEPs, as routers told
    std::map<HopAddress, Neighbour> neighbours_;
    std::set<ferry::Ipv4Address> routes_to_ask_, changed_;
    std::set<HopAddress> neighbours_to_ask_, to_use_;
    std::uint64_t ticks_ = 1;
    std::uint32_t uses_left_ = most_uses;
    std::size_t routes_due_ = 0;                ///< by ticks, in parts of ticks_of_all_routes
    ferry::Ipv4Address last_route_;             ///< where the round over all of them stands
    HopAddress last_use_;                       ///< the same
};

}  // namespace ferryd
