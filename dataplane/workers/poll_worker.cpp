#include "workers/poll_worker.hpp"

#include <rte_cycles.h>

#include "host/clock.hpp"

namespace ferryd {

PollWorker::PollWorker(std::uint32_t index, std::unique_ptr<ferry::Worker> engine, std::unique_ptr<GateWorker> gates,
                       std::uint32_t reader, WorkerShared shared)
    : index_(index),
      grace_(shared.grace.readers()),
      handovers_(shared.handovers),
      engine_(std::move(engine)),
      gates_(std::move(gates)),
      reader_(reader),
      sink_(index, *engine_, shared.handovers, *gates_, shared.next_hops, shared.waiting),
      bell_(shared.handovers.bell(index))
{
    gates_->set_sink(sink_);
}

ferry::Expected<std::unique_ptr<PollWorker>> PollWorker::make(std::uint32_t index, const ferry::WorkerConfig& engine, WorkerShared shared)
{
    auto made = ferry::Worker::make(shared.tables, engine);
    if (!made)
        return tl::unexpected(made.error());
    auto gates = GateWorker::make(**made, shared.gates, shared.handovers.bell(index));
    if (!gates)
        return tl::unexpected(gates.error());
    auto reader = shared.grace.readers().add_reader();
    if (!reader)
        return tl::unexpected(reader.error());
    return std::unique_ptr<PollWorker>(new PollWorker(index, std::move(*made), std::move(*gates), *reader, shared));
}

PollWorker::~PollWorker()
{
    grace_.remove_reader(reader_);
}

/// A burst, or all there is. Some drivers give 32 frames at a time, whatever there is room for: DPDK's vhost library, and those
/// that use vector instructions.
std::uint16_t PollWorker::receive(const PollEntry& poll, rte_mbuf** frames) noexcept
{
    constexpr std::uint16_t at_a_time = 32;
    std::uint16_t count = 0, got = at_a_time;
    for (; count < burst && got == at_a_time; count = static_cast<std::uint16_t>(count + got))
        got = poll.port->receive(poll.queue, frames + count, at_a_time);
    return count;
}

std::uint32_t PollWorker::round(const Wiring& wiring, bool others_caught_up)
{
    std::uint32_t total = 0;
    rte_mbuf* frames[burst];
    caught_up_ = true;
    gates_->begin_round();
    if (sink_.any_waits()) [[unlikely]] {
        sink_.begin(wiring, rte_rdtsc());
        sink_.send_ready();
    }
    for (const PollEntry& poll : wiring.polls[index_]) {
        const std::uint16_t count = receive(poll, frames);
        if (count == 0)
            continue;
        total += count;
        const std::uint64_t now = rte_rdtsc();
        sink_.begin(wiring, now);
        if (poll.attachment != ferry::AttachmentId::none)
            engine_->from_attachment(poll.attachment, frames, count, seconds_of(now), sink_);
        else if (poll.from_host)
            sink_.from_host(frames, count);
        else
            engine_->from_underlay(frames, count, seconds_of(now), sink_);
        if (poll.attachment == ferry::AttachmentId::none && !poll.from_host)
            caught_up_ = caught_up_ && count < burst;
    }
    const std::uint32_t handed_over = sink_.take_handed_over(wiring);
    total += handed_over;
    caught_up_ = caught_up_ && handed_over < HandoverQueue::capacity;
    if (!gates_->rests()) [[unlikely]] {
        sink_.begin(wiring, rte_rdtsc());
        total += gates_->round(caught_up_ && others_caught_up);
    }
    rounds.add(1);
    if (total == 0)
        idle_rounds.add(1);
    return total;
}

/// The bell comes first: what changes at a port after it has been armed rings.
bool PollWorker::arm(const Wiring& wiring, std::vector<pollfd>& watched)
{
    bell_.arm();
    bool all = true;
    for (const PollEntry& poll : wiring.polls[index_]) {
        const auto descriptor = poll.port->arm(poll.queue);
        if (descriptor)
            watched.push_back({*descriptor, POLLIN, 0});
        all = all && descriptor;
    }
    return all;
}

/// Ports that have gone meanwhile are not touched.
void PollWorker::disarm(const Wiring& wiring)
{
    bell_.disarm();
    for (const PollEntry& poll : wiring.polls[index_])
        poll.port->disarm(poll.queue);
}

}  // namespace ferryd
