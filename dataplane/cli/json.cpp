#include "cli/json.hpp"

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

Json or_null(const std::optional<double>& number)
{
    return number ? Json(*number) : Json(nullptr);
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
    add_traffic(object, port.traffic);
    return object;
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
    add_traffic(object, vtep.traffic);
    return object;
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
    Json workers = Json::array();
    for (const WorkerStatus& worker : stats.workers)
        workers.push_back({{"index", worker.index},
                           {"cpu", worker.cpu < 0 ? Json(nullptr) : Json(worker.cpu)},
                           {"loops", worker.loops},
                           {"idle_loops", worker.idle_loops},
                           {"sleeps", worker.sleeps}});
    return {{"totals", totals},
            {"drops", Json(stats.drops)},
            {"ports", to_json(stats.ports)},
            {"vteps", to_json(stats.vteps)},
            {"workers", workers}};
}

Json to_json(const MoveEvent& event)
{
    Json object;
    object["id"] = event.id;
    object["event"] = name_of(event.cause);
    object["time_ns"] = event.time_ns;
    object["vni"] = event.vni.value();
    object["mac"] = event.mac.to_string();
    object["from"] = event.from;
    object["to"] = event.to;
    object["version"] = event.version;
    object["visible_us"] = or_null(event.visible_us);
    object["peers_told"] = event.peers_told;
    object["peers_failed"] = event.peers_failed;
    object["first_delivery_ms"] = or_null(event.first_delivery_ms);
    object["network_added_ms"] = or_null(event.network_added_ms);
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

const char* name_of(MoveEvent::Cause cause) noexcept
{
    switch (cause) {
    case MoveEvent::Cause::ring_start: return "ring_start";
    case MoveEvent::Cause::ring_stop: return "ring_stop";
    case MoveEvent::Cause::peer: return "peer";
    case MoveEvent::Cause::manual: return "manual";
    }
    return "unknown";
}

}  // namespace ferryd
