#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "control/controller_impl.hpp"

namespace ferryd {

using ferry::ErrorCode;

Expected<double> Controller::Impl::commit(ferry::Transaction& transaction, const Stamp& event)
{
    const auto committed = transaction.commit();
    if (!committed)
        return tl::unexpected(committed.error());
    return wait_until_seen(*committed, event);
}

double Controller::Impl::wait_until_seen(const ferry::Commit& commit, const Stamp& event)
{
    constexpr std::chrono::seconds patience{1};
    while (!ferry::wait_until_seen(*tables, commit, patience))
        spdlog::error("a worker has not come round for {} s to see changed tables: its driver hangs", patience.count());
    const double microseconds = milliseconds_between(event.tsc, stamp_now().tsc) * 1e3;
    ferry::reclaim(*tables);
    return microseconds;
}

/// Returns when no worker uses what it has looked up before the call.
void Controller::Impl::wait_for_workers()
{
    constexpr std::chrono::seconds patience{1};
    while (!tables->qsbr().wait(tables->qsbr().start(), patience))
        spdlog::error("a worker has not come round for {} s: its driver hangs", patience.count());
}

Expected<const ferry::Segment*> Controller::Impl::segment(ferry::Vni vni) const
{
    const ferry::Segment* found = tables->segments().newest(vni);
    if (found == nullptr)
        return ferry::fail(ErrorCode::not_found,
                           fmt::format("this host has no VNI {}; add it first (ferryctl vni add {})", vni.value(), vni.value()));
    return found;
}

Expected<ferry::VtepId> Controller::Impl::vtep_id(ferry::Ipv4Address address) const
{
    const ferry::VtepId id = tables->vteps().find(address);
    if (id == ferry::VtepId::none)
        return ferry::fail(ErrorCode::not_found, fmt::format("this host does not know the VTEP {}; add it first (ferryctl vtep add {})",
                                                             address.to_string(), address.to_string()));
    return id;
}

Expected<void> Controller::Impl::add_segment(const SegmentConfig& segment)
{
    ferry::Transaction transaction(*tables);
    if (auto added = transaction.add_segment(segment.vni, segment.learning); !added)
        return tl::unexpected(added.error());
    if (auto set = transaction.set_flood(segment.vni, segment.flood); !set)
        return set;
    return commit(transaction, stamp_now()).map([](double) {});
}

Expected<void> Controller::Impl::remove_segment(ferry::Vni vni)
{
    ferry::Transaction transaction(*tables);
    if (auto removed = transaction.remove_segment(vni); !removed)
        return removed;
    return commit(transaction, stamp_now()).map([](double) {});
}

Expected<void> Controller::Impl::set_flood(ferry::Vni vni, std::vector<ferry::Ipv4Address> remotes)
{
    ferry::Transaction transaction(*tables);
    if (auto set = transaction.set_flood(vni, std::move(remotes)); !set)
        return set;
    return commit(transaction, stamp_now()).map([](double) {});
}

std::vector<SegmentStatus> Controller::Impl::segments()
{
    std::vector<SegmentStatus> all;
    for (const ferry::Segment* segment : tables->segments().all()) {
        SegmentStatus status;
        status.vni = segment->vni;
        status.learning = segment->learning;
        for (const ferry::VtepId id : segment->flood) {
            if (const ferry::Adjacency* adjacency = tables->vteps().newest(id))
                status.flood.push_back(adjacency->remote);
        }
        for (const ferry::AttachmentId id : segment->attachments) {
            if (const AttachedPort* port = ports.find(id))
                status.ports.push_back(port->name());
        }
        all.push_back(std::move(status));
    }
    return all;
}

Expected<ferry::AdjacencySpec> Controller::Impl::adjacency_for(const VtepConfig& vtep) const
{
    const auto next_hop = vtep.mac ? vtep.mac : config.underlay.gateway_mac;
    if (!next_hop)
        return ferry::fail(ErrorCode::invalid_argument,
                           fmt::format("the VTEP {} needs the MAC of its next hop, because the underlay has no gateway_mac",
                                       vtep.address.to_string()));
    ferry::AdjacencySpec spec;
    spec.next_hop = *next_hop;
    spec.source_mac = underlay_mac;
    spec.source = config.host.vtep;
    spec.port = config.host.vxlan_port;
    spec.mtu = config.underlay.mtu;
    return spec;
}

Expected<void> Controller::Impl::add_vtep(const VtepConfig& vtep)
{
    if (vtep.address == config.host.vtep)
        return ferry::fail(ErrorCode::invalid_argument,
                           fmt::format("{} is this host's own VTEP address; remote VTEPs have others", vtep.address.to_string()));
    const auto spec = adjacency_for(vtep);
    if (!spec)
        return tl::unexpected(spec.error());
    ferry::Transaction transaction(*tables);
    auto id = transaction.add_vtep(vtep.address, *spec);
    if (!id)
        return tl::unexpected(id.error());
    const Tally before = tally_of(*id);
    auto committed = commit(transaction, stamp_now());
    if (committed) {
        vteps_before[*id] = before;
        note_ferry_vteps();
    }
    return committed.map([](double) {});
}

Expected<void> Controller::Impl::change_vtep(const VtepConfig& vtep)
{
    const auto spec = adjacency_for(vtep);
    if (!spec)
        return tl::unexpected(spec.error());
    ferry::Transaction transaction(*tables);
    if (auto changed = transaction.set_adjacency(vtep.address, *spec); !changed)
        return changed;
    return commit(transaction, stamp_now()).map([](double) {});
}

Expected<void> Controller::Impl::remove_vtep(ferry::Ipv4Address address)
{
    const auto id = vtep_id(address);
    ferry::Transaction transaction(*tables);
    if (auto removed = transaction.remove_vtep(address); !removed)
        return removed;
    return commit(transaction, stamp_now()).map([&](double) { close_exits_of(*id); });
}

std::vector<VtepStatus> Controller::Impl::vteps()
{
    std::vector<VtepStatus> all;
    VtepStatus unknown;
    unknown.traffic = status_of(tally_of(ferry::VtepId::none));
    all.push_back(std::move(unknown));
    for (const ferry::Adjacency* adjacency : tables->vteps().all()) {
        const Tally traffic = tally_of(adjacency->vtep).since(vteps_before[adjacency->vtep]);
        all.push_back({adjacency->remote, adjacency->spec.next_hop, adjacency->spec.mtu, status_of(traffic)});
    }
    return all;
}

}  // namespace ferryd
