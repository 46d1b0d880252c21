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

Expected<void> Controller::Impl::add_vtep(const VtepConfig& vtep)
{
    if (vtep.address == config.host.vtep || tables->local_vteps().has(vtep.address))
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
        follow_next_hop(vtep);
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
    // Frames that have waited for the kernel's answer leave by the configured next hop.
    if (const auto mac = configured_next_hop(vtep))
        next_hop_table->set(tables->vteps().find(vtep.address), {NextHopState::resolved, *mac});
    else if (!next_hops.contains(vtep.address))
        next_hop_table->set(tables->vteps().find(vtep.address), {});
    return commit(transaction, stamp_now()).map([&](double) { follow_next_hop(vtep); });
}

Expected<void> Controller::Impl::remove_vtep(ferry::Ipv4Address address)
{
    const auto id = vtep_id(address);
    ferry::Transaction transaction(*tables);
    if (auto removed = transaction.remove_vtep(address); !removed)
        return removed;
    return commit(transaction, stamp_now()).map([&](double) {
        close_exits_of(*id);
        forget_next_hop(address, *id);
    });
}

std::vector<VtepStatus> Controller::Impl::vteps()
{
    std::vector<VtepStatus> all;
    VtepStatus unknown;
    unknown.traffic = status_of(tally_of(ferry::VtepId::none));
    all.push_back(std::move(unknown));
    for (const ferry::Adjacency* adjacency : tables->vteps().all()) {
        all.push_back(status_of_vtep(*adjacency));
        all.back().traffic = status_of(tally_of(adjacency->vtep).since(vteps_before[adjacency->vtep]));
    }
    return all;
}

VtepStatus Controller::Impl::status_of_vtep(const ferry::Adjacency& adjacency) const
{
    VtepStatus status;
    status.address = adjacency.remote;
    status.mtu = adjacency.spec.mtu;
    status.state = "configured";
    status.next_hop = adjacency.spec.next_hop;
    const auto followed = next_hops.find(adjacency.remote);
    if (followed == next_hops.end())
        return status;
    const NextHop& next_hop = followed->second;
    status.state = name_of(next_hop.state);
    status.next_hop = next_hop.mac;
    status.via = next_hop.via ? text_of(*next_hop.via) : "";
    status.reason = next_hop.reason;
    return status;
}

}  // namespace ferryd
