#include "workers/gate_worker.hpp"

#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include <ferry/wire/announce.hpp>

#include "host/clock.hpp"

namespace ferryd {
namespace {

/// Nanoseconds, a long time for it: where nobody answers by then the worker rests as ever.
constexpr std::int64_t claim_takes = 100'000'000;

ferry::MacAddress destination_of(const rte_mbuf* frame) noexcept
{
    ferry::MacAddress mac;
    std::memcpy(&mac, rte_pktmbuf_mtod(frame, const void*), sizeof(mac));
    return mac;
}

}  // namespace

ferry::Expected<std::unique_ptr<GateWorker>> GateWorker::make(ferry::Worker& engine, const GateShared& shared,
                                                              Doorbell& bell)
{
    auto made = std::unique_ptr<GateWorker>(new GateWorker(engine, shared, bell));
    auto places = ferry::move::DockPlaces<rte_mbuf*>::make(shared.budget.frames());
    if (!places)
        return tl::unexpected(places.error());
    auto senders = ferry::move::SenderPlaces<rte_mbuf*>::make(shared.senders);
    if (!senders)
        return tl::unexpected(senders.error());
    made->places_ = std::move(*places);
    made->senders_ = std::move(*senders);
    return made;
}

bool GateWorker::hurries() const noexcept
{
    return !waiting_.empty() || (hurry_until_ != 0 && nanoseconds_now() < hurry_until_);
}

void GateWorker::command(const GateCommand& command) noexcept
{
    while (!commands_.push(command))  // the worker comes round in microseconds
        rte_pause();
    ++commanded_;
    bell_.ring();
}

void GateWorker::wait_until_obeyed() const
{
    while (obeyed_.load(std::memory_order_acquire) != commanded_)
        std::this_thread::sleep_for(std::chrono::microseconds(20));
}

void GateWorker::tell(EndpointGate& gate, const ferry::move::GateEvent& event) noexcept
{
    if (!news_.push({&gate, event, nanoseconds_now()}))
        lost_news.fetch_add(1, std::memory_order_relaxed);
    shared_.wake_control();
}

/// What had come before the round before began was received by its end, if the queues were found empty in both: also by
/// other workers of this thread, and handed over.
void GateWorker::begin_round() noexcept
{
    flush_share_ = flushed_in_a_round;
    if (waiting_.empty()) [[likely]]
        return;
    began_before_ = began_;
    began_ = nanoseconds_now();
}

void GateWorker::count_flushed(std::size_t frames) noexcept
{
    flush_share_ -= std::min(flush_share_, static_cast<std::uint32_t>(frames));  // stop_flushes() may have been called
    if (frames > 0)
        flushed_at_ = nanoseconds_now();
    count_left(frames);
}

std::uint32_t GateWorker::round(bool caught_up)
{
    take_commands();
    left_ = 0;
    for (EndpointGate* gate : std::exchange(announce_, {}))  // which may bring further commands
        announce(*gate);
    const std::int64_t now = nanoseconds_now();
    std::erase_if(waiting_, [&](EndpointGate* gate) {
        gate->gate().run(now, caught_up ? began_before_ : 0);
        settle(*gate);
        gate->listed_ = gate->gate().waits();
        return !gate->listed_;
    });
    if (announce_.empty())
        obeyed_.store(taken_, std::memory_order_release);
    return left_;
}

void GateWorker::take(PortGates& port, rte_mbuf** frames, const ferry::Arrival* arrivals, std::uint16_t count, std::uint64_t received_tsc)
{
    take_commands();
    flush_share_ += count;
    const std::int64_t now = nanoseconds_of(received_tsc);
    for (std::uint16_t i = 0; i < count; ++i) {
        ferry::Arrival arrival;
        if (arrivals != nullptr)
            arrival = arrivals[i];
        else
            arrival.peer = ferry::VtepId{frames[i]->hash.usr};
        EndpointGate& gate = port.gate_of(destination_of(frames[i]));
        if (!gate.docks() && gate.gate().ordinary()) [[unlikely]] {  // as if there were no gates
            if (const Transmitted done = port.port().transmit(0, &frames[i], 1); done.taken == 0)
                engine_.drop(done.refusal, port.attachment(), &frames[i], 1);
            continue;
        }
        gate.gate().take(frames[i], frames[i]->pkt_len, arrival, now);
        touch(gate);
    }
    settle_touched();
}

void GateWorker::take_refused(PortGates& port, rte_mbuf** frames, std::uint16_t count, std::uint64_t received_tsc)
{
    flush_share_ += count;
    const std::int64_t now = nanoseconds_of(received_tsc);
    for (std::uint16_t i = 0; i < count; ++i) {
        ferry::Arrival arrival;
        arrival.peer = ferry::VtepId{frames[i]->hash.usr};
        EndpointGate& gate = port.gate_of(destination_of(frames[i]));
        if (gate.docks())
            gate.gate().take_refused(frames[i], frames[i]->pkt_len, arrival, now);
        else
            engine_.drop(ferry::DropReason::ring_stopped, port.attachment(), &frames[i], 1);
        touch(gate);
    }
    settle_touched();
}

void GateWorker::touch(EndpointGate& gate)
{
    if (!std::exchange(gate.touched_, true))
        touched_.push_back(&gate);
}

void GateWorker::settle_touched()
{
    const std::int64_t now = nanoseconds_now();
    for (EndpointGate* gate : touched_) {
        gate->touched_ = false;
        gate->gate().move_on(now);
        settle(*gate);
    }
    touched_.clear();
}

void GateWorker::settle(EndpointGate& gate)
{
    const bool busy = !gate.gate().ordinary();
    if (std::exchange(gate.busy_, busy) != busy)
        gate.port().busy_gates_ += busy ? 1 : std::size_t(-1);
    if (!gate.listed_ && gate.gate().waits()) {
        gate.listed_ = true;
        waiting_.push_back(&gate);
    }
}

void GateWorker::take_commands()
{
    GateCommand command;
    while (commands_.pop(&command, 1) != 0) {
        ++taken_;
        const std::int64_t now = nanoseconds_now();
        obey(command, now);
        command.gate->gate().move_on(now);
        settle(*command.gate);
    }
}

void GateWorker::obey(const GateCommand& command, std::int64_t now)
{
    EndpointGate::Gate& gate = command.gate->gate();
    if (command.kind == GateCommand::Kind::hold || command.kind == GateCommand::Kind::claim)
        command.gate->set_docks(true);
    else if (command.kind == GateCommand::Kind::discard)
        command.gate->set_docks(false);
    switch (command.kind) {
    case GateCommand::Kind::hold:
        gate.hold();
        hurry_until_ = now + claim_takes;
        break;
    case GateCommand::Kind::ring: gate.ring(now); break;
    case GateCommand::Kind::claim:
        gate.claim(command.count != 0);
        hurry_until_ = now + claim_takes;
        break;
    case GateCommand::Kind::expect_flush: gate.expect_flush(command.count, now); break;
    case GateCommand::Kind::open: gate.open(now); break;
    case GateCommand::Kind::expect_stream: gate.expect_stream(command.stream, command.count, command.sender, now); break;
    case GateCommand::Kind::drain:
        command.gate->set_new_host(command.to, command.flush, command.relay);
        gate.drain(now);
        break;
    case GateCommand::Kind::discard: gate.discard(now); break;
    case GateCommand::Kind::finish: gate.finish(now); break;
    case GateCommand::Kind::announce: announce_.push_back(command.gate); break;
    }
}

/// As if the endpoint itself had asked for its address (RFC 903): flooded, so that whoever learns from frames learns.
void GateWorker::announce(EndpointGate& gate)
{
    rte_mbuf* frame = rte_pktmbuf_alloc(shared_.pool);
    if (frame == nullptr)
        return;
    const ferry::wire::ArpFrame bytes = ferry::wire::make_rarp_request(gate.mac());
    std::memcpy(rte_pktmbuf_append(frame, static_cast<std::uint16_t>(bytes.size())), bytes.data(), bytes.size());
    engine_.from_attachment(gate.port().attachment(), &frame, 1, seconds_of(rte_rdtsc()), *sink_);
}

}  // namespace ferryd
