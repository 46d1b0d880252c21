#include "engine/dispatch.hpp"

#include "engine/replicate.hpp"

namespace ferry::engine {
namespace {

void dispatch_rest(const Burst& burst, std::size_t i, Delivery& delivery)
{
    rte_mbuf& frame = *burst.frames[i];
    if (burst.verdicts[i] == Verdict::flood)
        replicate(frame, *burst.segments[i], burst.peers[i], delivery);
    else if (burst.verdicts[i] == Verdict::pass)
        delivery.outbox.pass(frame);
    else
        delivery.trash.add(burst.reasons[i], delivery.from, burst.peers[i], frame);
}

}  // namespace

void dispatch(const Burst& burst, Delivery& delivery)
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
