#include "cli/json.hpp"

#include "cli/move_text.hpp"

namespace ferryd {

namespace {

void add_traffic(Json& object, const TrafficStatus& traffic)
{
    object["in_frames"] = traffic.in_frames;
    object["in_bytes"] = traffic.in_bytes;
    object["out_frames"] = traffic.out_frames;
    object["out_bytes"] = traffic.out_bytes;
    object["drops"] = Json(traffic.drops);
}

template <typename T>
Json or_null(const std::optional<T>& value)
{
    return value ? Json(*value) : Json(nullptr);
}

Json or_null(ferry::move::Host host)
{
    return host.is_zero() ? Json(nullptr) : Json(host.to_string());
}

Json to_json(const ferry::move::Version& version)
{
    return {{"term", version.term}, {"epoch", version.epoch}, {"host", or_null(version.host)}};
}

Json to_json(const MoveLedger& ledger)
{
    Json object;
    object["received"] = ledger.received;
    object["flush_received"] = ledger.flush_received;
    object["flush_told"] = or_null(ledger.flush_told);
    object["relay_received"] = ledger.relay_received;
    object["relay_told"] = or_null(ledger.relay_told);
    object["docked"] = ledger.docked;
    object["delivered"] = ledger.delivered;
    object["replayed"] = ledger.replayed;
    object["flushed"] = ledger.flushed;
    object["relayed"] = ledger.relayed;
    object["waiting"] = ledger.waiting;
    object["late_flush"] = ledger.late_flush;
    object["out_of_order"] = ledger.out_of_order;
    object["marked"] = ledger.marked;
    object["drops"] = Json(ledger.drops);
    return object;
}

}  // namespace

Json to_json(const PortStatus& port)
{
    Json object;
    object["name"] = port.name;
    object["kind"] = port.kind;
    object["device"] = port.device;
    object["underlay"] = port.underlay;
    object["vni"] = port.underlay ? Json(nullptr) : Json(port.vni.value());
    object["macs"] = texts_of(port.macs);
    object["state"] = port.state;
    object["worker"] = port.worker;
    object["migrating"] = port.migrating;
    object["kernel_drops"] = port.kernel_drops;
    if (port.steering)
        object["steering"] = {{"mode", port.steering->mode},
                              {"zero_copy", port.steering->zero_copy},
                              {"program", port.steering->program}};
    if (!port.announcements.empty())
        object["announcements"] = port.announcements;
    add_traffic(object, port.traffic);
    if (port.host_interface) {
        Json& host = object["host_interface"];
        host = {{"name", port.host_interface->name}, {"state", port.host_interface->state}};
        add_traffic(host, port.host_interface->traffic);
    }
    return object;
}

Json to_json(const WorkerStatus& worker)
{
    return {{"index", worker.index},
            {"thread", worker.thread},
            {"cpu", worker.cpu < 0 ? Json(nullptr) : Json(worker.cpu)},
            {"underlay_queues", worker.underlay_queues},
            {"loops", worker.loops},
            {"idle_loops", worker.idle_loops},
            {"sleeps", worker.sleeps},
            {"wakes", worker.wakes}};
}

Json to_json(const SegmentStatus& segment)
{
    return {{"vni", segment.vni.value()},
            {"learning", segment.learning},
            {"flood", texts_of(segment.flood)},
            {"ports", segment.ports}};
}

Json to_json(const VtepStatus& vtep)
{
    Json object;
    object["address"] = vtep.address.to_string();
    object["next_hop"] = vtep.next_hop.to_string();
    object["mtu"] = vtep.mtu;
    if (!vtep.state.empty())
        object["state"] = vtep.state;
    if (!vtep.via.empty())
        object["via"] = vtep.via;
    if (!vtep.reason.empty())
        object["reason"] = vtep.reason;
    add_traffic(object, vtep.traffic);
    return object;
}

Json to_json(const ferry::LocalVtep& vtep)
{
    return {{"address", vtep.address.to_string()}, {"port", vtep.port}};
}

Json to_json(const FdbStatus& row)
{
    Json object;
    object["mac"] = row.mac.to_string();
    object["vni"] = row.vni.value();
    object["kind"] = name_of(row.kind);
    if (row.vtep)
        object["dst"] = row.vtep->to_string();
    if (row.port)
        object["port"] = *row.port;
    object["origin"] = name_of(row.origin);
    object["idle_seconds"] = row.idle_seconds;
    return object;
}

Json to_json(const StatsStatus& stats)
{
    Json totals;
    totals["underlay_in_frames"] = stats.underlay_in_frames;
    totals["passed"] = stats.passed;
    totals["encapsulated"] = stats.encapsulated;
    totals["decapsulated"] = stats.decapsulated;
    totals["replicated"] = stats.replicated;
    totals["local_switched"] = stats.local_switched;
    totals["learn_overflow"] = stats.learn_overflow;
    totals["learned"] = stats.learned;
    totals["learned_moved"] = stats.learned_moved;
    totals["aged"] = stats.aged;
    totals["learning_refused"] = stats.learning_refused;
    const Json announcements = {{"seen", stats.announcements.seen},
                                {"started", stats.announcements.started},
                                {"refused", stats.announcements.refused},
                                {"lost", stats.announcements.lost},
                                {"limited", stats.announcements.limited}};
    return {{"totals", totals},
            {"announcements", announcements},
            {"drops", Json(stats.drops)},
            {"ports", to_json(stats.ports)},
            {"vteps", to_json(stats.vteps)},
            {"workers", to_json(stats.workers)}};
}

Json to_json(const FdbChange& change)
{
    Json object;
    object["time_ns"] = change.time_ns;
    object["vni"] = change.vni.value();
    object["mac"] = change.mac.to_string();
    object["from"] = change.from;
    object["to"] = change.to;
    object["visible_us"] = or_null(change.visible_us);
    return object;
}

Json to_json(const MoveStatus& move)
{
    Json object;
    object["id"] = move.id;
    object["change"] = move.change;
    object["role"] = name_of(move.role);
    object["state"] = state_of(move);
    object["vni"] = move.key.vni.value();
    object["mac"] = move.key.mac.to_string();
    object["port"] = move.port.empty() ? Json(nullptr) : Json(move.port);
    object["from"] = or_null(move.from);
    object["from_name"] = move.from_name;
    object["to"] = or_null(move.to);
    object["to_name"] = move.to_name;
    object["version"] = to_json(move.version);
    object["phases"] = Json::array();
    for (const ferry::move::LedgerEntry& entry : move.phases)
        object["phases"].push_back({{"name", ferry::move::name_of(entry.phase)},
                                    {"time_ns", entry.time},
                                    {"host", or_null(entry.host)},
                                    {"count", entry.count},
                                    {"version", to_json(entry.version)}});
    object["ledger"] = to_json(move.ledger);
    object["closed"] = move.closed;
    object["adds_up"] = or_null(move.adds_up);
    object["docked_us"] = or_null(move.docked_us);
    object["redirect_us"] = or_null(move.redirect_us);
    object["first_delivery_ms"] = or_null(move.first_delivery_ms);
    object["network_added_ms"] = or_null(move.network_added_ms);
    object["visible_us"] = or_null(move.visible_us);
    return object;
}

Json to_json(const PeerStatus& peer)
{
    Json object;
    object["address"] = peer.address;
    object["vtep"] = peer.vtep.to_string();
    object["name"] = peer.name;
    object["vnis"] = peer.vnis;
    object["connected"] = peer.connected;
    object["heard"] = peer.heard;
    object["connected_since_ns"] = or_null(peer.connected_since_ns);
    object["rtt_us"] = or_null(peer.rtt_us);
    object["datagram_rtt_us"] = or_null(peer.datagram_rtt_us);
    object["sent"] = peer.sent;
    object["sent_by_datagram"] = peer.sent_by_datagram;
    object["received"] = peer.received;
    object["dropped"] = peer.dropped;
    object["fault"] = peer.fault;
    return object;
}

const char* name_of(ferry::RowKind kind) noexcept
{
    switch (kind) {
    case ferry::RowKind::local: return "local";
    case ferry::RowKind::remote: return "remote";
    case ferry::RowKind::blackhole: return "blackhole";
    case ferry::RowKind::gated: return "gated";
    case ferry::RowKind::turning: return "turning";
    case ferry::RowKind::absent:
    case ferry::RowKind::pending: break;
    }
    return "unknown";
}

const char* name_of(ferry::RowOrigin origin) noexcept
{
    switch (origin) {
    case ferry::RowOrigin::permanent: return "permanent";
    case ferry::RowOrigin::endpoint: return "endpoint";
    case ferry::RowOrigin::learned: return "learned";
    }
    return "unknown";
}

}  // namespace ferryd
