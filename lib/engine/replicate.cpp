#include "engine/replicate.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "engine/detour.hpp"
#include "engine/encap.hpp"
#include "engine/replica.hpp"

namespace ferry::engine {
namespace {

/// Replicas are made and sent so many at a time: they stay in the first cache, and buffers are not taken one by one.
constexpr std::size_t batch = 8;

/// Where a flood's frame for one remote goes, and under which VNI.
struct Way {
    const Adjacency* adjacency;
    VtepId vtep;
    Vni vni;
};

Way way_to(VtepId remote, const rte_mbuf& frame, Vni vni, const Delivery& delivery) noexcept
{
    if (delivery.detours != nullptr) [[unlikely]]
        if (const Detour* const detour = detour_of(frame, remote, *delivery.detours))
            return {delivery.vteps.at(detour->via, delivery.epoch), detour->via, detour->label};
    return {delivery.vteps.at(remote, delivery.epoch), remote, vni};
}

void send(rte_mbuf& frame, const Way& way, InnerFlow flow, Delivery& delivery)
{
    encapsulate(frame, *way.adjacency, way.vni, flow);
    delivery.outbox.to_underlay(way.adjacency->underlay, frame, way.vtep);
}

/// Sends replicas to up to `batch` remotes.
void to_some(std::span<const VtepId> remotes, const rte_mbuf& frame, Vni vni, InnerFlow flow, Replicas& replicas,
             Delivery& delivery)
{
    std::array<Way, batch> ways;
    std::size_t count = 0;
    for (const VtepId remote : remotes) {
        const Way way = way_to(remote, frame, vni, delivery);
        if (way.adjacency == nullptr)
            delivery.trash.count(DropReason::adjacency_gone, delivery.from, way.vtep);
        else if (frame.pkt_len > way.adjacency->max_inner)
            delivery.trash.count(DropReason::frame_too_big, delivery.from, way.vtep);
        else
            ways[count++] = way;
    }
    std::array<rte_mbuf*, batch> frames;
    const std::size_t made = replicas.make(frames.data(), count);
    for (std::size_t i = 0; i < made; ++i)
        send(*frames[i], ways[i], flow, delivery);
    for (std::size_t i = made; i < count; ++i)
        delivery.trash.count(DropReason::no_buffer, delivery.from, ways[i].vtep);
}

/// Gives the frame itself to its last receiver.
void to_last(VtepId remote, rte_mbuf& frame, Vni vni, InnerFlow flow, Delivery& delivery)
{
    const Way way = way_to(remote, frame, vni, delivery);
    if (way.adjacency == nullptr)
        delivery.trash.add(DropReason::adjacency_gone, delivery.from, way.vtep, frame);
    else if (const auto reason = misfit(frame, *way.adjacency))
        delivery.trash.add(*reason, delivery.from, way.vtep, frame);
    else
        send(frame, way, flow, delivery);
}

/// True where the last remote got the frame itself, which takes that nobody else shares it or is still to get it.
bool to_remotes(rte_mbuf& frame, const Segment& segment, bool keep, Replicas& replicas, Delivery& delivery)
{
    std::span<const VtepId> remotes = segment.flood;
    const InnerFlow flow = flow_of(frame, delivery.entropy_ports);
    const bool gives = !keep && (!replicas.shared() || remotes.size() == 1);
    const std::size_t others = remotes.size() - (gives ? 1 : 0);
    for (std::size_t done = 0; done < others; done += batch)
        to_some(remotes.subspan(done, std::min(others - done, batch)), frame, segment.vni, flow, replicas,
                delivery);
    if (gives)
        to_last(remotes.back(), frame, segment.vni, flow, delivery);
    return gives;
}

/// True where the last attachment got the frame itself. Attachments get frames of their own: what is docked there may
/// be encapsulated later, in place.
bool to_attachments(rte_mbuf& frame, const Segment& segment, std::size_t count, bool keep, VtepId peer,
                    Delivery& delivery)
{
    for (const AttachmentId to : segment.attachments) {
        if (to == delivery.from)
            continue;
        const bool gives = --count == 0 && !keep;
        if (rte_mbuf* const own = gives ? &frame : rte_pktmbuf_copy(&frame, delivery.pool, 0, UINT32_MAX)) {
            label(*own, peer);
            delivery.outbox.to_attachment(to, *own);
        } else {
            delivery.trash.count(DropReason::no_buffer, to, peer);
        }
    }
    return !keep;
}

}  // namespace

void replicate(rte_mbuf& frame, const Segment& segment, VtepId peer, Delivery& delivery)
{
    const bool from_guest = delivery.from != AttachmentId::none;
    const auto& attachments = segment.attachments;
    const std::size_t remotes = from_guest ? segment.flood.size() : 0;  // split horizon
    const auto itself = std::count(attachments.begin(), attachments.end(), delivery.from);
    const std::size_t locals = attachments.size() - static_cast<std::size_t>(itself);
    if (remotes + locals == 0) {
        delivery.trash.add(DropReason::flood_empty, delivery.from, peer, frame);
        return;
    }
    delivery.counters.replicated.add(remotes + locals - 1);

    Replicas replicas(frame, delivery.share_from, delivery.pool);
    bool given = remotes != 0 && to_remotes(frame, segment, locals != 0, replicas, delivery);
    if (locals != 0)
        given = to_attachments(frame, segment, locals, remotes != 0 && replicas.shared(), peer, delivery);
    if (!given)
        rte_pktmbuf_free(&frame);  // what replicas share goes with the last of them
    if (from_guest)
        delivery.counters.local_switched.add(locals);
}

}  // namespace ferry::engine
