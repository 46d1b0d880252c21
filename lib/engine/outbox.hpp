// What a burst sends where: frames gathered by destination, in order, and given to the sink a destination at a time.
#pragma once

#include "engine/burst.hpp"
#include "engine/frame.hpp"
#include "engine/lanes.hpp"

#include <ferry/engine/counters.hpp>
#include <ferry/engine/sink.hpp>

namespace ferry::engine {

/// One worker's. Takes the ownership of frames.
class Outbox {
public:
    explicit Outbox(WorkerCounters& counters) noexcept : counters_(counters) {}

    /// Sets who gets the frames of this burst, until flush().
    void open(Sink& sink) noexcept { sink_ = &sink; }

    /// Labels and counts an encapsulated frame that goes to the VTEP `peer`.
    void count_out(rte_mbuf& frame, VtepId peer) noexcept
    {
        label(frame, peer);
        TrafficCounters& of_vtep = counters_.vtep(peer);
        of_vtep.out_frames.add(1);
        of_vtep.out_bytes.add(frame.pkt_len);
    }

    /// Takes an encapsulated frame for the VTEP `peer`.
    void to_underlay(UnderlayId id, rte_mbuf& frame, VtepId peer)
    {
        count_out(frame, peer);
        counted_to_underlay(id, frame);
    }
    /// Takes an encapsulated frame that has been counted.
    void counted_to_underlay(UnderlayId id, rte_mbuf& frame)
    {
        underlays_.add(id, frame, [this](Lane<UnderlayId>& lane) { send(lane); });
    }

    /// Takes an inner frame for which label() has been called.
    void to_attachment(AttachmentId id, rte_mbuf& frame)
    {
        attachments_.add(id, frame, [this](Lane<AttachmentId>& lane) { send(lane); });
    }

    /// Takes a whole burst of encapsulated frames that have been counted, before anything else of it was taken.
    void burst_to_underlay(UnderlayId id, Burst& burst);
    /// The same for inner frames to one attachment, for which label() has been called.
    void burst_to_attachment(AttachmentId id, Burst& burst);

    /// Takes inner frames for the gate of an attachment and gives them on at once, behind what was for the attachment.
    void to_gate(AttachmentId id, rte_mbuf** frames, const Arrival* arrivals, std::uint16_t count);

    /// Takes a frame of the host's.
    void pass(rte_mbuf& frame)
    {
        frame.hash.usr = index_of(VtepId::none);
        frame.ol_flags &= ~RTE_MBUF_F_RX_RSS_HASH;
        passed_.add(Host::host, frame, [this](Lane<Host>& lane) { send(lane); });
    }

    /// Gives everything to the sink.
    void flush();

private:
    enum class Host : std::uint8_t { host };

    void send(UnderlayId id, rte_mbuf** frames, std::size_t count);
    void send(AttachmentId id, rte_mbuf** frames, std::size_t count, std::uint64_t bytes);
    void send(Lane<UnderlayId>& lane) { send(lane.id, lane.frames.data(), lane.count); }
    void send(Lane<AttachmentId>& lane) { send(lane.id, lane.frames.data(), lane.count, lane.bytes); }
    void send(Lane<Host>& lane);

    WorkerCounters& counters_;
    Sink* sink_ = nullptr;
    Lanes<Host, 1> passed_;
    Lanes<UnderlayId, 8> underlays_;  // more ports than lanes take turns, in smaller bursts
    Lanes<AttachmentId, 64> attachments_;
};

}  // namespace ferry::engine
