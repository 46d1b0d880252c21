#include "engine/exceptional.hpp"

#include "engine/detour.hpp"
#include "engine/outer_of.hpp"
#include "engine/relay.hpp"
#include "engine/turn.hpp"

namespace ferry::engine {
namespace {

void to_gate(Burst& burst, std::size_t i, AttachmentId gate, const Arrival& arrival) noexcept
{
    burst.verdicts[i] = Verdict::gate;
    burst.gates[i] = gate;
    burst.arrivals[i] = arrival;
}

/// A frame from the underlay for an endpoint that is behind `vtep`.
void relay_or_drop(Burst& burst, std::size_t i, VtepId vtep, Vni label, const Arrival& arrival,
                   const Delivery& delivery) noexcept
{
    if (label != Vni{})
        relay(burst, i, vtep, label, arrival, delivery);
    else if (arrival.via != Via::direct)
        burst.drop(i, DropReason::label_unknown);
    else
        burst.drop(i, vtep == burst.peers[i] ? DropReason::hairpin : DropReason::split_horizon);
}

/// A frame from the underlay for a turning row. Turns are for what this host's attachments send; others' frames come
/// here because this host had the endpoint.
void pass_turn(Burst& burst, std::size_t i, const Arrival& arrival, const Delivery& delivery) noexcept
{
    const Turn& turn = delivery.turns.at(burst.rows[i].turn());
    if (turn.gate != AttachmentId::none)
        to_gate(burst, i, turn.gate, arrival);
    else
        relay_or_drop(burst, i, turn.via, turn.relay_label, arrival, delivery);
}

/// Gives the frames from `first` on that are for the same gate to it, as many as nothing else for its attachment comes
/// between.
void dispatch_to_gate(Burst& burst, std::size_t first, Delivery& delivery)
{
    const AttachmentId gate = burst.gates[first];
    PerFrame<rte_mbuf*> frames;
    PerFrame<Arrival> arrivals;
    std::uint16_t count = 0;
    for (std::size_t i = first; i < burst.count; ++i) {
        if (burst.verdicts[i] == Verdict::gate && burst.gates[i] == gate) {
            label(*burst.frames[i], burst.peers[i]);
            frames[count] = burst.frames[i];
            arrivals[count++] = burst.arrivals[i];
            burst.verdicts[i] = Verdict::done;
        } else if (burst.verdicts[i] == Verdict::flood ||
                   (burst.verdicts[i] == Verdict::local && burst.rows[i].attachment() == gate)) {
            break;
        }
    }
    if (delivery.from != AttachmentId::none)
        delivery.counters.local_switched.add(count);
    delivery.outbox.to_gate(gate, frames.data(), arrivals.data(), count);
}

}  // namespace

void exceptional_from_attachment(Burst& burst, std::size_t i, const Delivery& delivery) noexcept
{
    const Row row = burst.rows[i];
    if (row.kind() == RowKind::turning)
        return turn(burst, i, delivery);
    if (row.kind() == RowKind::blackhole)
        return burst.drop(i, DropReason::blackhole);
    if (row.attachment() == delivery.from)
        return burst.drop(i, DropReason::hairpin);
    Arrival arrival;
    arrival.from_attachment = true;
    to_gate(burst, i, row.attachment(), arrival);
}

void exceptional_from_underlay(Burst& burst, std::size_t i, const Delivery& delivery) noexcept
{
    const Row row = burst.rows[i];
    if (row.kind() == RowKind::blackhole)
        return burst.drop(i, DropReason::blackhole);
    const Arrival arrival = arrival_of(*burst.frames[i], burst.peers[i]);
    if (row.kind() == RowKind::gated)
        to_gate(burst, i, row.attachment(), arrival);
    else if (row.kind() == RowKind::turning)
        pass_turn(burst, i, arrival, delivery);
    else
        relay_or_drop(burst, i, row.vtep(), row.relay_label(), arrival, delivery);
}

void decide_labelled(Burst& burst, const LookUp& look_up, const Delivery& delivery) noexcept
{
    for (std::size_t i = 0; i < burst.count; ++i) {
        if (burst.verdicts[i] == Verdict::detoured)
            leave_detour(burst, i, delivery);
        if (burst.verdicts[i] != Verdict::labelled)
            continue;
        burst.end_look_up(i, look_up);
        const Row row = burst.rows[i];
        switch (row.kind()) {
        case RowKind::local:
        case RowKind::gated: to_gate(burst, i, row.attachment(), burst.arrivals[i]); break;
        case RowKind::remote:
            relay_or_drop(burst, i, row.vtep(), row.relay_label(), burst.arrivals[i], delivery);
            break;
        case RowKind::turning: pass_turn(burst, i, burst.arrivals[i], delivery); break;
        case RowKind::blackhole: burst.drop(i, DropReason::blackhole); break;
        default: burst.drop(i, DropReason::label_unknown); break;
        }
    }
}

void dispatch_exceptional(Burst& burst, std::size_t i, Delivery& delivery)
{
    if (burst.verdicts[i] == Verdict::gate)
        dispatch_to_gate(burst, i, delivery);
}

}  // namespace ferry::engine
