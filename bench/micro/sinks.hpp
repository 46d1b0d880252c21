// Where the benchmarks' frames end.
#pragma once

#include <vector>

#include <rte_mbuf.h>

#include <ferry/engine/sink.hpp>

namespace ferry::bench {

/// Counts frames and leaves them to the Ring that they are of.
class Discard : public Sink {
public:
    void to_attachment(AttachmentId, rte_mbuf**, std::uint16_t count) override { delivered += count; }
    void to_gate(AttachmentId, rte_mbuf**, const Arrival*, std::uint16_t count) override { others += count; }
    void to_underlay(UnderlayId, rte_mbuf**, std::uint16_t count) override { sent += count; }
    void pass(rte_mbuf**, std::uint16_t count) override { others += count; }
    std::uint64_t sent = 0, delivered = 0, others = 0;
};

/// A port with a transmit ring: frees a frame when its descriptor comes round again, as NICs' drivers do.
class TransmitRing : public Sink {
public:
    ~TransmitRing() override { rte_pktmbuf_free_bulk(ring_.data(), static_cast<unsigned>(ring_.size())); }
    void to_underlay(UnderlayId, rte_mbuf** frames, std::uint16_t count) override
    {
        for (std::uint16_t i = 0; i < count; ++i) {
            rte_pktmbuf_free(ring_[at_]);
            ring_[at_] = frames[i];
            at_ = (at_ + 1) % ring_.size();
        }
        sent += count;
    }
    void to_attachment(AttachmentId, rte_mbuf** frames, std::uint16_t count) override { free(frames, count); }
    void to_gate(AttachmentId, rte_mbuf** frames, const Arrival*, std::uint16_t count) override { free(frames, count); }
    void pass(rte_mbuf** frames, std::uint16_t count) override { free(frames, count); }
    std::uint64_t sent = 0;

private:
    static void free(rte_mbuf** frames, std::uint16_t count) { rte_pktmbuf_free_bulk(frames, count); }
    std::vector<rte_mbuf*> ring_ = std::vector<rte_mbuf*>(1024);
    std::size_t at_ = 0;
};

}  // namespace ferry::bench
