#include "engine/dispatch.hpp"

#include <algorithm>

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

bool all_are(const Burst& burst, Verdict verdict) noexcept
{
    return std::all_of(burst.verdicts.begin(), burst.verdicts.begin() + burst.count,
                       [verdict](Verdict one) { return one == verdict; });
}

/// A burst that leaves by one underlay port as it is, as most do; false where it does not.
bool all_to_underlay(Burst& burst, Outbox& outbox)
{
    if (burst.count == 0 || !all_are(burst, Verdict::remote))
        return false;
    const UnderlayId id = burst.adjacencies[0]->underlay;
    for (std::size_t i = 1; i < burst.count; ++i)
        if (burst.adjacencies[i]->underlay != id)
            return false;
    outbox.burst_to_underlay(id, burst);
    return true;
}

/// The same for a burst that is for one attachment.
bool all_to_attachment(Burst& burst, Delivery& delivery)
{
    if (burst.count == 0 || !all_are(burst, Verdict::local))
        return false;
    const AttachmentId id = burst.rows[0].attachment();
    for (std::size_t i = 1; i < burst.count; ++i)
        if (burst.rows[i].attachment() != id)
            return false;
    delivery.outbox.burst_to_attachment(id, burst);
    if (delivery.from != AttachmentId::none)
        delivery.counters.local_switched.add(burst.count);
    return true;
}

}  // namespace

void dispatch(Burst& burst, Delivery& delivery)
{
    if (all_to_underlay(burst, delivery.outbox) || all_to_attachment(burst, delivery))
        return;
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
