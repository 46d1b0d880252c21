#include "engine/receive.hpp"

#include <algorithm>

#include "engine/frame.hpp"

namespace ferry::engine {
namespace {

/// A chain with a short first buffer is rare: some drivers split header and payload.
[[gnu::noinline, gnu::cold]] rte_mbuf* gather(rte_mbuf* frame, rte_mempool* pool) noexcept
{
    if (frame->data_len >= std::min<std::size_t>(frame->pkt_len, contiguous_size))
        return frame;
    return replace_by_copy(frame, pool);
}

}  // namespace

std::uint64_t receive(Burst& burst, rte_mempool* pool, std::uint16_t room) noexcept
{
    std::uint64_t bytes = 0;
    const std::size_t count = burst.count;
    for (std::size_t i = 0; i < count; ++i) {
        rte_mbuf* frame = burst.frames[i];
        bytes += frame->pkt_len;
        if (frame->nb_segs != 1) [[unlikely]] {
            frame = gather(frame, pool);
            if (frame == nullptr) {
                burst.drop(i, DropReason::no_buffer);
                continue;
            }
            burst.frames[i] = frame;
        }
        std::uint8_t* const front = bytes_of(*frame);
        burst.fronts[i] = front;
        __builtin_prefetch(front);
        if (room != 0)
            __builtin_prefetch(front - room, 1);
    }
    return bytes;
}

}  // namespace ferry::engine
