// Where a burst's dropped frames end: counted under their reasons, then freed together.
#pragma once

#include "engine/burst.hpp"

#include <ferry/engine/counters.hpp>

namespace ferry::engine {

/// One burst's drops; frees them when it is destroyed.
class Trash {
public:
    explicit Trash(WorkerCounters& counters) noexcept : counters_(counters) {}
    Trash(const Trash&) = delete;
    Trash& operator=(const Trash&) = delete;
    ~Trash() { rte_pktmbuf_free_bulk(frames_.data(), count_); }

    /// Counts a drop for the worker, for the attachment that the frame came from or was meant for, and for the VTEP
    /// at its other end; each none where there is none. A frame with neither came from a VTEP that is not in the
    /// table.
    void count(DropReason reason, AttachmentId attachment, VtepId peer) noexcept
    {
        const auto number = static_cast<std::size_t>(reason);
        counters_.drops[number].add(1);
        if (attachment != AttachmentId::none)
            counters_.attachment(attachment).drops[number].add(1);
        if (peer != VtepId::none || attachment == AttachmentId::none)
            counters_.vtep(peer).drops[number].add(1);
    }

    /// Counts a drop and takes the frame.
    void add(DropReason reason, AttachmentId attachment, VtepId peer, rte_mbuf& frame) noexcept
    {
        count(reason, attachment, peer);
        if (count_ == max_burst) {  // copies of floods may be more than a burst
            rte_pktmbuf_free_bulk(frames_.data(), count_);
            count_ = 0;
        }
        frames_[count_++] = &frame;
    }

private:
    WorkerCounters& counters_;
    unsigned count_ = 0;
    PerFrame<rte_mbuf*> frames_;
};

}  // namespace ferry::engine
