#include <algorithm>

#include <fmt/format.h>

#include "control/controller_impl.hpp"

namespace ferryd {

using ferry::ErrorCode;

ferry::Row Controller::Impl::row(ferry::Vni vni, ferry::MacAddress mac) const
{
    const ferry::Segment* segment = tables->segments().newest(vni);
    return segment == nullptr ? ferry::Row{} : tables->fdb().newest(ferry::FdbKey(segment->index, mac));
}

/// The VTEP to which frames for the row go, or will when their turn is over; nothing for a row of this host's own.
std::optional<ferry::VtepId> Controller::Impl::vtep_behind(ferry::Row row) const
{
    switch (row.kind()) {
    case ferry::RowKind::remote: return row.vtep();
    case ferry::RowKind::turning: return tables->turns().at(row.turn()).to;
    default: return std::nullopt;
    }
}

std::string Controller::Impl::describe(ferry::Row row)
{
    if (row.kind() == ferry::RowKind::blackhole)
        return "blackhole";
    if (const auto vtep = vtep_behind(row)) {
        if (const ferry::Adjacency* adjacency = tables->vteps().newest(*vtep))
            return fmt::format("{} {}", row.kind() == ferry::RowKind::turning ? "turning to VTEP" : "VTEP", adjacency->remote.to_string());
    } else if (row.kind() == ferry::RowKind::local || row.kind() == ferry::RowKind::gated) {
        if (const AttachedPort* port = ports.find(row.attachment()))
            return fmt::format("{} {}", row.kind() == ferry::RowKind::gated ? "gate of" : "local", port->name());
    }
    return "-";
}

/// After an operator's change, which every worker sees, from one row to another.
FdbChange Controller::Impl::changed(ferry::Vni vni, ferry::MacAddress mac, ferry::Row from, ferry::Row to, const Stamp& asked,
                                    double visible_us)
{
    if (from.kind() == ferry::RowKind::turning)
        end_turn({vni, mac}, from.turn());
    return {asked.realtime_ns, vni, mac, describe(from), describe(to), visible_us};
}

Expected<FdbChange> Controller::Impl::set_fdb(ferry::Vni vni, ferry::MacAddress mac, const Place& place, FdbMode mode, const Stamp& asked)
{
    if (auto found = segment(vni); !found)
        return tl::unexpected(found.error());
    if (place.vtep.has_value() == place.port.has_value())
        return ferry::fail(ErrorCode::invalid_argument, "a row points either to a VTEP or to a port");
    ferry::Row wanted;
    if (place.vtep) {
        const auto id = vtep_id(*place.vtep);
        if (!id)
            return tl::unexpected(id.error());
        wanted = ferry::Row::remote(*id, ferry::RowOrigin::permanent);
    } else {
        const auto port = port_named(*place.port);
        if (!port)
            return tl::unexpected(port.error());
        wanted = ferry::Row::local((*port)->attachment, ferry::RowOrigin::permanent);
    }
    const ferry::Row present = row(vni, mac);
    if (mode == FdbMode::add && !present.is_absent())
        return ferry::fail(ErrorCode::already_exists, fmt::format("{} in VNI {} has a row already ({}); replace it", mac.to_string(),
                                                                  vni.value(), describe(present)));

    ferry::Transaction transaction(*tables);
    if (auto set = transaction.set_row(vni, mac, wanted); !set)
        return tl::unexpected(set.error());
    const auto visible = commit(transaction, asked);
    if (!visible)
        return tl::unexpected(visible.error());
    return changed(vni, mac, present, wanted, asked, *visible);
}

Expected<FdbChange> Controller::Impl::remove_fdb(ferry::Vni vni, ferry::MacAddress mac, const Stamp& asked)
{
    if (auto found = segment(vni); !found)
        return tl::unexpected(found.error());
    const ferry::Row present = row(vni, mac);
    if (present.is_absent())
        return ferry::fail(ErrorCode::not_found, fmt::format("{} has no row in VNI {}", mac.to_string(), vni.value()));
    ferry::Transaction transaction(*tables);
    if (auto removed = transaction.remove_row(vni, mac); !removed)
        return tl::unexpected(removed.error());
    const auto visible = commit(transaction, asked);
    if (!visible)
        return tl::unexpected(visible.error());
    return changed(vni, mac, present, ferry::Row{}, asked, *visible);
}

Expected<std::vector<FdbStatus>> Controller::Impl::fdb(std::optional<ferry::Vni> vni)
{
    if (vni) {
        if (auto found = segment(*vni); !found)
            return tl::unexpected(found.error());
    }
    std::map<ferry::SegmentIndex, ferry::Vni> vnis;
    for (const ferry::Segment* segment : tables->segments().all()) {
        if (!vni || segment->vni == *vni)
            vnis.emplace(segment->index, segment->vni);
    }
    const std::uint32_t now = seconds_of(stamp_now().tsc);
    std::vector<FdbStatus> rows;
    tables->fdb().for_each([&](ferry::FdbKey key, ferry::Row row, std::uint32_t last_seen) {
        const auto found = vnis.find(key.segment());
        if (found == vnis.end())
            return;
        FdbStatus status;
        status.vni = found->second;
        status.mac = key.mac();
        status.kind = row.kind();
        status.origin = row.origin();
        if (const auto vtep = vtep_behind(row)) {
            if (const ferry::Adjacency* adjacency = tables->vteps().newest(*vtep))
                status.vtep = adjacency->remote;
        } else if (row.kind() == ferry::RowKind::local || row.kind() == ferry::RowKind::gated) {
            if (const AttachedPort* port = ports.find(row.attachment()))
                status.port = port->name();
        }
        if (row.origin() == ferry::RowOrigin::learned && now > last_seen)
            status.idle_seconds = now - last_seen;
        rows.push_back(std::move(status));
    });
    std::sort(rows.begin(), rows.end(), [](const FdbStatus& a, const FdbStatus& b) { return std::tie(a.vni, a.mac) < std::tie(b.vni, b.mac); });
    return rows;
}

}  // namespace ferryd
