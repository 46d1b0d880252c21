// What the data path, the clock and other hosts tell the machine that moves endpoints.
#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "control/controller_impl.hpp"

namespace ferryd {

using ferry::ErrorCode;
using ferry::Row;
using ferry::RowKind;
using ferry::RowOrigin;
using ferry::move::GateEvent;
using ferry::move::Host;
using ferry::move::Key;

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
        case RingEvent::Kind::started: port_started(*port, event.at); break;
        case RingEvent::Kind::stopped: port_stopped(*port, event.at); break;
        case RingEvent::Kind::migration_begun: spdlog::info("port {}: its VM has begun to migrate", port->name()); break;
        case RingEvent::Kind::migration_ended: spdlog::info("port {}: its VM does not migrate any more", port->name()); break;
        }
    }
}

/// Where an operator's row says something else than that the endpoint is at this port, that stands.
bool Controller::Impl::is_pinned(const AttachedPort& port, ferry::MacAddress mac)
{
    const Row present = row(port.config.vni, mac);
    if (present.is_absent() || present.origin() != RowOrigin::permanent)
        return false;
    if (present != Row::local(port.attachment, RowOrigin::permanent))
        spdlog::warn("port {}: {} runs here, but its permanent FDB row ({}) stands; delete it if it is wrong", port.name(),
                     mac.to_string(), describe(present));
    return true;
}

/// The VM runs here: its rows become local, when no other host has it any more.
void Controller::Impl::port_started(AttachedPort& port, const Stamp& at)
{
    if (port.started)  // the stop in between was left out
        port_stopped(port, at);
    port.started = true;
    const std::int64_t time = nanoseconds_of(at.tsc);
    for (const ferry::MacAddress mac : port.config.macs) {
        const Key key{port.config.vni, mac};
        if (is_pinned(port, mac) || !moves->local.contains(key)) {
            for (const auto kind : {GateCommand::Kind::hold, GateCommand::Kind::ring})
                command({kind, &port.gates->gate_of(mac)});
            continue;
        }
        moves->started[key] = time;
        moves->unclaimed.insert(key);
        if (auto known = moves->machine->ring_started(key, place_of(row(key.vni, mac)), time, moves->wanted); !known) {
            spdlog::error("port {}: {} is not claimed: {}", port.name(), mac.to_string(), known.error().sentence);
            moves->unclaimed.erase(key);
        }
    }
    apply();
    admit(port);
    spdlog::info("port {}: its VM runs here", port.name());
}

void Controller::Impl::port_stopped(AttachedPort& port, const Stamp& at)
{
    port.started = false;
    spdlog::info("port {}: its VM has stopped", port.name());
    const std::int64_t time = nanoseconds_of(at.tsc);
    constexpr std::int64_t millisecond = 1'000'000;
    const std::int64_t hold = port.config.hold_ms.value_or(config.move.hold_ms) * millisecond;
    for (const ferry::MacAddress mac : port.config.macs) {
        const Key key{port.config.vni, mac};
        if (!moves->local.contains(key) || is_pinned(port, mac))
            continue;
        moves->unclaimed.erase(key);
        command({GateCommand::Kind::hold, &port.gates->gate_of(mac)});
        if (auto known = moves->machine->ring_stopped(key, time, moves->wanted, hold); !known)
            spdlog::error("port {}: {} cannot be claimed: {}", port.name(), mac.to_string(), known.error().sentence);
    }
    apply();
}

/// Lets the port's VM send when the rows of all its endpoints say that they are here, and no other host has one too.
void Controller::Impl::admit(AttachedPort& port)
{
    const bool admitted = port.started && std::none_of(port.config.macs.begin(), port.config.macs.end(), [&](ferry::MacAddress mac) {
        const Key key{port.config.vni, mac};
        return moves->unclaimed.contains(key) || moves->silent.contains(key);
    });
    if (port.vhost != nullptr) {
        port.vhost->admit(admitted);
    } else if (port.polled != admitted) {
        port.polled = admitted;
        rewire();
    }
}

