#include "run/sender.hpp"

#include <algorithm>
#include <cstring>

#include <rte_mbuf.h>

#include "traffic/probe.hpp"

namespace ferry::bench {

Sender::Sender(ferryd::Port& port, rte_mempool* pool, const Plan& plan, const Clock& clock)
    : port_(port), pool_(pool), plan_(plan), clock_(clock), order_(plan.flows), sequences_(plan.flows)
{
}

Sender::~Sender()
{
    end();
}

void Sender::begin(std::uint16_t trial, const FrameSize& size)
{
    end();
    trial_ = trial;
    size_ = &size;
    made_ = sent_ = sent_bytes_ = 0;
    order_ = FlowOrder(plan_.flows);
    std::fill(sequences_.begin(), sequences_.end(), 0);
}

void Sender::end()
{
    rte_pktmbuf_free_bulk(frames_.data() + first_, static_cast<unsigned>(end_ - first_));
    first_ = end_ = 0;
}

std::uint64_t Sender::send(std::uint64_t wanted)
{
    if (first_ == end_ && !refill(static_cast<std::uint16_t>(std::min<std::uint64_t>(wanted, burst))))
        return 0;
    const auto offered = static_cast<std::uint16_t>(std::min<std::uint64_t>(wanted, std::uint64_t{end_} - first_));
    std::uint64_t bytes[burst];
    for (std::uint16_t i = 0; i < offered; ++i)
        bytes[i] = frames_[first_ + i]->pkt_len;
    const std::uint16_t taken = port_.transmit(0, frames_.data() + first_, offered).taken;
    for (std::uint16_t i = 0; i < taken; ++i)
        sent_bytes_ += bytes[i] + fcs_size;
    first_ = static_cast<std::uint16_t>(first_ + taken);
    sent_ += taken;
    return taken;
}

bool Sender::refill(std::uint16_t count)
{
    first_ = end_ = 0;
    if (count == 0 || rte_pktmbuf_alloc_bulk(pool_, frames_.data(), count) != 0)
        return false;
    const std::uint64_t time = clock_.now();
    for (std::uint16_t i = 0; i < count; ++i)
        write(*frames_[i], time);
    end_ = count;
    return true;
}

void Sender::write(rte_mbuf& frame, std::uint64_t time)
{
    const std::size_t inner = size_->of_frame(made_++) - fcs_size;
    const std::size_t outer = plan_.traffic == Traffic::decap ? outer_header_size : 0;
    const std::uint32_t flow = order_.next();
    auto* bytes = rte_pktmbuf_mtod(&frame, std::uint8_t*);
    frame.data_len = static_cast<std::uint16_t>(inner + outer);
    frame.pkt_len = frame.data_len;
    if (outer != 0)
        write_outer_header(plan_, flow, inner, bytes);
    bytes += outer;
    write_plain_header(plan_, flow, inner, bytes);
    write_probe({trial_, flow, sequences_[flow]++, time}, bytes + plain_header_size);
    const auto rest = filler(inner - plain_header_size - sizeof(ProbeHeader));
    std::memcpy(bytes + plain_header_size + sizeof(ProbeHeader), rest.data(), rest.size());
}

}  // namespace ferry::bench
