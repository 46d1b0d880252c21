#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "control/controller_impl.hpp"

namespace ferryd {

using ferry::ErrorCode;
using ferry::Row;
using ferry::RowOrigin;

void Controller::Impl::ring_event(const RingEvent& event)
{
    ring_events.push(event);
    control->wake();
}

void Controller::Impl::take_ring_events()
{
    for (const RingEvent& event : ring_events.take()) {
        AttachedPort* port = ports.find(event.port);
        if (port == nullptr)
            continue;
        switch (event.kind) {
        case RingEvent::Kind::started: ring_started(*port, event.at); break;
        case RingEvent::Kind::stopped: ring_stopped(*port, event.at); break;
        case RingEvent::Kind::migration_begun: spdlog::info("port {}: its VM has begun to migrate", port->name()); break;
        case RingEvent::Kind::migration_ended: spdlog::info("port {}: its VM does not migrate any more", port->name()); break;
        }
    }
}

/// The VM runs here now: its rows become local, and the other hosts are told.
void Controller::Impl::ring_started(AttachedPort& port, const Stamp& at)
{
    struct Change {
        ferry::MacAddress mac;
        Row from, to;
    };
    std::vector<Change> changes;
    ferry::Transaction transaction(*tables);
    for (const ferry::MacAddress& mac : port.config.macs) {
        const Row present = row(port.config.vni, mac);
        Row wanted = Row::local(port.attachment, RowOrigin::endpoint);
        if (!present.is_absent() && present.origin() == RowOrigin::permanent) {
            wanted = present;
            if (present != Row::local(port.attachment, RowOrigin::permanent))
                spdlog::warn("port {}: {} runs here, but its permanent FDB row ({}) stands; delete it if it is wrong",
                             port.name(), mac.to_string(), describe(present));
        } else if (auto set = transaction.set_row(port.config.vni, mac, wanted); !set) {
            spdlog::error("port {}: no row for {}: {}", port.name(), mac.to_string(), set.error().sentence);
            wanted = present;
        }
        changes.push_back({mac, present, wanted});
    }
    const auto committed = transaction.commit();
    if (!committed)
        spdlog::error("port {}: its rows are not changed: {}", port.name(), committed.error().sentence);

    port.ring_start_events.clear();
    for (const Change& change : changes) {
        const bool here = committed && change.to.kind() == ferry::RowKind::local && change.to.attachment() == port.attachment;
        EndpointPlace place{port.config.vni, change.mac, config.host.vtep, places.next_version(port.config.vni, change.mac), config.host.name};
        MoveEvent event;
        event.cause = MoveEvent::Cause::ring_start;
        event.time_ns = at.realtime_ns;
        event.vni = place.vni;
        event.mac = place.mac;
        event.from = describe(change.from);
        event.to = describe(committed ? change.to : change.from);
        event.version = here ? place.version : places.version(place.vni, place.mac);
        const std::uint64_t id = log.record(std::move(event)).id;
        port.ring_start_events.push_back(id);
        if (!here)
            continue;
        if (auto kept = places.keep(place); !kept)
            spdlog::warn("port {}: {}", port.name(), kept.error().sentence);
        announce(id, place);
    }
    port.ring_start_tsc = at.tsc;
    if (!committed)
        return;
    const double visible = wait_until_seen(*committed, at);
    for (const std::uint64_t id : port.ring_start_events) {
        if (MoveEvent* event = log.find(id))
            event->visible_us = visible;
    }
    spdlog::info("port {}: its ring runs; the VM is here, as every worker has known for {:.0f} us", port.name(), visible);
}

/// The row stays: until another host has the VM, its frames have no better place to be dropped and counted.
void Controller::Impl::ring_stopped(AttachedPort& port, const Stamp& at)
{
    for (const ferry::MacAddress& mac : port.config.macs) {
        MoveEvent event;
        event.cause = MoveEvent::Cause::ring_stop;
        event.time_ns = at.realtime_ns;
        event.vni = port.config.vni;
        event.mac = mac;
        event.from = fmt::format("local {}", port.name());
        event.to = describe(ferry::Row{});
        event.version = places.version(port.config.vni, mac);
        log.record(std::move(event));
    }
    spdlog::info("port {}: its ring has stopped", port.name());
}

void Controller::Impl::announce(std::uint64_t event, const EndpointPlace& place)
{
    if (peers == nullptr)
        return;
    peers->announce(place, [this, event, place, to = answers](std::string peer, bool told, std::uint64_t version) {
        const std::lock_guard lock(to->mutex);
        if (to->control != nullptr)
            to->control->post([=, this] { peer_answered(event, place, peer, told, version); });
    });
}

void Controller::Impl::peer_answered(std::uint64_t event, const EndpointPlace& place, const std::string& peer, bool told, std::uint64_t version)
{
    if (MoveEvent* recorded = log.find(event)) {
        // A peer that is told again with a higher version gives its last word.
        std::erase(recorded->peers_told, peer);
        std::erase(recorded->peers_failed, peer);
        (told ? recorded->peers_told : recorded->peers_failed).push_back(peer);
    }
    places.heard(place.vni, place.mac, version);
    const EndpointPlace* known = places.find(place.vni, place.mac);
    if (told || version <= place.version || known == nullptr || known->version != place.version || known->host != place.host)
        return;
    // The peer remembers more of this endpoint than this host, which has restarted. The VM still runs here: say so again.
    EndpointPlace again = place;
    again.version = places.next_version(place.vni, place.mac);
    const Row present = row(place.vni, place.mac);
    const AttachedPort* port = present.kind() == ferry::RowKind::local ? ports.find(present.attachment()) : nullptr;
    if (port == nullptr || port->vhost == nullptr || !port->vhost->running())
        return;
    spdlog::info("{} knows version {} of {}; announcing it again with version {}", peer, version, place.mac.to_string(), again.version);
    if (places.keep(again)) {
        if (MoveEvent* recorded = log.find(event))
            recorded->version = again.version;
        announce(event, again);
    }
}

Expected<std::uint64_t> Controller::Impl::endpoint_moved(const EndpointPlace& place, const Stamp& arrived)
{
    if (place.vtep == config.host.vtep)
        return ferry::fail(ErrorCode::invalid_argument,
                           fmt::format("{} is the VTEP address of {} itself; is it configured twice?", place.vtep.to_string(), config.host.name));
    if (auto found = segment(place.vni); !found)
        return tl::unexpected(found.error());
    const auto vtep = vtep_id(place.vtep);
    if (!vtep)
        return tl::unexpected(vtep.error());
    if (!places.is_news(place))
        return places.version(place.vni, place.mac);

    const Row present = row(place.vni, place.mac);
    if (!present.is_absent() && present.origin() == RowOrigin::permanent)
        return ferry::fail(ErrorCode::in_use, fmt::format("{} has a permanent FDB row at {} ({}); delete it there if it is wrong",
                                                          place.mac.to_string(), config.host.name, describe(present)));
    if (present.kind() == ferry::RowKind::local) {
        const AttachedPort* port = ports.find(present.attachment());
        if (port != nullptr && port->vhost != nullptr && port->vhost->running())
            spdlog::error("two VMs use the MAC {} in VNI {}: one runs here on port {}, and {} says that it runs there now; "
                          "frames go there", place.mac.to_string(), place.vni.value(), port->name(), place.host);
    }
    ferry::Transaction transaction(*tables);
    const Row wanted = Row::remote(*vtep, RowOrigin::endpoint);
    if (auto set = transaction.set_row(place.vni, place.mac, wanted); !set)
        return tl::unexpected(set.error());
    if (auto kept = places.keep(place); !kept)
        return tl::unexpected(kept.error());
    const auto visible = commit(transaction, arrived);
    if (!visible)
        return tl::unexpected(visible.error());

    MoveEvent event;
    event.cause = MoveEvent::Cause::peer;
    event.time_ns = arrived.realtime_ns;
    event.vni = place.vni;
    event.mac = place.mac;
    event.from = describe(present);
    event.to = describe(wanted);
    event.version = place.version;
    event.visible_us = *visible;
    log.record(std::move(event));
    return place.version;
}

void Controller::Impl::note_first_deliveries()
{
    for (const auto& [name, port] : ports.all()) {
        if (port->vhost == nullptr || port->ring_start_tsc == 0)
            continue;
        const auto delivery = port->vhost->delivery().of(port->ring_start_tsc);
        for (const std::uint64_t id : port->ring_start_events) {
            MoveEvent* event = log.find(id);
            if (event == nullptr || !delivery)
                continue;
            if (delivery->first_tsc)
                event->first_delivery_ms = milliseconds_between(delivery->start_tsc, *delivery->first_tsc);
            if (delivery->waiting_tsc)
                event->network_added_ms = milliseconds_between(delivery->start_tsc, *delivery->waiting_tsc);
        }
        if (!delivery || (delivery->first_tsc && !port->vhost->delivery().armed()))
            port->ring_start_tsc = 0;
    }
}

std::vector<MoveEvent> Controller::Impl::moves(std::uint64_t after)
{
    note_first_deliveries();
    return log.after(after);
}

}  // namespace ferryd
