#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "config/kernel_interface.hpp"
#include "control/controller_impl.hpp"

namespace ferryd {

using ferry::ErrorCode;

std::optional<ferry::MacAddress> Controller::Impl::configured_next_hop(const VtepConfig& vtep) const
{
    return vtep.mac ? vtep.mac : config.underlay.gateway_mac;
}

/// The adjacency of a VTEP that is added or changed: complete where its next hop is configured; otherwise the kernel is
/// followed, which must be possible.
Expected<ferry::AdjacencySpec> Controller::Impl::adjacency_for(const VtepConfig& vtep)
{
    if (const auto mac = configured_next_hop(vtep)) {
        ferry::AdjacencySpec spec = incomplete_adjacency();
        spec.underlay = {};
        spec.next_hop = *mac;
        return spec;
    }
    if (auto started = start_follower(); !started)
        return ferry::fail(started.error().code, fmt::format("the VTEP {} needs the MAC of its next hop: {}",
                                                             vtep.address.to_string(), started.error().sentence));
    const auto followed = next_hops.find(vtep.address);
    return followed != next_hops.end() ? adjacency_by(followed->second) : incomplete_adjacency();
}

/// Names no port, so that its next hop's address never leaves; which must be one all the same.
ferry::AdjacencySpec Controller::Impl::incomplete_adjacency() const
{
    ferry::AdjacencySpec spec;
    spec.underlay = incomplete_underlay;
    spec.next_hop = underlay_mac;
    spec.source_mac = underlay_mac;
    spec.source = config.host.vtep;
    spec.port = config.host.vxlan_port;
    spec.mtu = config.underlay.mtu;
    return spec;
}

ferry::AdjacencySpec Controller::Impl::adjacency_by(const NextHop& next_hop) const
{
    ferry::AdjacencySpec spec = incomplete_adjacency();
    spec.mtu = next_hop.mtu;
    if (next_hop.state == NextHopState::resolved) {
        spec.underlay = {};
        spec.next_hop = next_hop.mac;
    }
    return spec;
}

Expected<void> Controller::Impl::start_follower()
{
    if (follower != nullptr)
        return {};
    const auto interface = kernel_interface_of(config.underlay);
    if (!interface)
        return ferry::fail(ErrorCode::invalid_argument,
                           "the underlay has no gateway_mac, and no interface (iface=, or host_interface) that the kernel "
                           "could tell one for");
    auto started = UnderlayFollower::start(*interface, config.underlay.mtu,
                                           {config.host.vtep, config.host.vxlan_port, config.host.entropy_ports},
                                           [this] { control->wake(); });
    if (!started)
        return tl::unexpected(started.error());
    follower = std::move(*started);
    return {};
}

/// After the VTEP's adjacency has been committed.
void Controller::Impl::follow_next_hop(const VtepConfig& vtep)
{
    const bool followed = !configured_next_hop(vtep);
    const NextHop unknown{.vtep = vtep.address, .mac = {}, .mtu = config.underlay.mtu};
    if (followed && next_hops.try_emplace(vtep.address, unknown).second)
        follower->follow(vtep.address);
    else if (!followed && next_hops.erase(vtep.address) != 0)
        follower->unfollow(vtep.address);
}

void Controller::Impl::forget_next_hop(ferry::Ipv4Address address, ferry::VtepId id)
{
    if (next_hops.erase(address) != 0)
        follower->unfollow(address);
    next_hop_table->set(id, {});
}

/// Changes the adjacencies of VTEPs whose next hop is another than before; rows stay as they are.
void Controller::Impl::take_next_hops()
{
    if (follower == nullptr)
        return;
    for (NextHop& taken : follower->take()) {
        const auto followed = next_hops.find(taken.vtep);
        if (followed == next_hops.end())
            continue;
        const std::string address = taken.vtep.to_string();
        if (taken.state == NextHopState::resolved)
            spdlog::info("VTEP {}: next hop {} at {}, MTU {}", address, text_of(*taken.via), taken.mac.to_string(),
                         taken.mtu);
        else
            spdlog::info("VTEP {}: {}", address, taken.reason);
        changed_next_hops.insert(taken.vtep);
        followed->second = std::move(taken);
    }
    if (changed_next_hops.empty())
        return;
    ferry::Transaction transaction(*tables);
    bool any = false;
    for (const ferry::Ipv4Address address : changed_next_hops)
        if (const auto followed = next_hops.find(address); followed != next_hops.end())
            any |= enter(transaction, followed->second);
    if (any) {
        if (auto committed = commit(transaction, stamp_now()); !committed) {
            spdlog::error("next hops wait to be changed: {}", committed.error().sentence);
            return;  // to the next round
        }
    }
    changed_next_hops.clear();
}

/// Stages the VTEP's adjacency by this next hop; false where it has that already.
bool Controller::Impl::enter(ferry::Transaction& transaction, const NextHop& next_hop)
{
    const ferry::Adjacency* const adjacency = tables->vteps().newest(tables->vteps().find(next_hop.vtep));
    if (adjacency == nullptr)
        return false;
    next_hop_table->set(adjacency->vtep, {next_hop.state, next_hop.mac});
    const ferry::AdjacencySpec spec = adjacency_by(next_hop);
    if (spec == adjacency->spec)
        return false;
    if (auto set = transaction.set_adjacency(next_hop.vtep, spec); !set) {
        spdlog::error("VTEP {}: {}", next_hop.vtep.to_string(), set.error().sentence);
        return false;
    }
    return true;
}

}  // namespace ferryd
