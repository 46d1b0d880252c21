// What gate.hpp declares: the way of a frame, through intake and outlet.
#pragma once

#include <ferry/move/gate.hpp>

namespace ferry::move {

// Intake ------------------------------------------------------------------------------------------------------------

template <typename Frame>
void Gate<Frame>::intake(Docked<Frame> docked)
{
    const Arrival came = docked.arrival;
    if (came.via == Via::flush || came.via == Via::relay) {
        // By way of the old host, which keeps the order. Its mark was for this host's intake.
        docked.arrival.mark = Mark::none;
        (came.via == Via::flush ? counters_.flush_received : counters_.relay_received).add(1);
        pass(docked);
        if (came.via == Via::flush) {
            ++flush_seen_;
            flush_progress_ = docked.since;
            if (merging_ && open_ && !flush_known_)
                counters_.late_flush.add(1);
        }
        if (came.mark == Mark::detour && merging_) {
            ++streams_[came.stream].passed;
            streams_[came.stream].since = docked.since;
            check_stream(came.stream);
        }
        if (flush_known_ && !open_ && flush_seen_ >= flush_expected_)
            open_now(docked.since);
        return;
    }
    if (!merging_)
        return pass(docked);
    note_direct(docked);

    const bool relays = came.via == Via::earlier;
    const SenderId id{came.peer, came.from_attachment, relays};
    Sender<Frame>* sender = waiting_.find_or_add(senders_, id);
    if (sender == nullptr) {
        counters_.out_of_order.add(1);
        return pass(docked);
    }
    if (sender->free_at == 0) {  // the first one in this claim
        sender->ferry = !returning_ && !came.from_attachment && !relays && output_.is_ferry(came.peer);
        sender->free_at = docked.since + times_.plain;
    }
    if (sender->queue.empty() && may_pass(docked, *sender, docked.since))
        return pass(docked);
    if (!charge(docked.bytes)) {
        counters_.out_of_order.add(1);
        return pass(docked);
    }
    if (!sender->queue.push(places_, docked)) {
        uncharge(docked.bytes);
        counters_.out_of_order.add(1);
        return pass(docked);
    }
    ++intake_waiting_;
}

template <typename Frame>
bool Gate<Frame>::may_pass(const Docked<Frame>& docked, Sender<Frame>& sender, std::int64_t now)
{
    if (!open_)
        return false;
    if (docked.arrival.mark == Mark::turned) {
        const Stream stream = docked.arrival.stream;
        if (streams_[stream].over) {
            sender.ferry = true;  // its earlier frames have come, so that its unmarked ones need not wait either
            return true;
        }
        const StreamState& state = streams_[stream];
        if (!state.known && sender.let_by && sender.let_by_stream == stream && sender.let_by_passed == state.passed)
            return true;
        if (sender.waited == 0)
            sender.waited = now;
        if (seen_until_ - std::max(sender.waited, state.since) < times_.merge)
            return false;
        if (state.known) {
            end_stream(stream, false);
        } else {  // perhaps a mark of an earlier move's turn: the stream may be another's now, or its own once more
            sender.let_by = true;
            sender.let_by_stream = stream;
            sender.let_by_passed = state.passed;
        }
        return true;
    }
    return sender.ferry || seen_until_ >= sender.free_at;
}

/// Lets all pass that may. What a sender's first frame waits for, those behind it wait for too.
template <typename Frame>
void Gate<Frame>::release(std::int64_t now)
{
    if (intake_waiting_ == 0 || !open_)
        return;
    waiting_.for_each(senders_, [&](Sender<Frame>& sender) {
        while (!sender.queue.empty() && may_pass(sender.queue.front(places_), sender, now)) {
            sender.waited = 0;
            pass(take_waiting(sender));
        }
    });
}

/// The sender's first frame, out of the intake.
template <typename Frame>
Docked<Frame> Gate<Frame>::take_waiting(Sender<Frame>& sender)
{
    const Docked<Frame> docked = sender.queue.front(places_);
    sender.queue.pop(places_);
    --intake_waiting_;
    uncharge(docked.bytes);
    return docked;
}

template <typename Frame>
void Gate<Frame>::check_stream(Stream stream)
{
    const StreamState& state = streams_[stream];
    if (state.known && !state.over && state.passed >= state.expected)
        end_stream(stream, true);
}

template <typename Frame>
void Gate<Frame>::end_stream(Stream stream, bool in_time)
{
    StreamState& state = streams_[stream];
    state.over = true;
    if (state.known) {
        --streams_pending_;
        trust(state.sender, state.since);
    }
    tell_stream(stream, in_time);
}

/// What `peer` sent by way of the old host has come. It may have stopped marking before its first direct frame is here.
template <typename Frame>
void Gate<Frame>::trust(VtepId peer, std::int64_t now)
{
    if (peer == VtepId::none)
        return;  // one that is not in the table, as others may be
    Sender<Frame>* sender = waiting_.find_or_add(senders_, {peer, false, false});
    if (sender == nullptr)
        return;
    sender->ferry = true;
    if (sender->free_at == 0)
        sender->free_at = now;
}

template <typename Frame>
void Gate<Frame>::tell(GateEvent::Kind kind, std::uint64_t count)
{
    GateEvent event;
    event.kind = kind;
    event.count = count;
    output_.event(event);
}

template <typename Frame>
void Gate<Frame>::tell_stream(Stream stream, bool in_time)
{
    GateEvent event;
    event.kind = in_time ? GateEvent::Kind::stream_passed : GateEvent::Kind::stream_timed_out;
    event.stream = stream;
    event.count = streams_[stream].passed;
    output_.event(event);
}

template <typename Frame>
void Gate<Frame>::open_now(std::int64_t now)
{
    open_ = true;
    tell(GateEvent::Kind::opened, flush_seen_);
    release(now);
}

// Outlet ------------------------------------------------------------------------------------------------------------

/// To the end of the outlet's queue.
template <typename Frame>
void Gate<Frame>::pass(Docked<Frame> docked)
{
    // A mark lives one hop: only one that asks for this relay goes on.
    if (docked.arrival.mark == Mark::turned || outlet_ == Outlet::ring || outlet_ == Outlet::held)
        docked.arrival.mark = Mark::none;
    const auto enter = [&] {
        if (!charge(docked.bytes))
            return false;
        if (queue_.push(places_, docked))
            return true;
        uncharge(docked.bytes);
        return false;
    };
    if (enter())
        return;
    empty(docked.since);  // room may only be lacking because the burst has not moved on
    if (enter() || pass_at_once(docked))
        return;
    counters_.dropped_full.add(1);
    output_.drop(GateDrop::full, docked);
}

/// Without a place to wait in; false where the frame would have to wait.
template <typename Frame>
bool Gate<Frame>::pass_at_once(Docked<Frame> docked)
{
    if (!queue_.empty())
        return false;
    if (outlet_ == Outlet::ring) {
        if (output_.to_ring(&docked, 1) == 0)
            return false;
        counters_.delivered.add(1);
        note_delivered(docked, docked.since);
        return true;
    }
    if (outlet_ != Outlet::relay)
        return false;
    output_.to_host(Via::relay, &docked, 1);
    note_sent(Via::relay, &docked, 1, docked.since);
    return true;
}

template <typename Frame>
void Gate<Frame>::run(std::int64_t now, std::int64_t seen_until)
{
    seen_until_ = std::max({seen_until_, seen_until, now - 10 * std::max(times_.merge, times_.plain)});
    move_on(now);
}

template <typename Frame>
void Gate<Frame>::move_on(std::int64_t now)
{
    const GateCounters::AtWork at_work(counters_);
    if (merging_) {
        if (flush_known_ && !open_ && seen_until_ - flush_progress_ >= times_.merge)
            open_now(now);  // what is missing was lost: opened() says how many came
        if (streams_pending_ > 0) {
            for (std::size_t stream = 0; stream < streams_.size(); ++stream) {
                const StreamState& state = streams_[stream];
                if (state.known && !state.over && seen_until_ - state.since >= times_.merge)
                    end_stream(static_cast<Stream>(stream), false);
            }
        }
        release(now);
        if (open_ && intake_waiting_ == 0 && !told_merged_) {
            told_merged_ = true;
            tell(GateEvent::Kind::merged, 0);
        }
    }
    empty(now);
    if (held_frames_ > 0)
        note_first(counters_.first_docked, now);
}

template <typename Frame>
void Gate<Frame>::empty(std::int64_t now)
{
    switch (outlet_) {
    case Outlet::held: return;
    case Outlet::ring: return empty_into_ring(now);
    case Outlet::relay: return empty_to_host(Via::relay, now);
    case Outlet::flush: break;
    }
    empty_to_host(Via::flush, now);
    if (!queue_.empty() || intake_waiting_ > 0)
        return;  // the new host's own senders must not overtake what waits here for room or its order
    outlet_ = Outlet::relay;
    tell(GateEvent::Kind::drained, flushed_);
}

template <typename Frame>
void Gate<Frame>::empty_into_ring(std::int64_t now)
{
    std::array<Docked<Frame>, burst> frames;
    while (const std::size_t count = queue_.peek(places_, frames.data(), burst)) {
        const std::size_t taken = output_.to_ring(frames.data(), count);
        for (std::size_t i = 0; i < taken; ++i) {
            leave(frames[i], now);
            note_delivered(frames[i], now);
        }
        counters_.delivered.add(taken);
        if (taken < count)
            break;
    }
    expire(0, now);
}

/// Drops what has waited for room for longer than anybody should, from `since` on.
template <typename Frame>
void Gate<Frame>::expire(std::int64_t since, std::int64_t now)
{
    while (!queue_.empty() && now - std::max(queue_.front(places_).since, since) > times_.wait) {
        const Docked<Frame> docked = queue_.front(places_);
        leave(docked, now);
        counters_.dropped_expired.add(1);
        output_.drop(GateDrop::expired, docked);
    }
}

template <typename Frame>
void Gate<Frame>::empty_to_host(Via label, std::int64_t now)
{
    std::array<Docked<Frame>, burst> frames;
    while (label == Via::relay || output_.may_flush()) {
        const std::size_t count = queue_.peek(places_, frames.data(), burst);
        if (count == 0)
            break;
        const std::size_t taken = output_.to_host(label, frames.data(), count);
        for (std::size_t i = 0; i < taken; ++i)
            leave(frames[i], now);
        if (taken > 0)
            note_sent(label, frames.data(), taken, now);
        if (taken < count) {
            queue_.replace(places_, frames.data() + taken, count - taken);
            break;
        }
    }
    expire(std::max(drained_at_, output_.flushed_at()), now);
}

template <typename Frame>
void Gate<Frame>::note_sent(Via label, const Docked<Frame>* frames, std::size_t count, std::int64_t now)
{
    if (label == Via::flush) {
        flushed_ += count;
        counters_.flushed.add(count);
        note_first(counters_.first_flushed, now);
        return;
    }
    counters_.relayed.add(count);
    note_first(counters_.first_relayed, now);
    for (std::size_t i = 0; i < count; ++i)
        note_relayed(frames[i], now);
}

template <typename Frame>
void Gate<Frame>::note_relayed(const Docked<Frame>& docked, std::int64_t now)
{
    const Arrival& came = docked.arrival;
    if (came.via != Via::direct || came.mark != Mark::none || !senders_seen_.note({came.peer, came.from_attachment}, now))
        return;
    tell_sender(GateEvent::Kind::relayed, came);
}

/// For the endpoint, which is here.
template <typename Frame>
void Gate<Frame>::note_direct(const Docked<Frame>& docked)
{
    const Arrival& came = docked.arrival;
    if (came.via == Via::direct && came.peer != VtepId::none && (outlet_ == Outlet::ring || outlet_ == Outlet::held) &&
        senders_seen_.note({came.peer, came.from_attachment}, docked.since) && !output_.is_ferry(came.peer))
        tell_sender(GateEvent::Kind::direct, came);
}

template <typename Frame>
void Gate<Frame>::tell_sender(GateEvent::Kind kind, const Arrival& came)
{
    GateEvent event;
    event.kind = kind;
    event.peer = came.peer;
    event.from_attachment = came.from_attachment;
    output_.event(event);
}

/// Takes the frame at the outlet's front, which is `docked`, out.
template <typename Frame>
void Gate<Frame>::leave(const Docked<Frame>& docked, std::int64_t now)
{
    queue_.pop(places_);
    uncharge(docked.bytes);
    if (docked.since != now)
        counters_.docked.add(1);
}

template <typename Frame>
bool Gate<Frame>::charge(std::uint32_t bytes) noexcept
{
    if (!budget_.take(bytes, held_bytes_, held_frames_))
        return false;
    held_bytes_ += bytes;
    ++held_frames_;
    counters_.waiting.add(1);
    return true;
}

template <typename Frame>
void Gate<Frame>::uncharge(std::uint32_t bytes) noexcept
{
    budget_.give_back(bytes, 1);
    held_bytes_ -= bytes;
    --held_frames_;
    counters_.waiting.add(~std::uint64_t{0});
}

}  // namespace ferry::move
