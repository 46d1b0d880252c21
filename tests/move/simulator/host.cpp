// A host as its machine's driver: events in, actions out.
#include "host.hpp"

#include "world.hpp"

namespace ferry::sim {

SimHost::SimHost(World& of, unsigned number) : world(of), index(number), gate_times(of.gate_times) { make(); }

void SimHost::make()
{
    move::MachineConfig config;
    config.self = World::address(index);
    config.term = disk_term + 1;
    config.peers = world.peers_of(index);
    config.times = world.times;
    config.bounds.keys = world.most_keys;
    machine = *move::Machine::make(config);
    budget = std::make_unique<move::DockBudget>(std::uint64_t{world.dock_frames} * 100, world.dock_frames);
    places.reset();
    senders.reset();
}

SimEndpoint& SimHost::at(unsigned endpoint)
{
    if (places == nullptr) {  // most of ten thousand hosts need none
        places = *move::DockPlaces<FrameId>::make(world.dock_frames);
        senders = *move::SenderPlaces<FrameId>::make(256);
    }
    auto& found = endpoints[endpoint];
    if (found == nullptr)
        found = std::make_unique<SimEndpoint>(*this, endpoint);
    return *found;
}

SimEndpoint* SimHost::find(unsigned endpoint)
{
    const auto found = endpoints.find(endpoint);
    return found == endpoints.end() ? nullptr : found->second.get();
}

move::Place SimHost::place_of(unsigned number)
{
    const SimEndpoint* endpoint = find(number);
    if (endpoint == nullptr)
        return {};
    const SimRow& row = endpoint->row;
    switch (row.kind) {
    case SimRow::Kind::absent: return {};
    case SimRow::Kind::local:
    case SimRow::Kind::gated: return {move::Place::Kind::here, {}};
    case SimRow::Kind::remote:
    case SimRow::Kind::turning: break;
    }
    return {world.is_ferry(row.to) ? move::Place::Kind::ferry : move::Place::Kind::plain, World::address(row.to)};
}

Time SimHost::now() const { return world.clock.now(); }

void SimHost::post(std::function<void()> what)
{
    posted_ = std::max(posted_, world.clock.now() + world.random.between(0, 100 * us));
    world.clock.at(posted_, [this, what = std::move(what), alive = incarnation] {
        if (alive == incarnation)
            what();
    });
}

void SimHost::schedule_tick()
{
    const auto due = machine->deadline();
    if (!due || (tick_at_ && *tick_at_ <= *due))
        return;
    tick_at_ = *due;
    world.clock.at(*due, [this, when = *due, alive = incarnation] {
        if (alive != incarnation || tick_at_ != when)
            return;
        tick_at_.reset();
        tell([](move::Machine& of, Time now, move::Actions& out) { of.tick(now, out); });
    });
}

void SimHost::start_ring(unsigned number)
{
    SimEndpoint& endpoint = at(number);
    endpoint.running = true;
    endpoint.asked_at = world.clock.now();
    post([this, number] {
        tell([&](move::Machine& of, Time now, move::Actions& out) {
            if (!of.ring_started(World::key(number), place_of(number), now, out))
                world.fail("no room for an endpoint whose ring has started");
        });
    });
}

void SimHost::stop_ring(unsigned number)
{
    SimEndpoint& endpoint = at(number);
    endpoint.running = false;
    if (!endpoint.relaying)  // a VM that came back and left before it was let in: the gate goes on relaying
        endpoint.gate.hold();
    post([this, number] {
        tell([&](move::Machine& of, Time now, move::Actions& out) {
            if (!of.ring_stopped(World::key(number), now, out))
                world.fail("no room for an endpoint whose ring has stopped");
        });
    });
}

void SimHost::receive(unsigned from, const move::Message& message)
{
    tell([&](move::Machine& of, Time now, move::Actions& out) {
        if (!of.received(World::address(from), message, true, place_of(World::endpoint_of(message.key)), now, out))
            world.fail("no room for a message");
    });
}

void SimHost::unreachable(unsigned host)
{
    tell([&](move::Machine& of, Time now, move::Actions& out) { of.unreachable(World::address(host), now, out); });
}

/// A frame of the endpoint has come from `from`.
void SimHost::announced(unsigned number, unsigned from)
{
    SimEndpoint& endpoint = at(number);
    const bool is_ferry_row = endpoint.row.kind != SimRow::Kind::remote || world.is_ferry(endpoint.row.to);
    if (endpoint.row.kind == SimRow::Kind::absent || !is_ferry_row)
        return set_row(endpoint, {SimRow::Kind::remote, from});
    if (endpoint.row.kind == SimRow::Kind::remote && endpoint.row.to == from)
        return;
    const unsigned row = endpoint.row.kind == SimRow::Kind::remote ? endpoint.row.to : index;
    tell([&](move::Machine& of, Time now, move::Actions& out) {
        if (!of.seen_elsewhere(World::key(number), World::address(row), World::address(from), now, out))
            world.fail("no room for an endpoint that was seen elsewhere");
    });
}

void SimHost::crash()
{
    up = false;
    ++incarnation;
    for (auto& [number, endpoint] : endpoints) {
        endpoint->crashed = true;
        endpoint->running = false;
        endpoint->gate.discard(world.clock.now());
    }
    endpoints.clear();
    labels.clear();
    exits.clear();
    detours.clear();
    tick_at_.reset();
    posted_ = 0;
}

void SimHost::restart()
{
    up = true;
    if (world.options.broken == Broken::forget_term)
        disk_term = 0;
    make();
}

}  // namespace ferry::sim
