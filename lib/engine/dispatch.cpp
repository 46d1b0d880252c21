#include "engine/dispatch.hpp"

#include "engine/replicate.hpp"

namespace ferry::engine {
namespace {

/// Gives the frames from `first` on that are for the same gate to it, as many as nothing else for its attachment comes
/// between.
[[gnu::noinline, gnu::cold]] void dispatch_to_gate(Burst& burst, std::size_t first, Delivery& delivery)
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

void dispatch_rest(Burst& burst, std::size_t i, Delivery& delivery)
{
    rte_mbuf& frame = *burst.frames[i];
    switch (burst.verdicts[i]) {
    case Verdict::flood: return replicate(frame, *burst.segments[i], burst.peers[i], delivery);
    case Verdict::pass: return delivery.outbox.pass(frame);
    case Verdict::encapsulated:
        return delivery.outbox.to_underlay(burst.adjacencies[i]->underlay, frame, burst.peers[i]);
    case Verdict::gate: return dispatch_to_gate(burst, i, delivery);
    case Verdict::done: return;
    default: return delivery.trash.add(burst.reasons[i], delivery.from, burst.peers[i], frame);
    }
}

}  // namespace

void dispatch(Burst& burst, Delivery& delivery)
{
    std::uint64_t local = 0;
    for (std::size_t i = 0; i < burst.count; ++i) {
        if (burst.verdicts[i] == Verdict::remote) {
            delivery.outbox.to_underlay(burst.adjacencies[i]->underlay, *burst.frames[i], burst.peers[i]);
        } else if (burst.verdicts[i] == Verdict::local) {
            delivery.outbox.to_attachment(burst.rows[i].attachment(), *burst.frames[i], burst.peers[i]);
            ++local;
        } else {
            dispatch_rest(burst, i, delivery);
        }
    }
    if (delivery.from != AttachmentId::none)
        delivery.counters.local_switched.add(local);
}

}  // namespace ferry::engine
