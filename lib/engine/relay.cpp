#include "engine/relay.hpp"

#include <ferry/wire/checksum.hpp>

namespace ferry::engine {

void encapsulate_marked(rte_mbuf& frame, const Adjacency& adjacency, Vni vni, InnerFlow flow, Mark mark,
                        std::uint8_t stream) noexcept
{
    encapsulate(frame, adjacency, vni, flow);
    if (mark == Mark::none)
        return;
    auto& vxlan =
        wire::header_at<wire::VxlanHeader>(bytes_of(frame) + Adjacency::header_size - sizeof(wire::VxlanHeader));
    vxlan.flags |= mark == Mark::detour ? wire::vxlan_flag_detour : wire::vxlan_flag_turned;
    vxlan.vni_reserved = wire::be32{vni.value() << 8 | stream};
}

void encapsulate_relayed(rte_mbuf& frame, const Adjacency& adjacency, Vni vni, InnerFlow flow, Mark mark,
                         std::uint8_t stream, std::uint8_t ttl) noexcept
{
    encapsulate_marked(frame, adjacency, vni, flow, mark, stream);
    std::uint8_t* const outer = bytes_of(frame);
    auto& vxlan = wire::header_at<wire::VxlanHeader>(outer + Adjacency::header_size - sizeof(wire::VxlanHeader));
    vxlan.policy_flags |= wire::vxlan_dont_learn;
    set_outer_ttl(frame, ttl);
}

void set_outer_ttl(rte_mbuf& frame, std::uint8_t ttl) noexcept
{
    auto& ip = wire::header_at<wire::Ipv4Header>(bytes_of(frame) + sizeof(wire::EthernetHeader));
    ip.ttl = ttl;
    ip.checksum = wire::ipv4_header_checksum(ip);
}

const Adjacency* way_on(Burst& burst, std::size_t i, VtepId to, std::uint8_t ttl, const Delivery& delivery) noexcept
{
    if (ttl <= 1) {
        burst.drop(i, DropReason::relay_ttl);
        return nullptr;
    }
    return adjacency_for(burst, i, to, delivery);
}

void goes_on(Burst& burst, std::size_t i, const Adjacency& adjacency, const Delivery& delivery) noexcept
{
    leaves(burst, i, adjacency, delivery);
    delivery.counters.relayed.add(1);
    delivery.counters.vtep(burst.peers[i]).relayed_frames.add(1);
}

void relay(Burst& burst, std::size_t i, VtepId to, Vni label, const Arrival& arrival,
           const Delivery& delivery) noexcept
{
    const Adjacency* const adjacency = way_on(burst, i, to, arrival.ttl, delivery);
    if (adjacency == nullptr)
        return;
    rte_mbuf& frame = *burst.frames[i];
    const Vni vni = label == own_vni ? burst.segments[i]->vni : label;
    const bool keeps_mark = arrival.via == Via::direct && arrival.mark == Mark::detour;
    encapsulate_relayed(frame, *adjacency, vni, flow_of(frame, delivery.entropy_ports),
                        keeps_mark ? Mark::detour : Mark::none, arrival.stream,
                        static_cast<std::uint8_t>(arrival.ttl - 1));
    goes_on(burst, i, *adjacency, delivery);
    if (arrival.via == Via::direct && arrival.peer != VtepId::none)
        delivery.relay_news.note(burst.keys[i], arrival.peer, delivery.now_seconds);
}

namespace {

/// The frame with room for outer headers: itself, or a copy of it. Null where no buffer was free; the frame is left.
rte_mbuf* with_headroom(rte_mbuf* frame, rte_mempool* pool) noexcept
{
    if (frame->data_off >= Adjacency::header_size) [[likely]]
        return frame;
    return replace_by_copy(frame, pool);
}

}  // namespace

void relay_burst(AttachmentId from, rte_mbuf** frames, const Arrival* arrivals, std::size_t count, VtepId to, Vni vni,
                 const Delivery& delivery, Relayed& relayed) noexcept
{
    const Adjacency* const adjacency = delivery.vteps.at(to, delivery.epoch);
    TrafficCounters& of_vtep = delivery.counters.vtep(to);
    for (std::size_t i = 0; i < count; ++i) {
        const auto drop = [&](DropReason reason) { delivery.trash.add(reason, from, to, *frames[i]); };
        if (arrivals[i].ttl <= 1) {
            drop(DropReason::relay_ttl);
            continue;
        }
        if (adjacency == nullptr) {
            drop(DropReason::adjacency_gone);
            continue;
        }
        if (frames[i]->pkt_len > adjacency->max_inner) {
            drop(DropReason::frame_too_big);
            continue;
        }
        rte_mbuf* const frame = with_headroom(frames[i], delivery.pool);
        if (frame == nullptr) {
            drop(DropReason::no_buffer);
            continue;
        }
        encapsulate_relayed(*frame, *adjacency, vni, flow_of(*frame, delivery.entropy_ports), arrivals[i].mark,
                            arrivals[i].stream, static_cast<std::uint8_t>(arrivals[i].ttl - 1));
        label(*frame, to);
        of_vtep.out_frames.add(1);
        of_vtep.out_bytes.add(frame->pkt_len);
        relayed.frames[relayed.count++] = frame;
    }
    if (adjacency != nullptr)
        relayed.underlay = adjacency->underlay;
    of_vtep.relayed_frames.add(relayed.count);
    delivery.counters.relayed.add(relayed.count);
    delivery.counters.encapsulated.add(relayed.count);
    delivery.counters.attachment(from).relayed_frames.add(relayed.count);
}

}  // namespace ferry::engine
