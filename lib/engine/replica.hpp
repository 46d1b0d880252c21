// What a remote of a flood gets: the inner frame behind room for outer headers, copied or shared.
#pragma once

#include <algorithm>
#include <cstring>

#include "engine/frame.hpp"

namespace ferry::engine {

/// Makes one frame many. A frame of fewer than `share_from` bytes is copied: to copy little is as quick as to refer to
/// it, and ports send one buffer quicker than two. Of a longer one, or one that no buffer of the pool has room for,
/// every replica refers to the very buffers, to which nobody may write any more.
class Replicas {
public:
    Replicas(rte_mbuf& frame, std::uint32_t share_from, rte_mempool* pool) noexcept
        : frame_(frame), pool_(pool),
          shared_(frame.pkt_len >= share_from ||
                  frame.pkt_len + RTE_PKTMBUF_HEADROOM > rte_pktmbuf_data_room_size(pool))
    {
    }

    bool shared() const noexcept { return shared_; }

    /// Writes up to `count` frames to `replicas` and returns how many there were buffers for.
    std::size_t make(rte_mbuf** replicas, std::size_t count) noexcept
    {
        const std::size_t taken = take_buffers(replicas, shared_ ? std::min(count, references_left()) : count);
        if (shared_ && taken != 0)
            rte_pktmbuf_refcnt_update(&frame_, static_cast<std::int16_t>(taken));
        for (std::size_t i = 0; i < taken; ++i)
            shared_ ? refer(*replicas[i]) : copy(*replicas[i]);
        return taken;
    }

private:
    /// A buffer counts its users in 16 bits.
    std::size_t references_left() const noexcept { return UINT16_MAX - rte_mbuf_refcnt_read(&frame_); }

    /// All of them at once, or as many as there are.
    std::size_t take_buffers(rte_mbuf** buffers, std::size_t count) noexcept
    {
        if (rte_pktmbuf_alloc_bulk(pool_, buffers, static_cast<unsigned>(count)) == 0) [[likely]]
            return count;
        std::size_t taken = 0;
        while (taken < count && (buffers[taken] = rte_pktmbuf_alloc(pool_)) != nullptr)
            ++taken;
        return taken;
    }

    void refer(rte_mbuf& replica) noexcept
    {
        replica.next = &frame_;
        replica.nb_segs = static_cast<std::uint16_t>(frame_.nb_segs + 1);
        replica.pkt_len = frame_.pkt_len;
    }

    void copy(rte_mbuf& replica) noexcept
    {
        std::uint8_t* end = bytes_of(replica);
        for (const rte_mbuf* buffer = &frame_; buffer != nullptr; buffer = buffer->next) {
            std::memcpy(end, bytes_of(*buffer), buffer->data_len);
            end += buffer->data_len;
        }
        replica.data_len = static_cast<std::uint16_t>(frame_.pkt_len);
        replica.pkt_len = frame_.pkt_len;
    }

    rte_mbuf& frame_;
    rte_mempool* pool_;
    bool shared_;
};

}  // namespace ferry::engine