ferry::move::Place Controller::Impl::place_of(Row row) const
{
    using ferry::move::Place;
    if (row.kind() == RowKind::local || row.kind() == RowKind::gated)
        return {Place::Kind::here, {}};
    const auto vtep = vtep_behind(row);
    if (!vtep)
        return {};
    const Host host = host_of(*vtep);
    return {moves->ferry_hosts.contains(host) ? Place::Kind::ferry : Place::Kind::plain, host};
}

Host Controller::Impl::host_of(ferry::VtepId vtep) const
{
    const ferry::Adjacency* adjacency = vtep == ferry::VtepId::none ? nullptr : tables->vteps().newest(vtep);
    return adjacency == nullptr ? Host{} : adjacency->remote;
}

/// Before the machine is told of `key`: does what it wanted when it was told of that key before. `told` are those that it has
/// been told of since.
void Controller::Impl::finish_before(std::set<Key>& told, const Key& key, Way way)
{
    if (told.insert(key).second)
        return;
    apply(way);
    told = {key};
}

void Controller::Impl::take_gate_news()
{
    GateNews news;
    std::set<Key> told;
    for (const auto& worker : workers->all()) {
        while (worker->gates().take_news(news)) {
            finish_before(told, news.gate->key());
            tell_machine(news);
        }
    }
    apply();
}

void Controller::Impl::tell_machine(const GateNews& news)
{
    const Key key = news.gate->key();
    const GateEvent& event = news.event;
    auto& machine = *moves->machine;
    switch (event.kind) {
    case GateEvent::Kind::drained:
        if (const auto local = moves->local.find(key); local != moves->local.end())
            local->second.flushing = false;
        machine.drained(key, event.count, news.time, moves->wanted);
        break;
    case GateEvent::Kind::opened: machine.opened(key, event.count, news.time, moves->wanted); break;
    case GateEvent::Kind::merged: machine.merged(key, news.time, moves->wanted); break;
    case GateEvent::Kind::stream_passed:
        machine.stream_passed(key, event.stream, true, event.count, news.time, moves->wanted);
        break;
    case GateEvent::Kind::stream_timed_out:
        machine.stream_passed(key, event.stream, false, event.count, news.time, moves->wanted);
        break;
    case GateEvent::Kind::direct: machine.came_directly(key, host_of(event.peer), news.time, moves->wanted); break;
    case GateEvent::Kind::relayed: {
        const Host sender = event.from_attachment ? config.host.vtep : host_of(event.peer);
        const bool is_ferry = event.from_attachment || moves->ferry_hosts.contains(sender);
        machine.relayed(key, sender, is_ferry, news.time, moves->wanted);
        break;
    }
    }
}

/// Who comes by rows that relay. Ferry hosts are not told to turn because of that: they ask by themselves.
void Controller::Impl::take_relay_news()
{
    std::array<ferry::RelayEvent, 64> news;
    for (const auto& worker : workers->all()) {
        const std::size_t count = worker->engine().relayed().pop(news.data(), news.size());
        for (const ferry::RelayEvent& event : std::span(news.data(), count)) {
            const ferry::Segment* segment = tables->segments().newest(event.key.segment());
            const Host sender = host_of(event.peer);
            if (segment != nullptr && !moves->ferry_hosts.contains(sender))
                moves->machine->relayed({segment->vni, event.key.mac()}, sender, false, nanoseconds_now(),
                                        moves->wanted);
        }
    }
    apply();
}

/// A learned row follows a frame, but from one ferry host to another it follows a turn.
bool Controller::Impl::follows(ferry::FdbKey key, Row present, Row seen)
{
    if (present.kind() != RowKind::remote || seen.kind() != RowKind::remote)
        return present.kind() == RowKind::remote || present.kind() == RowKind::local;
    const Host at = host_of(seen.vtep());
    const Host row = host_of(present.vtep());
    if (!moves->ferry_hosts.contains(row) || !moves->ferry_hosts.contains(at))
        return true;
    const ferry::Segment* segment = tables->segments().newest(key.segment());
    if (segment != nullptr && moves->sightings.size() < 1024)
        moves->sightings.push_back({{segment->vni, key.mac()}, row, at});
    return false;
}

