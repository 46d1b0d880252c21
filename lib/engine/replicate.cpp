#include "engine/replicate.hpp"

#include <algorithm>

#include "engine/detour.hpp"
#include "engine/encap.hpp"

namespace ferry::engine {
namespace {

/// Hands out a frame for each of a known number of receivers.
class Copies {
public:
    Copies(rte_mbuf& frame, std::size_t receivers, rte_mempool* pool) noexcept
        : frame_(frame), left_(receivers), pool_(pool)
    {
    }

    /// Null where no buffer was free; never for the last receiver.
    rte_mbuf* next() noexcept { return --left_ == 0 ? &frame_ : rte_pktmbuf_copy(&frame_, pool_, 0, UINT32_MAX); }

private:
    rte_mbuf& frame_;
    std::size_t left_;
    rte_mempool* pool_;
};

/// Which VTEP a flood's copy for a remote goes to, and under which VNI.
struct Way {
    VtepId vtep;
    Vni vni;
};

Way way_to(VtepId remote, const rte_mbuf& frame, Vni vni, const Delivery& delivery) noexcept
{
    if (delivery.detours != nullptr) [[unlikely]]
        if (const Detour* const detour = detour_of(frame, remote, *delivery.detours))
            return {detour->via, detour->label};
    return {remote, vni};
}

void to_remote(VtepId remote, rte_mbuf* copy, Vni vni, InnerFlow flow, Delivery& delivery)
{
    const Adjacency* const adjacency = delivery.vteps.at(remote, delivery.epoch);
    if (copy == nullptr) {
        delivery.trash.count(DropReason::no_buffer, delivery.from, remote);
    } else if (adjacency == nullptr) {
        delivery.trash.add(DropReason::adjacency_gone, delivery.from, remote, *copy);
    } else if (const auto reason = misfit(*copy, *adjacency)) {
        delivery.trash.add(*reason, delivery.from, remote, *copy);
    } else {
        encapsulate(*copy, *adjacency, vni, flow);
        delivery.outbox.to_underlay(adjacency->underlay, *copy, remote);
    }
}

}  // namespace

void replicate(rte_mbuf& frame, const Segment& segment, VtepId peer, Delivery& delivery)
{
    const bool from_guest = delivery.from != AttachmentId::none;
    const auto& attachments = segment.attachments;
    const std::size_t remotes = from_guest ? segment.flood.size() : 0;  // split horizon
    const auto itself = std::count(attachments.begin(), attachments.end(), delivery.from);
    const std::size_t locals = attachments.size() - static_cast<std::size_t>(itself);
    const std::size_t receivers = remotes + locals;
    if (receivers == 0) {
        delivery.trash.add(DropReason::flood_empty, delivery.from, peer, frame);
        return;
    }
    delivery.counters.replicated.add(receivers - 1);

    Copies copies(frame, receivers, delivery.pool);
    if (remotes != 0) {
        const InnerFlow flow = flow_of(frame, delivery.entropy_ports);
        for (const VtepId remote : segment.flood) {
            const Way way = way_to(remote, frame, segment.vni, delivery);
            to_remote(way.vtep, copies.next(), way.vni, flow, delivery);
        }
    }
    for (const AttachmentId to : attachments) {
        if (to == delivery.from)
            continue;
        if (rte_mbuf* const copy = copies.next())
            delivery.outbox.to_attachment(to, *copy, peer);
        else
            delivery.trash.count(DropReason::no_buffer, to, peer);
    }
    if (from_guest)
        delivery.counters.local_switched.add(locals);
}

}  // namespace ferry::engine
