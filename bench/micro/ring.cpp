#include "ring.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <stdexcept>

#include "buffers.hpp"

namespace ferry::bench {
namespace {

constexpr std::size_t warm_buffers = 512, placed_buffers = 8192, largest_frame = 9600;

/// Moves a cache line from the core's own caches to the shared one, on CPUs that can; a no-operation on others.
void demote(const void* line) noexcept
{
    asm volatile(".byte 0x0f, 0x1c, 0x07" : : "D"(line) : "memory");  // cldemote (%rdi)
}

rte_mempool* pool_for(std::size_t longest)
{
    if (longest <= RTE_MBUF_DEFAULT_DATAROOM)
        return buffers("ring", placed_buffers + 2 * warm_buffers, RTE_MBUF_DEFAULT_BUF_SIZE);
    return buffers("jumbo", placed_buffers + 2 * warm_buffers, RTE_PKTMBUF_HEADROOM + largest_frame);
}

}  // namespace

Ring::Ring(Frames frames, const std::function<std::size_t(std::size_t, std::uint8_t*)>& write)
    : frames_(frames == Frames::warm ? warm_buffers : placed_buffers),
      templates_(frames_.size()),
      place_(frames)
{
    std::vector<std::uint8_t> bytes(largest_frame);
    std::size_t longest = 0;
    for (std::size_t i = 0; i < frames_.size(); ++i)
        longest = std::max(longest, write(i, bytes.data()));
    if (rte_pktmbuf_alloc_bulk(pool_for(longest), frames_.data(), static_cast<unsigned>(frames_.size())) != 0)
        throw std::runtime_error("the benchmarks' buffers are used up");
    std::shuffle(frames_.begin(), frames_.end(), std::mt19937(1));  // buffers come back in any order
    for (std::size_t i = 0; i < frames_.size(); ++i) {
        std::uint8_t* const place = rte_pktmbuf_mtod(frames_[i], std::uint8_t*);
        templates_[i].data_offset = frames_[i]->data_off;
        templates_[i].length = static_cast<std::uint16_t>(write(i, place));
        std::memcpy(templates_[i].bytes, place, kept);
    }
}

Ring::~Ring() { rte_pktmbuf_free_bulk(frames_.data(), static_cast<unsigned>(frames_.size())); }

rte_mbuf** Ring::next(const std::function<void(std::uint8_t*)>& change)
{
    rte_mbuf** const burst = frames_.data() + at_;
    for (std::size_t i = 0; i < burst_size; ++i) {
        rte_mbuf& frame = *burst[i];
        const Template& as_received = templates_[at_ + i];
        frame.data_off = as_received.data_offset;
        frame.data_len = as_received.length;
        frame.pkt_len = as_received.length;
        frame.ol_flags = 0;
        auto* const bytes = static_cast<std::uint8_t*>(frame.buf_addr) + frame.data_off;
        std::memcpy(bytes, as_received.bytes, kept);
        if (change)
            change(bytes);
        if (place_ == Frames::placed) {
            demote(bytes - 64);
            demote(bytes);
            demote(bytes + 64);
        }
    }
    at_ = (at_ + burst_size) % frames_.size();
    return burst;
}

}  // namespace ferry::bench
