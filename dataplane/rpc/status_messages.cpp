// Messages that tell how things are.
#include "rpc/fields.hpp"
#include "rpc/messages.hpp"

namespace ferryd {

namespace {

v1::Traffic to_message(const TrafficStatus& traffic)
{
    v1::Traffic message;
    message.set_in_frames(traffic.in_frames);
    message.set_in_bytes(traffic.in_bytes);
    message.set_out_frames(traffic.out_frames);
    message.set_out_bytes(traffic.out_bytes);
    message.mutable_drops()->insert(traffic.drops.begin(), traffic.drops.end());
    return message;
}

TrafficStatus traffic_of(const v1::Traffic& message)
{
    return {message.in_frames(), message.in_bytes(), message.out_frames(), message.out_bytes(),
            DropCounts(message.drops().begin(), message.drops().end())};
}

}  // namespace

v1::PortStatus to_message(const PortStatus& port)
{
    v1::PortStatus message;
    message.set_name(port.name);
    message.set_kind(port.kind);
    message.set_device(port.device);
    message.set_underlay(port.underlay);
    message.set_vni(port.vni.value());
    for (const ferry::MacAddress& mac : port.macs)
        message.add_macs(mac.to_string());
    message.set_state(port.state);
    message.set_worker(port.worker);
    message.set_migrating(port.migrating);
    message.set_kernel_drops(port.kernel_drops);
    *message.mutable_traffic() = to_message(port.traffic);
    if (port.steering) {
        message.mutable_steering()->set_mode(port.steering->mode);
        message.mutable_steering()->set_zero_copy(port.steering->zero_copy);
        message.mutable_steering()->set_program(port.steering->program);
    }
    message.set_announcements(port.announcements);
    if (port.host_interface) {
        message.mutable_host_interface()->set_name(port.host_interface->name);
        message.mutable_host_interface()->set_state(port.host_interface->state);
        *message.mutable_host_interface()->mutable_traffic() = to_message(port.host_interface->traffic);
    }
    return message;
}

Expected<PortStatus> from_message(const v1::PortStatus& message)
{
    Fields fields;
    PortStatus port;
    port.name = message.name();
    port.kind = message.kind();
    port.device = message.device();
    port.underlay = message.underlay();
    port.vni = fields.vni(message.vni());
    port.macs = fields.macs(message.macs());
    port.state = message.state();
    port.worker = message.worker();
    port.migrating = message.migrating();
    port.kernel_drops = message.kernel_drops();
    port.traffic = traffic_of(message.traffic());
    if (message.has_steering())
        port.steering = {message.steering().mode(), message.steering().zero_copy(), message.steering().program()};
    port.announcements = message.announcements();
    if (message.has_host_interface())
        port.host_interface = {message.host_interface().name(), message.host_interface().state(),
                               traffic_of(message.host_interface().traffic())};
    return fields.finish(std::move(port));
}

v1::Segment to_message(const SegmentStatus& segment)
{
    v1::Segment message;
    message.set_vni(segment.vni.value());
    message.set_learning(segment.learning);
    for (ferry::Ipv4Address remote : segment.flood)
        message.add_flood(remote.to_string());
    for (const std::string& port : segment.ports)
        message.add_ports(port);
    return message;
}

Expected<SegmentStatus> status_of(const v1::Segment& message)
{
    Fields fields;
    SegmentStatus segment;
    segment.vni = fields.vni(message.vni());
    segment.learning = message.learning();
    segment.flood = fields.ipv4s(message.flood());
    segment.ports.assign(message.ports().begin(), message.ports().end());
    return fields.finish(std::move(segment));
}

v1::VtepStatus to_message(const VtepStatus& vtep)
{
    v1::VtepStatus message;
    message.set_address(vtep.address.to_string());
    message.set_next_hop(vtep.next_hop.to_string());
    message.set_mtu(vtep.mtu);
    *message.mutable_traffic() = to_message(vtep.traffic);
    message.set_state(vtep.state);
    message.set_via(vtep.via);
    message.set_reason(vtep.reason);
    return message;
}

Expected<VtepStatus> from_message(const v1::VtepStatus& message)
{
    Fields fields;
    VtepStatus vtep;
    vtep.address = fields.ipv4(message.address());
    vtep.next_hop = fields.mac(message.next_hop());
    vtep.mtu = static_cast<std::uint16_t>(message.mtu());
    vtep.traffic = traffic_of(message.traffic());
    vtep.state = message.state();
    vtep.via = message.via();
    vtep.reason = message.reason();
    return fields.finish(std::move(vtep));
}

v1::FdbRow to_message(const FdbStatus& row)
{
    v1::FdbRow message;
    message.set_vni(row.vni.value());
    message.set_mac(row.mac.to_string());
    switch (row.kind) {
    case ferry::RowKind::gated: message.set_kind(v1::ROW_KIND_GATED); break;
    case ferry::RowKind::turning: message.set_kind(v1::ROW_KIND_TURNING); break;
    case ferry::RowKind::local: message.set_kind(v1::ROW_KIND_LOCAL); break;
    case ferry::RowKind::remote: message.set_kind(v1::ROW_KIND_REMOTE); break;
    case ferry::RowKind::blackhole: message.set_kind(v1::ROW_KIND_BLACKHOLE); break;
    default: break;
    }
    switch (row.origin) {
    case ferry::RowOrigin::permanent: message.set_origin(v1::ROW_ORIGIN_PERMANENT); break;
    case ferry::RowOrigin::endpoint: message.set_origin(v1::ROW_ORIGIN_ENDPOINT); break;
    case ferry::RowOrigin::learned: message.set_origin(v1::ROW_ORIGIN_LEARNED); break;
    }
    if (row.vtep)
        message.set_vtep(row.vtep->to_string());
    if (row.port)
        message.set_port(*row.port);
    message.set_idle_seconds(row.idle_seconds);
    return message;
}

Expected<FdbStatus> from_message(const v1::FdbRow& message)
{
    Fields fields;
    FdbStatus row;
    row.vni = fields.vni(message.vni());
    row.mac = fields.mac(message.mac());
    switch (message.kind()) {
    case v1::ROW_KIND_LOCAL: row.kind = ferry::RowKind::local; break;
    case v1::ROW_KIND_REMOTE: row.kind = ferry::RowKind::remote; break;
    case v1::ROW_KIND_GATED: row.kind = ferry::RowKind::gated; break;
    case v1::ROW_KIND_TURNING: row.kind = ferry::RowKind::turning; break;
    case v1::ROW_KIND_BLACKHOLE: row.kind = ferry::RowKind::blackhole; break;
    default: break;
    }
    switch (message.origin()) {
    case v1::ROW_ORIGIN_ENDPOINT: row.origin = ferry::RowOrigin::endpoint; break;
    case v1::ROW_ORIGIN_LEARNED: row.origin = ferry::RowOrigin::learned; break;
    default: row.origin = ferry::RowOrigin::permanent; break;
    }
    if (message.has_vtep())
        row.vtep = fields.ipv4(message.vtep());
    if (message.has_port())
        row.port = message.port();
    row.idle_seconds = message.idle_seconds();
    return fields.finish(std::move(row));
}

v1::GetStatsResponse to_message(const StatsStatus& stats)
{
    v1::GetStatsResponse message;
    message.set_underlay_in_frames(stats.underlay_in_frames);
    message.set_passed(stats.passed);
    message.set_encapsulated(stats.encapsulated);
    message.set_decapsulated(stats.decapsulated);
    message.set_replicated(stats.replicated);
    message.set_local_switched(stats.local_switched);
    message.set_learn_overflow(stats.learn_overflow);
    message.set_learned(stats.learned);
    message.set_learned_moved(stats.learned_moved);
    message.set_aged(stats.aged);
    message.set_learning_refused(stats.learning_refused);
    message.mutable_drops()->insert(stats.drops.begin(), stats.drops.end());
    for (const PortStatus& port : stats.ports)
        *message.add_ports() = to_message(port);
    for (const VtepStatus& vtep : stats.vteps)
        *message.add_vteps() = to_message(vtep);
    for (const WorkerStatus& worker : stats.workers) {
        v1::WorkerStatus& added = *message.add_workers();
        added.set_index(worker.index);
        added.set_cpu(worker.cpu);
        added.set_loops(worker.loops);
        added.set_idle_loops(worker.idle_loops);
        added.set_sleeps(worker.sleeps);
        added.set_wakes(worker.wakes);
        added.set_thread(worker.thread);
        added.mutable_underlay_queues()->Add(worker.underlay_queues.begin(), worker.underlay_queues.end());
    }
    v1::AnnouncementStatus& announcements = *message.mutable_announcements();
    announcements.set_seen(stats.announcements.seen);
    announcements.set_started(stats.announcements.started);
    announcements.set_refused(stats.announcements.refused);
    announcements.set_lost(stats.announcements.lost);
    announcements.set_limited(stats.announcements.limited);
    return message;
}

Expected<StatsStatus> from_message(const v1::GetStatsResponse& message)
{
    Fields fields;
    StatsStatus stats;
    stats.underlay_in_frames = message.underlay_in_frames();
    stats.passed = message.passed();
    stats.encapsulated = message.encapsulated();
    stats.decapsulated = message.decapsulated();
    stats.replicated = message.replicated();
    stats.local_switched = message.local_switched();
    stats.learn_overflow = message.learn_overflow();
    stats.learned = message.learned();
    stats.learned_moved = message.learned_moved();
    stats.aged = message.aged();
    stats.learning_refused = message.learning_refused();
    stats.drops.insert(message.drops().begin(), message.drops().end());
    stats.ports = fields.sub(read_messages<PortStatus, v1::PortStatus>(message.ports(), from_message));
    stats.vteps = fields.sub(read_messages<VtepStatus, v1::VtepStatus>(message.vteps(), from_message));
    for (const v1::WorkerStatus& worker : message.workers())
        stats.workers.push_back({worker.index(), worker.cpu(), worker.loops(), worker.idle_loops(), worker.sleeps(),
                                 worker.wakes(), worker.thread(),
                                 {worker.underlay_queues().begin(), worker.underlay_queues().end()}});
    const v1::AnnouncementStatus& announcements = message.announcements();
    stats.announcements = {announcements.seen(), announcements.started(), announcements.refused(), announcements.lost(),
                           announcements.limited()};
    return fields.finish(std::move(stats));
}

v1::FdbChange to_message(const FdbChange& change)
{
    v1::FdbChange message;
    message.set_time_ns(change.time_ns);
    message.set_vni(change.vni.value());
    message.set_mac(change.mac.to_string());
    message.set_from(change.from);
    message.set_to(change.to);
    if (change.visible_us)
        message.set_visible_us(*change.visible_us);
    return message;
}

Expected<FdbChange> from_message(const v1::FdbChange& message)
{
    Fields fields;
    FdbChange change;
    change.time_ns = message.time_ns();
    change.vni = fields.vni(message.vni());
    change.mac = fields.mac(message.mac());
    change.from = message.from();
    change.to = message.to();
    if (message.has_visible_us())
        change.visible_us = message.visible_us();
    return fields.finish(std::move(change));
}

v1::Peer to_message(const PeerStatus& peer)
{
    v1::Peer message;
    message.set_address(peer.address);
    message.set_vtep(peer.vtep.to_string());
    message.set_name(peer.name);
    message.set_vnis(peer.vnis);
    message.set_connected(peer.connected);
    message.set_heard(peer.heard);
    if (peer.connected_since_ns)
        message.set_connected_since_ns(*peer.connected_since_ns);
    if (peer.rtt_us)
        message.set_rtt_us(*peer.rtt_us);
    if (peer.datagram_rtt_us)
        message.set_datagram_rtt_us(*peer.datagram_rtt_us);
    message.set_sent(peer.sent);
    message.set_sent_by_datagram(peer.sent_by_datagram);
    message.set_received(peer.received);
    message.set_dropped(peer.dropped);
    message.set_fault(peer.fault);
    return message;
}

Expected<PeerStatus> from_message(const v1::Peer& message)
{
    Fields fields;
    PeerStatus peer;
    peer.address = message.address();
    peer.vtep = fields.ipv4(message.vtep());
    peer.name = message.name();
    peer.vnis = message.vnis();
    peer.connected = message.connected();
    peer.heard = message.heard();
    if (message.has_connected_since_ns())
        peer.connected_since_ns = message.connected_since_ns();
    if (message.has_rtt_us())
        peer.rtt_us = message.rtt_us();
    if (message.has_datagram_rtt_us())
        peer.datagram_rtt_us = message.datagram_rtt_us();
    peer.sent = message.sent();
    peer.sent_by_datagram = message.sent_by_datagram();
    peer.received = message.received();
    peer.dropped = message.dropped();
    peer.fault = message.fault();
    return fields.finish(std::move(peer));
}

}  // namespace ferryd
