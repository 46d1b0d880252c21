#include "workers/handover.hpp"

#include <cstdlib>

#include <rte_mbuf.h>
#include <rte_ring.h>

namespace ferryd {

void HandoverQueue::Free::operator()(rte_ring* ring) const noexcept
{
    std::free(ring);
}

ferry::Expected<HandoverQueue> HandoverQueue::make()
{
    const ssize_t size = rte_ring_get_memsize(capacity + 1);
    const std::size_t rounded = (static_cast<std::size_t>(size) + RTE_CACHE_LINE_SIZE - 1) / RTE_CACHE_LINE_SIZE * RTE_CACHE_LINE_SIZE;
    auto* ring = static_cast<rte_ring*>(std::aligned_alloc(RTE_CACHE_LINE_SIZE, rounded));
    if (ring == nullptr)
        return ferry::fail(ferry::ErrorCode::no_memory, "no memory for the queues between workers");
    if (rte_ring_init(ring, "handover", capacity + 1, RING_F_SP_ENQ | RING_F_SC_DEQ) != 0) {
        std::free(ring);
        return ferry::fail(ferry::ErrorCode::internal, "a queue between workers cannot be made");
    }
    return HandoverQueue(ring);
}

std::uint16_t HandoverQueue::push(rte_mbuf** frames, std::uint16_t count) noexcept
{
    return static_cast<std::uint16_t>(
        rte_ring_sp_enqueue_burst(ring_.get(), reinterpret_cast<void* const*>(frames), count, nullptr));
}

std::uint16_t HandoverQueue::pop(rte_mbuf** frames, std::uint16_t room) noexcept
{
    return static_cast<std::uint16_t>(rte_ring_sc_dequeue_burst(ring_.get(), reinterpret_cast<void**>(frames), room, nullptr));
}

bool HandoverQueue::empty() const noexcept
{
    return rte_ring_empty(ring_.get());
}

std::uint32_t HandoverQueue::pushed() const noexcept
{
    return __atomic_load_n(&ring_->prod.tail, __ATOMIC_ACQUIRE);
}

std::uint32_t HandoverQueue::popped() const noexcept
{
    return __atomic_load_n(&ring_->cons.tail, __ATOMIC_ACQUIRE);
}

ferry::Expected<Handovers> Handovers::make(std::uint32_t workers)
{
    std::vector<HandoverQueue> queues;
    queues.reserve(std::size_t{workers} * workers);
    for (std::uint32_t i = 0; i < workers * workers; ++i) {
        auto queue = HandoverQueue::make();
        if (!queue)
            return tl::unexpected(queue.error());
        queues.push_back(std::move(*queue));
    }
    std::vector<std::unique_ptr<Doorbell>> bells;
    for (std::uint32_t i = 0; i < workers; ++i) {
        auto bell = Doorbell::make();
        if (!bell)
            return tl::unexpected(bell.error());
        bells.push_back(std::move(*bell));
    }
    return Handovers(workers, std::move(queues), std::move(bells));
}

bool Handovers::none_for(std::uint32_t worker) const noexcept
{
    for (std::uint32_t from = 0; from < workers_; ++from) {
        if (!queues_[from * workers_ + worker].empty())
            return false;
    }
    return true;
}

std::vector<std::uint32_t> Handovers::pushed() const
{
    std::vector<std::uint32_t> all;
    all.reserve(queues_.size());
    for (const HandoverQueue& queue : queues_)
        all.push_back(queue.pushed());
    return all;
}

bool Handovers::popped_since(const std::vector<std::uint32_t>& pushed) const noexcept
{
    for (std::size_t i = 0; i < queues_.size(); ++i) {
        // Both count modulo 2^32, and a queue never holds more than its capacity: the difference tells which is ahead.
        if (static_cast<std::int32_t>(queues_[i].popped() - pushed[i]) < 0)
            return false;
    }
    return true;
}

void Handovers::discard() noexcept
{
    rte_mbuf* frames[32];
    for (HandoverQueue& queue : queues_) {
        while (const std::uint16_t count = queue.pop(frames, 32))
            rte_pktmbuf_free_bulk(frames, count);
    }
}

}  // namespace ferryd
