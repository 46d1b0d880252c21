#include "underlay/next_hops.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace ferryd {
namespace {

/// What an outer IP packet must at least hold: the smallest Ethernet frame and its headers.
constexpr std::uint32_t smallest_mtu = 96;

constexpr bool is_known(const NeighbourState& state) noexcept
{
    return state.kind == NeighbourState::Kind::fresh || state.kind == NeighbourState::Kind::stale;
}

/// Calls `visit` for up to `count` elements of `map` behind the key `last`, round and round, and moves `last` on.
template <typename Map, typename Visit>
void go_round(Map& map, std::size_t count, typename Map::key_type& last, Visit visit)
{
    auto at = map.upper_bound(last);
    for (count = std::min(count, map.size()); count > 0; --count, ++at) {
        if (at == map.end())
            at = map.begin();
        last = at->first;
        if (!visit(at->first, at->second))
            return;
    }
}

}  // namespace

std::optional<HopAddress> NextHops::via_of(ferry::Ipv4Address vtep, const Followed& followed)
{
    if (!followed.route || followed.route->error != 0)
        return std::nullopt;
    return followed.route->gateway.value_or(vtep);
}

void NextHops::follow(ferry::Ipv4Address vtep)
{
    if (followed_.try_emplace(vtep).second) {
        routes_to_ask_.insert(vtep);
        changed_.insert(vtep);
    }
}

void NextHops::unfollow(ferry::Ipv4Address vtep)
{
    const auto found = followed_.find(vtep);
    if (found == followed_.end())
        return;
    leave_neighbour(vtep, found->second);
    followed_.erase(found);
    paths_.erase(vtep);
    routes_to_ask_.erase(vtep);
    changed_.erase(vtep);
}

void NextHops::leave_neighbour(ferry::Ipv4Address vtep, const Followed& followed)
{
    const auto via = via_of(vtep, followed);
    const auto found = via ? neighbours_.find(*via) : neighbours_.end();
    if (found == neighbours_.end())
        return;
    found->second.vteps.erase(vtep);
    if (found->second.vteps.empty()) {
        neighbours_to_ask_.erase(*via);
        to_use_.erase(*via);
        neighbours_.erase(found);
    }
}

void NextHops::link(const LinkState& state)
{
    if (state == link_)
        return;
    link_ = state;
    for (const auto& [vtep, followed] : followed_)
        changed_.insert(vtep);
    all_routes_changed();
}

void NextHops::routes_changed(ferry::Ipv4Address prefix, unsigned length)
{
    const std::uint32_t mask = length == 0 ? 0 : ~std::uint32_t{0} << (32 - std::min(length, 32U));
    const std::uint32_t first = prefix.host() & mask;
    for (auto at = followed_.lower_bound(ferry::Ipv4Address::from_host(first));
         at != followed_.end() && (at->first.host() & mask) == first; ++at)
        routes_to_ask_.insert(at->first);
}

void NextHops::route(ferry::Ipv4Address vtep, const RouteAnswer& answer)
{
    const auto found = followed_.find(vtep);
    if (found == followed_.end() || found->second.route == answer)
        return;
    Followed& followed = found->second;
    changed_.insert(vtep);
    paths_.erase(vtep);
    Followed next{answer, std::nullopt};
    // A neighbour by another interface is not the underlay's to find out.
    const auto via = answer.interface == interface_ ? via_of(vtep, next) : std::nullopt;
    if (via != via_of(vtep, followed))
        leave_neighbour(vtep, followed);
    followed.route = answer;
    if (!via)
        return;
    const auto [neighbour, is_new] = neighbours_.try_emplace(*via);
    neighbour->second.vteps.insert(vtep);
    if (is_new)
        neighbours_to_ask_.insert(*via);
}

void NextHops::neighbour(const HopAddress& address, const NeighbourState& state)
{
    const auto found = neighbours_.find(address);
    if (found == neighbours_.end())
        return;
    Neighbour& neighbour = found->second;
    if (neighbour.state != state)
        changed_.insert(neighbour.vteps.begin(), neighbour.vteps.end());
    neighbour.state = state;
    use(address, neighbour);
}

void NextHops::refused(const HopAddress& address, int error)
{
    const auto found = neighbours_.find(address);
    if (found == neighbours_.end() || found->second.refused == error)
        return;
    found->second.refused = error;
    changed_.insert(found->second.vteps.begin(), found->second.vteps.end());
}

/// Has the kernel find out or confirm the neighbour, where that is needed, no more than once a tick.
void NextHops::use(const HopAddress& address, Neighbour& neighbour)
{
    if (neighbour.state.kind == NeighbourState::Kind::fresh || neighbour.used_in == ticks_ || uses_left_ == 0)
        return;
    neighbour.used_in = ticks_;
    --uses_left_;
    to_use_.insert(address);
}

