#include "engine/outbox.hpp"

namespace ferry::engine {

void Outbox::send(Lane<UnderlayId>& lane)
{
    counters_.encapsulated.add(lane.count);
    sink_->to_underlay(lane.id, lane.frames.data(), lane.count);
}

void Outbox::send(Lane<AttachmentId>& lane)
{
    TrafficCounters& of_attachment = counters_.attachment(lane.id);
    of_attachment.out_frames.add(lane.count);
    of_attachment.out_bytes.add(lane.bytes);
    sink_->to_attachment(lane.id, lane.frames.data(), lane.count);
}

void Outbox::send(Lane<Host>& lane)
{
    counters_.passed_frames.add(lane.count);
    sink_->pass(lane.frames.data(), lane.count);
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