/// Control thread, about every 10 ms and when woken.
void Controller::Impl::look_after_moves()
{
    take_gate_news();
    take_relay_news();
    const std::int64_t now = nanoseconds_now();
    for (const Moves::Sighting& seen : moves->sightings)
        (void)moves->machine->seen_elsewhere(seen.key, seen.row, seen.at, now, moves->wanted);  // its next frame tells again
    moves->sightings.clear();
    look_after_unseen();
    apply();
    if (const auto deadline = moves->machine->deadline(); deadline && *deadline <= now)
        moves->machine->tick(now, moves->wanted);
    apply(Way::stream);
    while (!moves->later.empty() && moves->later.front().at <= now) {
        const ferry::move::Labels& labels = moves->later.front().labels;
        close_exit(labels.relay);
        tables->labels().clear(labels.flush);
        tables->labels().clear(labels.relay);
        moves->later.pop_front();
    }
}

void Controller::Impl::take_messages()
{
    const std::vector<Inbox::Received> messages = inbox.take();
    const bool by_stream = std::ranges::any_of(messages, [](const auto& received) { return received.way == Way::stream; });
    const Way way = by_stream ? Way::stream : Way::datagram;
    take_ring_events();  // what stopped before the other host could know comes first
    take_announcements();  // and what a VM said here before another host could claim it
    take_gate_news();
    std::set<Key> told;
    for (const Inbox::Received& received : messages) {
        const Key& key = received.message.key;
        finish_before(told, key, way);
        const ferry::move::Place place = place_of(row(key.vni, key.mac));
        // What cannot be taken for want of room is repeated by the other host.
        (void)moves->machine->received(received.from, received.message, received.allowed, place, nanoseconds_now(),
                                       moves->wanted);
    }
    apply(way);
}

void Controller::Impl::unreachable(Host host)
{
    moves->machine->unreachable(host, nanoseconds_now(), moves->wanted);
    apply();
}

Expected<void> Controller::Impl::hold_port(const std::string& name)
{
    const auto found = port_named(name);
    if (!found)
        return tl::unexpected(found.error());
    AttachedPort* const port = *found;
    if (port->is_vhost())
        return ferry::fail(ErrorCode::in_use, fmt::format("port {} has rings, which tell by themselves when its VM stops", name));
    if (port->held)
        return ferry::fail(ErrorCode::in_use, fmt::format("port {} is held already", name));
    port->held = true;
    static_cast<EthdevPort&>(*port->port).hold(true);
    port_stopped(*port, stamp_now());
    workers->all()[port->worker]->gates().wait_until_obeyed();
    workers->wait_until_handed_on();
    return {};
}

Expected<void> Controller::Impl::release_port(const std::string& name)
{
    const auto found = port_named(name);
    if (!found)
        return tl::unexpected(found.error());
    AttachedPort* const port = *found;
    if (!port->held)
        return ferry::fail(ErrorCode::in_use, fmt::format("port {} is not held", name));
    release(*port, stamp_now());
    return {};
}

/// The VM of a held port has run here since `at`.
void Controller::Impl::release(AttachedPort& port, const Stamp& at)
{
    port.held = false;
    static_cast<EthdevPort&>(*port.port).hold(false);
    port_started(port, at);
}

std::vector<MoveStatus> Controller::Impl::move_statuses(std::uint64_t after)
{
    std::map<Host, std::string> names{{config.host.vtep, config.host.name}};
    if (messenger != nullptr)
        for (const PeerStatus& peer : messenger->peers())
            names[peer.vtep] = peer.name;
    std::vector<MoveStatus> all = moves->book.since(after);
    for (MoveStatus& status : all) {
        if (const auto from = names.find(status.from); from != names.end() && !status.from.is_zero())
            status.from_name = from->second;
        if (const auto to = names.find(status.to); to != names.end() && !status.to.is_zero())
            status.to_name = to->second;
    }
    return all;
}

}  // namespace ferryd
