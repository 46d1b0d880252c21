// A host's frames: from its VMs, from the underlay, and out of gates. What the engine does, with rows of the simulator's own.
#include <fmt/format.h>

#include "world.hpp"

namespace ferry::sim {

SimEndpoint::SimEndpoint(SimHost& of, unsigned number)
    : host(of), endpoint(number), gate(*of.budget, *of.places, *of.senders, *this, of.gate_times)
{
}

std::size_t SimEndpoint::to_ring(const move::Docked<FrameId>* frames, std::size_t count)
{
    if (!running)
        return 0;
    for (std::size_t i = 0; i < count; ++i)
        host.world.deliver(*this, frames[i].frame);
    return count;
}

std::size_t SimEndpoint::to_host(Via label, move::Docked<FrameId>* frames, std::size_t count)
{
    host.world.check_room_for_order(*this);
    if (label == Via::flush && host.world.random.chance(host.world.full_ports))
        count = host.world.random.below(count + 1);
    for (std::size_t i = 0; i < count; ++i) {
        const auto& arrival = frames[i].arrival;
        if (arrival.ttl <= 1) {
            host.world.drop(frames[i].frame, Fate::relay_ttl);
            continue;
        }
        const Vni vni = label == Via::flush ? to_labels.flush : to_labels.relay;
        host.world.send_packet({frames[i].frame, host.index, to, vni.value(), arrival.mark, arrival.stream,
                                static_cast<std::uint8_t>(arrival.ttl - 1)});
    }
    return count;
}

void SimEndpoint::drop(move::GateDrop why, const move::Docked<FrameId>& frame)
{
    Fate fate = Fate::unclaimed;
    if (why == move::GateDrop::full)
        fate = Fate::dock_full;
    else if (why == move::GateDrop::expired)
        fate = Fate::dock_expired;
    host.world.drop(frame.frame, crashed ? Fate::host_down : fate);
}

bool SimEndpoint::is_ferry(VtepId peer) const { return peer != VtepId::none && host.world.is_ferry(World::host_of(peer)); }

void SimEndpoint::event(const move::GateEvent& event)
{
    using Kind = move::GateEvent::Kind;
    const move::Key key = World::key(endpoint);
    const auto tell = [&](auto call) { host.post([this, call] { host.tell(call); }); };
    switch (event.kind) {
    case Kind::drained:
        if (host.world.options.broken == Broken::turn_before_drained)
            return;  // has been told already
        return tell([=](move::Machine& machine, Time now, move::Actions& out) {
            machine.drained(key, event.count, now, out);
        });
    case Kind::opened:
        host.world.opened(*this);
        return tell([=](move::Machine& machine, Time now, move::Actions& out) {
            machine.opened(key, event.count, now, out);
        });
    case Kind::relayed: {
        const unsigned sender = event.from_attachment ? host.index : World::host_of(event.peer);
        const bool ferry = host.world.is_ferry(sender);
        return tell([=](move::Machine& machine, Time now, move::Actions& out) {
            machine.relayed(key, World::address(sender), ferry, now, out);
        });
    }
    case Kind::direct: {
        const unsigned sender = World::host_of(event.peer);
        return tell([=](move::Machine& machine, Time now, move::Actions& out) {
            machine.came_directly(key, World::address(sender), now, out);
        });
    }
    case Kind::stream_passed:
    case Kind::stream_timed_out:
        if (pending_streams && *pending_streams > 0)
            --*pending_streams;
        return tell([=](move::Machine& machine, Time now, move::Actions& out) {
            machine.stream_passed(key, event.stream, event.kind == Kind::stream_passed, event.count, now, out);
        });
    case Kind::merged:
        merging = false;
        return tell([=](move::Machine& machine, Time now, move::Actions& out) { machine.merged(key, now, out); });
    }
}

void SimHost::from_attachment(unsigned number, FrameId frame)
{
    world.trace_frame(frame, "leaves an attachment of", index);
    SimEndpoint& endpoint = at(number);
    const SimRow row = endpoint.seen[world.books.flow_of(frame) % workers];
    Arrival arrival;
    arrival.from_attachment = true;
    switch (row.kind) {
    case SimRow::Kind::absent: return world.drop(frame, Fate::no_row);
    case SimRow::Kind::local: return to_attachment(endpoint, frame, arrival);
    case SimRow::Kind::gated: return to_gate(endpoint, frame, arrival);
    case SimRow::Kind::remote: return world.send_packet({frame, index, row.to, 0, Mark::none, 0, 64});
    case SimRow::Kind::turning: break;
    }
    if (row.direct) {
        const Mark mark = world.options.broken == Broken::stop_marking ? Mark::none : Mark::turned;
        return world.send_packet({frame, index, row.to, 0, mark, row.stream, 64});
    }
    if (row.turn == endpoint.row.turn)
        ++endpoint.marked;
    if (row.via != index)
        return world.send_packet({frame, index, row.via, 0, Mark::detour, row.stream, 64});
    arrival.mark = Mark::detour;
    arrival.stream = row.stream;
    to_gate(endpoint, frame, arrival);
}

void SimHost::from_underlay(const Packet& packet)
{
    if (world.options.trace)
        world.trace_frame(packet.frame,
                          fmt::format("label {:x} mark {} comes from {} to", packet.label,
                                      static_cast<int>(packet.mark), packet.from),
                          index);
    if (!up)
        return world.drop(packet.frame, Fate::host_down);
    Arrival arrival;
    arrival.peer = World::vtep(packet.from);
    arrival.mark = packet.mark;
    arrival.stream = packet.stream;
    arrival.ttl = packet.ttl;
    unsigned number = world.books.flows[world.books.flow_of(packet.frame)].endpoint;
    if (packet.label != 0) {
        const auto label = labels.find(packet.label);
        if (label == labels.end())
            return world.drop(packet.frame, Fate::label_unknown);
        number = label->second.endpoint;
        arrival.via = label->second.via;
        if (arrival.via == Via::earlier)
            arrival.mark = Mark::none;
    }
    SimEndpoint& endpoint = at(number);
    const SimRow row = endpoint.seen[(world.books.flow_of(packet.frame) + packet.from) % workers];
    switch (row.kind) {
    case SimRow::Kind::absent: return world.drop(packet.frame, Fate::no_row);
    case SimRow::Kind::local:
        return packet.label == 0 ? to_attachment(endpoint, packet.frame, arrival)
                                 : to_gate(endpoint, packet.frame, arrival);
    case SimRow::Kind::gated: return to_gate(endpoint, packet.frame, arrival);
    case SimRow::Kind::remote: return relay(endpoint, row.to, row.label, packet, arrival);
    case SimRow::Kind::turning: break;
    }
    if (row.via == index)
        return to_gate(endpoint, packet.frame, arrival);
    relay(endpoint, row.via, endpoint.had ? under_own_vni : 0, packet, arrival);
}

/// By the row, without a gate.
void SimHost::relay(SimEndpoint&, unsigned to, std::uint32_t label, const Packet& packet, const Arrival& arrival)
{
    if (label == 0)
        return world.drop(packet.frame, Fate::split_horizon);
    if (packet.ttl <= 1)
        return world.drop(packet.frame, Fate::relay_ttl);
    const bool keeps_mark = arrival.via == Via::direct && arrival.mark == Mark::detour;
    world.send_packet({packet.frame, index, to, label == under_own_vni ? 0 : label,
                       keeps_mark ? Mark::detour : Mark::none, packet.stream,
                       static_cast<std::uint8_t>(packet.ttl - 1)});
}

void SimHost::to_attachment(SimEndpoint& endpoint, FrameId frame, const Arrival& arrival)
{
    if (endpoint.gate.ordinary() && endpoint.running)
        return world.deliver(endpoint, frame);
    endpoint.gate.take_refused(frame, 100, arrival, world.clock.now());
    endpoint.gate.run(world.clock.now(), world.clock.now());
    poll(endpoint);
}

void SimHost::to_gate(SimEndpoint& endpoint, FrameId frame, const Arrival& arrival)
{
    endpoint.gate.take(frame, 100, arrival, world.clock.now());
    endpoint.gate.run(world.clock.now(), world.clock.now());
    poll(endpoint);
}

/// The gate's worker comes round while something waits there.
void SimHost::poll(SimEndpoint& endpoint)
{
    const bool waits = endpoint.gate.counters().waiting.get() > 0 || endpoint.merging ||
                       (endpoint.pending_streams && *endpoint.pending_streams > 0);
    if (endpoint.polled || !waits)
        return;
    endpoint.polled = true;
    world.clock.after(world.random.between(100 * us, 500 * us), [this, &endpoint, alive = incarnation] {
        if (alive != incarnation)
            return;
        endpoint.polled = false;
        endpoint.gate.run(world.clock.now(), world.clock.now());
        poll(endpoint);
    });
}

void SimHost::set_row(SimEndpoint& endpoint, SimRow row, std::function<void()> then)
{
    endpoint.row = row;
    const std::uint64_t change = ++endpoint.row_changes;
    Time last = 0;
    for (unsigned worker = 0; worker < workers; ++worker) {
        const Time lag = world.random.between(0, 50 * us);
        last = std::max(last, lag);
        world.clock.after(lag, [this, &endpoint, worker, row, change, alive = incarnation] {
            if (alive != incarnation || endpoint.seen_changes[worker] > change)
                return;
            endpoint.seen_changes[worker] = change;
            endpoint.seen[worker] = row;
        });
    }
    if (then)
        world.clock.after(last + 1, [this, then = std::move(then), alive = incarnation] {
            if (alive == incarnation)
                then();
        });
}

}  // namespace ferry::sim
