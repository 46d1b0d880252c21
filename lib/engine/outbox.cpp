#include "engine/outbox.hpp"

namespace ferry::engine {

void Outbox::send(UnderlayId id, rte_mbuf** frames, std::size_t count)
{
    counters_.encapsulated.add(count);
    sink_->to_underlay(id, frames, static_cast<std::uint16_t>(count));
}

void Outbox::send(AttachmentId id, rte_mbuf** frames, std::size_t count, std::uint64_t bytes)
{
    TrafficCounters& of_attachment = counters_.attachment(id);
    of_attachment.out_frames.add(count);
    of_attachment.out_bytes.add(bytes);
    sink_->to_attachment(id, frames, static_cast<std::uint16_t>(count));
}

void Outbox::send(Lane<Host>& lane)
{
    counters_.passed_frames.add(lane.count);
    sink_->pass(lane.frames.data(), lane.count);
}

void Outbox::burst_to_underlay(UnderlayId id, Burst& burst)
{
    send(id, burst.frames.data(), burst.count);
}

void Outbox::burst_to_attachment(AttachmentId id, Burst& burst)
{
    send(id, burst.frames.data(), burst.count, burst.bytes);
}

void Outbox::to_gate(AttachmentId id, rte_mbuf** frames, const Arrival* arrivals, std::uint16_t count)
{
    attachments_.flush(id, [this](Lane<AttachmentId>& lane) { send(lane); });
    TrafficCounters& of_attachment = counters_.attachment(id);
    of_attachment.out_frames.add(count);
    for (std::uint16_t i = 0; i < count; ++i)
        of_attachment.out_bytes.add(frames[i]->pkt_len);
    sink_->to_gate(id, frames, arrivals, count);
}

void Outbox::flush()
{
    underlays_.flush([this](Lane<UnderlayId>& lane) { send(lane); });
    attachments_.flush([this](Lane<AttachmentId>& lane) { send(lane); });
    passed_.flush([this](Lane<Host>& lane) { send(lane); });
}

}  // namespace ferry::engine
