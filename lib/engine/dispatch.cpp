#include "engine/dispatch.hpp"

#include "engine/exceptional.hpp"
#include "engine/replicate.hpp"

namespace ferry::engine {
namespace {

void dispatch_rest(Burst& burst, std::size_t i, Delivery& delivery)
{
    rte_mbuf& frame = *burst.frames[i];
    switch (burst.verdicts[i]) {
    case Verdict::flood: return replicate(frame, *burst.segments[i], burst.peers[i], delivery);
    case Verdict::pass: return delivery.outbox.pass(frame);
    case Verdict::drop: return delivery.trash.add(burst.reasons[i], delivery.from, burst.peers[i], frame);
    default: return dispatch_exceptional(burst, i, delivery);
    }
}

}  // namespace

void dispatch(Burst& burst, Delivery& delivery)
{
    if (burst.all_to_port)
        return delivery.outbox.burst_to_underlay(burst.adjacencies[0]->underlay, burst);
    if (burst.all_to_attachment)
        delivery.outbox.burst_to_attachment(burst.rows[0].attachment(), burst);
    std::uint64_t local = burst.all_to_attachment ? burst.count : 0;
    for (std::size_t i = local; i < burst.count; ++i) {
        if (burst.verdicts[i] == Verdict::encapsulated) {
            delivery.outbox.counted_to_underlay(burst.adjacencies[i]->underlay, *burst.frames[i]);
        } else if (burst.verdicts[i] == Verdict::local) {
            delivery.outbox.to_attachment(burst.rows[i].attachment(), *burst.frames[i]);
            ++local;
        } else {
            dispatch_rest(burst, i, delivery);
        }
    }
    if (delivery.from != AttachmentId::none)
        delivery.counters.local_switched.add(local);
}

}  // namespace ferry::engine
