#include "run/receiver.hpp"

#include <rte_mbuf.h>

namespace ferry::bench {

Receiver::Receiver(ferryd::Port& port, const Plan& plan, const Clock& clock)
    : port_(port), plan_(plan), clock_(clock), sequences_(plan.flows), latency_(std::make_unique<Histogram>()),
      chained_(most_filler + outer_header_size)
{
}

void Receiver::begin(std::uint16_t trial)
{
    trial_ = trial;
    sequences_.clear();
    latency_->clear();
    verdicts_.fill(0);
    late_ = 0;
    arrived_.store(0, std::memory_order_relaxed);
    last_arrival_.store(clock_.now(), std::memory_order_relaxed);
}

unsigned Receiver::poll()
{
    std::array<rte_mbuf*, burst> frames;
    const std::uint16_t count = port_.receive(queue_, frames.data(), burst);
    queue_ = static_cast<std::uint16_t>(queue_ + 1 < port_.receive_queues() ? queue_ + 1 : 0);
    if (count == 0)
        return 0;
    const std::uint64_t now = clock_.now();
    const std::uint64_t before = verdicts_[static_cast<std::size_t>(Verdict::good)];
    for (std::uint16_t i = 0; i < count; ++i) {
        if (i + 2 < count)
            __builtin_prefetch(rte_pktmbuf_mtod(frames[i + 2], const void*));
        take(*frames[i], now);
    }
    rte_pktmbuf_free_bulk(frames.data(), count);
    const std::uint64_t good = verdicts_[static_cast<std::size_t>(Verdict::good)];
    if (good != before) {
        arrived_.store(good, std::memory_order_relaxed);
        last_arrival_.store(now, std::memory_order_relaxed);
    }
    return count;
}

void Receiver::take(rte_mbuf& frame, std::uint64_t now)
{
    const std::uint8_t* bytes = rte_pktmbuf_mtod(&frame, const std::uint8_t*);
    if (frame.nb_segs > 1) {
        bytes = frame.pkt_len <= chained_.size()
                    ? static_cast<const std::uint8_t*>(rte_pktmbuf_read(&frame, 0, frame.pkt_len, chained_.data()))
                    : nullptr;
        if (bytes == nullptr) {
            ++verdicts_[static_cast<std::size_t>(Verdict::other)];
            return;
        }
    }
    const Judgement judgement = judge(plan_, {bytes, frame.pkt_len});
    if (judgement.verdict == Verdict::good && judgement.probe.trial != trial_) {
        ++late_;
        return;
    }
    ++verdicts_[static_cast<std::size_t>(judgement.verdict)];
    if (judgement.verdict != Verdict::good)
        return;
    sequences_.add(judgement.probe.flow, judgement.probe.sequence);
    latency_->add((now - judgement.probe.time) & 0xffff'ffff'ffff);
}

}  // namespace ferry::bench