void NextHops::lost()
{
    all_routes_changed();
    for (const auto& [address, neighbour] : neighbours_)
        neighbours_to_ask_.insert(address);
}

void NextHops::path_mtu(ferry::Ipv4Address vtep, std::uint16_t mtu)
{
    if (!followed_.contains(vtep))
        return;
    const auto [path, is_new] = paths_.try_emplace(vtep);
    path->second.mtu = is_new ? mtu : std::min(mtu, path->second.mtu);
    path->second.until = ticks_ + ticks_of_path_mtu;
    changed_.insert(vtep);
}

void NextHops::tick()
{
    ++ticks_;
    std::erase_if(paths_, [&](const auto& path) {
        const bool old = path.second.until <= ticks_;
        if (old)
            changed_.insert(path.first);
        return old;
    });
    uses_left_ = most_uses;
    if (!link_.up)
        return;
    go_round(neighbours_, neighbours_.size(), last_use_, [&](const HopAddress& address, Neighbour& neighbour) {
        use(address, neighbour);
        return uses_left_ != 0;
    });
    routes_due_ += followed_.size();
    const std::size_t share = std::exchange(routes_due_, routes_due_ % ticks_of_all_routes) / ticks_of_all_routes;
    go_round(followed_, share, last_route_, [&](ferry::Ipv4Address vtep, Followed&) {
        routes_to_ask_.insert(vtep);
        return true;
    });
}

std::vector<NextHops::Ask> NextHops::take_asks()
{
    std::vector<Ask> asks;
    const auto take = [&](auto& from, Ask::Kind kind) {
        for (const auto& address : from)
            asks.push_back({kind, address});
        from.clear();
    };
    take(routes_to_ask_, Ask::Kind::route);
    take(neighbours_to_ask_, Ask::Kind::neighbour);
    take(to_use_, Ask::Kind::use);
    return asks;
}

std::vector<NextHop> NextHops::take_changes()
{
    std::vector<NextHop> changes;
    for (const ferry::Ipv4Address vtep : changed_) {
        const auto found = followed_.find(vtep);
        if (found == followed_.end())
            continue;
        NextHop now = next_hop(vtep, found->second);
        if (found->second.told != now) {
            found->second.told = now;
            changes.push_back(std::move(now));
        }
    }
    changed_.clear();
    return changes;
}

NextHop NextHops::next_hop(ferry::Ipv4Address vtep, const Followed& followed) const
{
    NextHop hop{.vtep = vtep, .mac = {}, .mtu = mtu_};
    const auto because = [&hop](NextHopState state, std::string reason) {
        hop.state = state;
        hop.reason = std::move(reason);
        return hop;
    };
    if (!link_.up)
        return because(NextHopState::down, fmt::format("the underlay's interface {} is down", interface_name_));
    if (!followed.route)
        return because(NextHopState::unresolved, "the kernel has not been asked for a route to it yet");
    const RouteAnswer& route = *followed.route;
    if (route.error != 0)
        return because(NextHopState::unreachable,
                       fmt::format("the kernel has no route to it ({})", std::strerror(route.error)));
    if (route.interface != interface_)
        return because(NextHopState::unreachable,
                       fmt::format("the kernel's route to it leaves by {}, and the underlay is {}",
                                   route.interface_name, interface_name_));
    std::uint32_t path = std::min(link_.mtu, route.mtu != 0 ? route.mtu : link_.mtu);
    if (const auto told = paths_.find(vtep); told != paths_.end())
        path = std::min<std::uint32_t>(path, told->second.mtu);
    if (path < smallest_mtu)
        return because(NextHopState::unreachable,
                       fmt::format("the path to it takes packets of {} bytes, which hold no frame", path));
    hop.mtu = static_cast<std::uint16_t>(std::min<std::uint32_t>(path, mtu_));
    hop.via = via_of(vtep, followed);
    const auto neighbour = neighbours_.find(*hop.via);
    const NeighbourState state = neighbour != neighbours_.end() ? neighbour->second.state : NeighbourState{};
    const int refused = neighbour != neighbours_.end() ? neighbour->second.refused : 0;
    if (is_known(state) && !state.mac.is_zero() && !state.mac.is_multicast()) {
        hop.state = NextHopState::resolved;
        hop.mac = state.mac;
        return hop;
    }
    const std::string name = text_of(*hop.via);
    if (refused != 0)
        return because(NextHopState::unresolved,
                       fmt::format("the kernel does not ask for the MAC address of {} ({})", name, std::strerror(refused)));
    return because(NextHopState::unresolved, state.kind == NeighbourState::Kind::failed
                                                 ? fmt::format("the neighbour {} does not answer", name)
                                                 : fmt::format("the MAC address of {} is being asked for", name));
}

}  // namespace ferryd
