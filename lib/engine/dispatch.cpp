#include "engine/dispatch.hpp"

#include "engine/replicate.hpp"

namespace ferry::engine {

void dispatch(const Burst& burst, Delivery& delivery)
{
    std::uint64_t local = 0;
    for (std::size_t i = 0; i < burst.count; ++i) {
        rte_mbuf& frame = *burst.frames[i];
        switch (burst.verdicts[i]) {
        case Verdict::remote:
            delivery.outbox.to_underlay(burst.adjacencies[i]->underlay, frame, burst.peers[i]);
            break;
        case Verdict::local:
            delivery.outbox.to_attachment(burst.rows[i].attachment(), frame, burst.peers[i]);
            ++local;
            break;
        case Verdict::flood:
            replicate(frame, *burst.segments[i], burst.peers[i], delivery);
            break;
        case Verdict::pass:
            delivery.outbox.pass(frame);
            break;
        case Verdict::forward:  // no step leaves it; were it so, the frame would be counted and freed
        case Verdict::drop:
            delivery.trash.add(burst.reasons[i], delivery.from, burst.peers[i], frame);
            break;
        }
    }
    if (delivery.from != AttachmentId::none)
        delivery.counters.local_switched.add(local);
}

}  // namespace ferry::engine
