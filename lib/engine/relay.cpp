#include "engine/relay.hpp"

#include <optional>

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
    auto& ip = wire::header_at<wire::Ipv4Header>(bytes_of(frame) + ip_offset);
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

/// Makes the frame ready for its way, or says why it cannot go.
std::optional<DropReason> make_ready(rte_mbuf*& frame, const Arrival& arrival, const Adjacency* adjacency, VtepId to,
                                     Vni vni, const Delivery& delivery) noexcept
{
    if (arrival.ttl <= 1)
        return DropReason::relay_ttl;
    if (adjacency == nullptr)
        return DropReason::adjacency_gone;
    if (frame->pkt_len > adjacency->max_inner)
        return DropReason::frame_too_big;
    rte_mbuf* const roomy = with_headroom(frame, delivery.pool);
    if (roomy == nullptr)
        return DropReason::no_buffer;
    frame = roomy;
    encapsulate_relayed(*frame, *adjacency, vni, flow_of(*frame, delivery.entropy_ports), arrival.mark, arrival.stream,
                        static_cast<std::uint8_t>(arrival.ttl - 1));
    label(*frame, to);
    return std::nullopt;
}

void undo(rte_mbuf& frame, const Arrival& arrival) noexcept
{
    take_off(frame, Adjacency::header_size);
    label(frame, arrival.peer);
}

void count_relayed(WorkerCounters& counters, AttachmentId from, VtepId to, std::uint16_t frames,
                   std::uint64_t bytes) noexcept
{
    TrafficCounters& of_vtep = counters.vtep(to);
    of_vtep.out_frames.add(frames);
    of_vtep.out_bytes.add(bytes);
    of_vtep.relayed_frames.add(frames);
    counters.relayed.add(frames);
    counters.encapsulated.add(frames);
    counters.attachment(from).relayed_frames.add(frames);
}

}  // namespace

std::uint16_t relay_burst(AttachmentId from, rte_mbuf** frames, const Arrival* arrivals, std::uint16_t count, VtepId to,
                          Vni vni, PortFull when_full, const Delivery& delivery, Sink& sink)
{
    const Adjacency* const adjacency = delivery.vteps.at(to, delivery.epoch);
    PerFrame<std::optional<DropReason>> misfits;
    PerFrame<rte_mbuf*> ready;
    std::uint16_t ready_count = 0;
    std::uint64_t bytes = 0;
    for (std::uint16_t i = 0; i < count; ++i) {
        misfits[i] = make_ready(frames[i], arrivals[i], adjacency, to, vni, delivery);
        if (misfits[i])
            continue;
        ready[ready_count++] = frames[i];
        bytes += frames[i]->pkt_len;
    }
    std::uint16_t taken = ready_count;
    if (ready_count > 0 && when_full == PortFull::leaves)
        taken = sink.offer_to_underlay(adjacency->underlay, ready.data(), ready_count);
    else if (ready_count > 0)
        sink.to_underlay(adjacency->underlay, ready.data(), ready_count);

    std::uint16_t done = 0;  // all before the first one that the port had no room for
    for (std::uint16_t sent = 0; done < count; ++done) {
        if (misfits[done])
            delivery.trash.add(*misfits[done], from, to, *frames[done]);
        else if (sent++ == taken)
            break;
    }
    for (std::uint16_t i = done; i < count; ++i) {
        if (misfits[i])
            continue;  // it is dropped when its turn comes
        bytes -= frames[i]->pkt_len;
        undo(*frames[i], arrivals[i]);
    }
    count_relayed(delivery.counters, from, to, taken, bytes);
    return done;
}

}  // namespace ferry::engine
