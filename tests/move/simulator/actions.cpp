// What the machine wants, done.
#include <fmt/format.h>

#include "world.hpp"

namespace ferry::sim {

void SimHost::apply(move::Actions& actions)
{
    for (move::Action& action : actions)
        std::visit([&](auto& one) { want(one); }, action);
}

void SimHost::want(move::Send& action) { world.send_message(index, World::host_of(action.to), action.message); }

void SimHost::want(move::Discard& action)
{
    SimEndpoint& endpoint = at(World::endpoint_of(action.key));
    world.break_premise(endpoint.endpoint, "nobody claimed it");
    endpoint.owner = false;
    endpoint.gate.discard(world.clock.now());
}

void SimHost::want(move::Replay& action)
{
    SimEndpoint& endpoint = at(World::endpoint_of(action.key));
    endpoint.gate.ring(world.clock.now());
    endpoint.asked_at.reset();
    poll(endpoint);
}

void SimHost::want(move::BeginClaim& action)
{
    SimEndpoint& endpoint = at(World::endpoint_of(action.key));
    endpoint.gate.claim(action.returning && world.options.broken != Broken::no_returning);
    endpoint.gate.ring(world.clock.now());
    endpoint.merging = true;
    endpoint.pending_streams = 0;
    endpoint.labels = action.labels;
    endpoint.had = false;
    labels[action.labels.flush.value()] = {endpoint.endpoint, Via::flush};
    labels[action.labels.relay.value()] = {endpoint.endpoint, Via::relay};
    if (endpoint.relaying) {
        endpoint.relaying = false;
        const std::uint64_t frames = endpoint.gate.counters().relayed.get() - endpoint.relayed_before;
        post([this, key = action.key, frames] {
            tell([&](move::Machine& of, Time now, move::Actions& out) { of.relay_closed(key, frames, now, out); });
        });
    }
    set_row(endpoint, SimRow{SimRow::Kind::gated});
    if (world.options.broken == Broken::open_on_timer)
        world.clock.after(100 * us, [this, &endpoint, alive = incarnation] {
            if (alive == incarnation)
                endpoint.gate.open(world.clock.now());
        });
    poll(endpoint);
}

void SimHost::want(move::Open& action)
{
    SimEndpoint& endpoint = at(World::endpoint_of(action.key));
    if (action.flush_frames)
        endpoint.gate.expect_flush(*action.flush_frames, world.clock.now());
    else
        endpoint.gate.open(world.clock.now());
    poll(endpoint);
}

void SimHost::want(move::Drain& action)
{
    SimEndpoint& endpoint = at(World::endpoint_of(action.key));
    endpoint.owner = false;
    endpoint.relaying = true;
    endpoint.relayed_before = endpoint.gate.counters().relayed.get();
    endpoint.to = World::host_of(action.to);
    endpoint.to_labels = action.labels;
    set_row(endpoint, SimRow{SimRow::Kind::gated});
    if (world.options.broken != Broken::turn_before_drained)
        return endpoint.gate.drain(world.clock.now());
    // The docks are emptied late, and nobody waits for it.
    post([this, key = action.key] {
        tell([&](move::Machine& of, Time now, move::Actions& out) { of.drained(key, 0, now, out); });
    });
    world.clock.after(world.random.between(0, 5 * ms), [this, &endpoint, alive = incarnation] {
        if (alive == incarnation && endpoint.relaying)
            endpoint.gate.drain(world.clock.now());
    });
}

void SimHost::want(move::Expect& action)
{
    SimEndpoint& endpoint = at(World::endpoint_of(action.key));
    endpoint.pending_streams = endpoint.pending_streams.value_or(0) + 1;
    endpoint.gate.expect_stream(action.stream, action.frames, World::vtep(World::host_of(action.from)), world.clock.now());
    poll(endpoint);
}

void SimHost::want(move::BeginTurn& action)
{
    SimEndpoint& endpoint = at(World::endpoint_of(action.key));
    endpoint.marked = 0;
    SimRow row{SimRow::Kind::turning, World::host_of(action.to)};
    row.turn = ++turns_;
    row.via = World::host_of(action.via);
    row.stream = action.stream;
    set_row(endpoint, row, [this, &endpoint, key = action.key, turn = turns_] {
        if (endpoint.row.turn == turn)
            tell([&](move::Machine& of, Time now, move::Actions& out) { of.marking(key, now, out); });
    });
}

void SimHost::want(move::Flip& action)
{
    SimEndpoint& endpoint = at(World::endpoint_of(action.key));
    SimRow row = endpoint.row;
    row.direct = true;
    set_row(endpoint, row, [this, &endpoint, key = action.key, turn = row.turn] {
        if (endpoint.row.turn == turn)
            tell([&](move::Machine& of, Time now, move::Actions& out) { of.flipped(key, endpoint.marked, now, out); });
    });
}

void SimHost::want(move::EndTurn& action)
{
    SimEndpoint& endpoint = at(World::endpoint_of(action.key));
    set_row(endpoint, {SimRow::Kind::remote, World::host_of(action.to), endpoint.had ? under_own_vni : 0});
}

void SimHost::want(move::PointTo& action)
{
    SimEndpoint& endpoint = at(World::endpoint_of(action.key));
    set_row(endpoint, {SimRow::Kind::remote, World::host_of(action.to), endpoint.had ? under_own_vni : 0});
}

void SimHost::free_labels(const move::Labels& freed)
{
    labels.erase(freed.flush.value());
    labels.erase(freed.relay.value());
}

void SimHost::want(move::FinishClaim& action)
{
    SimEndpoint& endpoint = at(World::endpoint_of(action.key));
    endpoint.gate.finish(world.clock.now());
    endpoint.merging = false;
    endpoint.pending_streams = 0;
    set_row(endpoint, {SimRow::Kind::local});
    free_labels(action.labels);
}

void SimHost::want(move::DemoteLabels& action)
{
    if (world.options.broken == Broken::trust_old_labels)
        return;
    for (const Vni label : {action.labels.flush, action.labels.relay})
        labels[label.value()].via = Via::earlier;
}

void SimHost::want(move::FreeLabels& action) { free_labels(action.labels); }

void SimHost::want(move::FinishRelay& action)
{
    SimEndpoint& endpoint = at(World::endpoint_of(action.key));
    endpoint.had = true;
    const std::uint32_t label = action.label ? action.label->value() : under_own_vni;
    set_row(endpoint, {SimRow::Kind::remote, World::host_of(action.to), label}, [this, &endpoint, key = action.key] {
        if (!endpoint.relaying)
            return;
        endpoint.relaying = false;
        endpoint.pending_streams = 0;
        endpoint.gate.finish(world.clock.now());
        const std::uint64_t frames = endpoint.gate.counters().relayed.get() - endpoint.relayed_before;
        tell([&](move::Machine& of, Time now, move::Actions& out) { of.relay_closed(key, frames, now, out); });
    });
}

void SimHost::want(move::BeginDetour& action)
{
    SimEndpoint& endpoint = at(World::endpoint_of(action.key));
    if (!endpoint.owner)
        world.fail(fmt::format("host {} begins a detour for endpoint {}, which it does not have", index,
                               endpoint.endpoint));
    detours[{endpoint.endpoint, World::host_of(action.peer)}] = action;
}

void SimHost::want(move::EndDetour& action)
{
    detours.erase({World::endpoint_of(action.key), World::host_of(action.peer)});
}

void SimHost::want(move::OpenExit& action)
{
    if (labels.contains(action.label.value()))
        world.fail(fmt::format("host {} uses label {:x} for a claim and for a detour", index, action.label.value()));
    exits[action.label.value()] = action;
}

void SimHost::want(move::CloseExit& action) { exits.erase(action.label.value()); }

void SimHost::want(move::Withdraw& action)
{
    SimEndpoint& endpoint = at(World::endpoint_of(action.key));
    endpoint.owner = false;
    endpoint.merging = false;
    endpoint.pending_streams = 0;
    endpoint.gate.finish(world.clock.now());
    endpoint.gate.discard(world.clock.now());
    set_row(endpoint, {}, [this, &endpoint, change = endpoint.row_changes + 1] {
        if (endpoint.row_changes == change)
            endpoint.gate.discard(world.clock.now());  // what workers brought that had not seen it yet
    });
}

void SimHost::want(move::Announce& action) { world.announce(World::endpoint_of(action.key), index); }
void SimHost::want(move::Silence&) {}
void SimHost::want(move::KeepTerm& action) { disk_term = action.term; }
void SimHost::want(move::Note& action) { world.noted(index, action); }

}  // namespace ferry::sim
