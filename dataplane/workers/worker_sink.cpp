#include "workers/worker_sink.hpp"

#include <algorithm>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "host/clock.hpp"

namespace ferryd {

using ferry::DropReason;

namespace {
constexpr std::uint16_t handover_burst = 32;
/// For so many nanoseconds after the last frame of a dock its frames may fill the port.
constexpr std::int64_t dock_fills_port = 20'000'000;
/// For so many milliseconds other frames wait for room behind it, at most.
constexpr std::uint64_t patience_ms = 100;
}

WorkerSink::~WorkerSink()
{
    rte_pktmbuf_free_bulk(behind_dock_.data(), static_cast<unsigned>(behind_dock_.size()));
}

void WorkerSink::to_attachment(ferry::AttachmentId attachment, rte_mbuf** frames, std::uint16_t count)
{
    send(Destination::attachment(attachment), frames, nullptr, count);
}

void WorkerSink::to_gate(ferry::AttachmentId attachment, rte_mbuf** frames, const ferry::Arrival* arrivals, std::uint16_t count)
{
    send(Destination::attachment(attachment), frames, arrivals, count);
}

void WorkerSink::to_underlay(ferry::UnderlayId underlay, rte_mbuf** frames, std::uint16_t count)
{
    if (underlay == incomplete_underlay || any_waits()) [[unlikely]]
        return resolve(underlay, frames, count);
    send(Destination::underlay(underlay), frames, nullptr, count);
}

std::uint16_t WorkerSink::offer_to_underlay(ferry::UnderlayId underlay, rte_mbuf** frames, std::uint16_t count)
{
    if (any_waits()) [[unlikely]]
        send_ready();
    if (!behind_dock_.empty()) {
        gates_.stop_flushes();
        return 0;
    }
    if (underlay == incomplete_underlay) [[unlikely]]
        return offer_unresolved(frames, count);
    return offer(frames, count);
}

/// What would wait for its next hop here waits in its dock, of which there is more room.
std::uint16_t WorkerSink::offer_unresolved(rte_mbuf** frames, std::uint16_t count) noexcept
{
    std::uint16_t done = 0;
    while (done < count && !waiting_.waits(ferry::VtepId{frames[done]->hash.usr})) {
        if (waiting_.passes(frames[done], received_tsc_) && offer(&frames[done], 1) == 0)
            break;  // otherwise it has left, or was dropped because nothing leads there
        ++done;
    }
    return done;
}

/// Those that the port has no room for stay the caller's. So do they where the port is another worker's and the queue to that one is full;
/// what it finds no room for in the port then is dropped.
std::uint16_t WorkerSink::offer(rte_mbuf** frames, std::uint16_t count) noexcept
{
    const Destination destination = Destination::underlay(ferry::UnderlayId{});
    const Route route = route_to(destination);
    if (route.port == nullptr) {
        drop(DropReason::underlay_down, destination, frames, count);
        return count;
    }
    std::uint16_t done = 0;
    if (route.owner != self_) {
        done = hand_over(route, destination, frames, nullptr, count);
        if (done < count)
            gates_.stop_flushes();
        return done;
    }
    while (done < count) {
        const auto left = static_cast<std::uint16_t>(count - done);
        const Transmitted result = route.port->transmit(route.queue, frames + done, left);
        done = static_cast<std::uint16_t>(done + result.taken);
        if (done < count && (result.full || result.refusal == DropReason::underlay_down)) {
            gates_.stop_flushes();
            break;
        }
        const std::uint16_t refused = std::min<std::uint16_t>(result.refused, static_cast<std::uint16_t>(count - done));
        if (refused > 0)
            drop(result.refusal, destination, frames + done, refused);
        done = static_cast<std::uint16_t>(done + refused);
    }
    return done;
}

/// A dock fills a port that is slower than a worker for as long as it leaves, which shall not cost other frames.
bool WorkerSink::waits_behind_dock(bool full) const noexcept
{
    return !behind_dock_.empty() || (full && nanoseconds_now() - gates_.flushed_at() < dock_fills_port);
}

void WorkerSink::wait_behind_dock(rte_mbuf** frames, std::uint16_t count) noexcept
{
    if (behind_dock_.empty())
        behind_dock_since_tsc_ = rte_rdtsc();  // not when it was received: it may have been handed over since
    const auto room = static_cast<std::uint16_t>(std::min<std::size_t>(count, most_behind_dock - behind_dock_.size()));
    behind_dock_.insert(behind_dock_.end(), frames, frames + room);
    if (room < count)
        drop(DropReason::transmit_failed, Destination::underlay({}), frames + room, static_cast<std::uint16_t>(count - room));
}

/// They leave before any more of a dock does.
void WorkerSink::send_behind_dock() noexcept
{
    const std::uint64_t now = rte_rdtsc();
    const bool too_late = now - behind_dock_since_tsc_ > ticks_of_milliseconds(patience_ms);
    const auto count = static_cast<std::uint16_t>(behind_dock_.size());
    std::uint16_t sent = 0;
    for (std::uint16_t taken = handover_burst; taken == handover_burst && sent < count;) {
        taken = offer(behind_dock_.data() + sent, std::min(static_cast<std::uint16_t>(count - sent), handover_burst));
        sent = static_cast<std::uint16_t>(sent + taken);
    }
    if (sent > 0) {
        behind_dock_since_tsc_ = now;
    } else if (too_late) {
        drop(DropReason::transmit_failed, Destination::underlay({}), behind_dock_.data(), count);
        sent = count;
    }
    behind_dock_.erase(behind_dock_.begin(), behind_dock_.begin() + sent);
}

/// What has waited leaves before these, whose adjacency may have become complete since.
void WorkerSink::resolve(ferry::UnderlayId underlay, rte_mbuf** frames, std::uint16_t count) noexcept
{
    send_ready();
    if (underlay != incomplete_underlay)
        return send(Destination::underlay(underlay), frames, nullptr, count);
    for (std::uint16_t i = 0; i < count; ++i)
        if (waiting_.passes(frames[i], received_tsc_))
            send(Destination::underlay(ferry::UnderlayId{}), &frames[i], nullptr, 1);
}

void WorkerSink::send_ready() noexcept
{
    if (!behind_dock_.empty())
        send_behind_dock();
    rte_mbuf* ready[handover_burst];
    while (const std::uint16_t count = waiting_.take_ready(ready, handover_burst, received_tsc_))
        send(Destination::underlay(ferry::UnderlayId{}), ready, nullptr, count);
}

void WorkerSink::pass(rte_mbuf** frames, std::uint16_t count)
{
    const Route route = wiring_->to_host(self_);
    if (route.port != nullptr)
        transmit(route, Destination::attachment(ferry::AttachmentId::none), frames, nullptr, count);
    else  // the kernel sees the frames of its own interfaces by itself; the engine has counted these
        rte_pktmbuf_free_bulk(frames, count);
}

void WorkerSink::from_host(rte_mbuf** frames, std::uint16_t count) noexcept
{
    for (std::uint16_t i = 0; i < count; ++i)
        frames[i]->hash.usr = ferry::index_of(ferry::VtepId::none);
    send(Destination::underlay(ferry::UnderlayId{}), frames, nullptr, count);
}

Route WorkerSink::route_to(Destination destination) const noexcept
{
    return destination.is_underlay() ? wiring_->to_underlay(self_) : wiring_->to_attachment(destination.attachment_id());
}

void WorkerSink::send(Destination destination, rte_mbuf** frames, const ferry::Arrival* arrivals, std::uint16_t count) noexcept
{
    const Route route = route_to(destination);
    if (route.port == nullptr)
        drop(destination.is_underlay() ? DropReason::underlay_down : DropReason::transmit_failed, destination, frames, count);
    else if (route.owner == self_)
        transmit(route, destination, frames, arrivals, count);
    else if (const std::uint16_t taken = hand_over(route, destination, frames, arrivals, count); taken < count)
        drop(DropReason::handover_full, destination, frames + taken, static_cast<std::uint16_t>(count - taken));
}

/// What the port refuses because its ring is stopped waits at once, before any other thread knows of the stop.
void WorkerSink::transmit(const Route& route, Destination destination, rte_mbuf** frames, const ferry::Arrival* arrivals,
                          std::uint16_t count) noexcept
{
    if (route.gates != nullptr && (arrivals != nullptr || route.gates->busy())) [[unlikely]]
        return gates_.take(*route.gates, frames, arrivals, count, received_tsc_);
    if (destination.is_underlay() && waits_behind_dock(false)) [[unlikely]]
        return wait_behind_dock(frames, count);
    while (count > 0) {
        const Transmitted result = route.port->transmit(route.queue, frames, count);
        frames += result.taken;
        count = static_cast<std::uint16_t>(count - result.taken);
        if (destination.is_underlay() && waits_behind_dock(result.full)) [[unlikely]]
            return wait_behind_dock(frames, count);
        const std::uint16_t refused = std::min(result.refused, count);
        if (refused > 0) {
            if (route.gates != nullptr && route.gates->docks(result.refusal))
                return gates_.take_refused(*route.gates, frames, count, received_tsc_);
            drop(result.refusal, destination, frames, refused);
        }
        frames += refused;
        count = static_cast<std::uint16_t>(count - refused);
    }
}

/// Returns how many of the first frames there was room for.
std::uint16_t WorkerSink::hand_over(const Route& route, Destination destination, rte_mbuf** frames,
                                    const ferry::Arrival* arrivals, std::uint16_t count) noexcept
{
    for (std::uint16_t i = 0; i < count; ++i)
        put_tag(frames[i], received_tsc_, destination, arrivals != nullptr ? &arrivals[i] : nullptr);
    const std::uint16_t taken = handovers_.from_to(self_, route.owner).push(frames, count);
    handovers_.bell(route.owner).ring();
    return taken;
}

std::uint32_t WorkerSink::take_handed_over(const Wiring& wiring) noexcept
{
    std::uint32_t total = 0;
    for (std::uint32_t from = 0; from < handovers_.workers(); ++from) {
        if (from == self_)
            continue;
        total += take_from(from, wiring);
    }
    return total;
}

/// All that is there: one thread may run both workers, and then nobody takes it until all of its queues have been polled
/// once more.
std::uint32_t WorkerSink::take_from(std::uint32_t from, const Wiring& wiring) noexcept
{
    std::uint32_t total = 0;
    rte_mbuf* frames[handover_burst];
    std::uint16_t count = handover_burst;
    while (count == handover_burst && total < HandoverQueue::capacity) {
        count = handovers_.from_to(from, self_).pop(frames, handover_burst);
        total += count;
        for (std::uint16_t done = 0; done < count;) {
            const FrameTag tag = tag_of(frames[done]);
            ferry::Arrival arrivals[handover_burst];
            std::uint16_t end = done;
            while (end < count && tag_of(frames[end]).destination == tag.destination && tag_of(frames[end]).gated == tag.gated) {
                arrivals[end] = arrival_of(frames[end]);
                ++end;
            }
            begin(wiring, tag.received_tsc);
            // Ports may have changed owners on the way; then the frames go on to the new one.
            send(tag.destination, frames + done, tag.gated ? arrivals + done : nullptr, static_cast<std::uint16_t>(end - done));
            done = end;
        }
    }
    return total;
}

void WorkerSink::drop(DropReason reason, Destination destination, rte_mbuf** frames, std::uint16_t count) noexcept
{
    engine_.drop(reason, destination.is_underlay() ? ferry::AttachmentId::none : destination.attachment_id(), frames, count);
}

}  // namespace ferryd
