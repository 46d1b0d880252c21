// What gate.hpp declares: its commands.
#pragma once

#include <ferry/move/gate.hpp>

namespace ferry::move {

template <typename Frame>
void Gate<Frame>::claim(bool returning) noexcept
{
    merging_ = true;
    returning_ = returning;
    open_ = flush_known_ = told_merged_ = false;
    flush_seen_ = flush_expected_ = 0;
    streams_ = {};
    streams_pending_ = 0;
    senders_seen_.clear();
    waiting_.for_each(senders_, [&](Sender<Frame>& sender) {
        sender.waited = 0;
        sender.let_by = false;
        sender.free_at = sender.queue.empty() ? 0 : sender.queue.front(places_).since + times_.plain;
        sender.ferry = sender.ferry && !returning;
    });
    restart_marks();
    restart_deliveries();
}

template <typename Frame>
void Gate<Frame>::expect_flush(std::uint64_t frames, std::int64_t now)
{
    const GateCounters::AtWork at_work(counters_);
    if (!merging_ || open_ || flush_known_)
        return;
    flush_known_ = true;
    flush_expected_ = frames;
    flush_progress_ = now;
    if (flush_seen_ >= frames)
        open_now(now);
    move_on(now);
}

template <typename Frame>
void Gate<Frame>::open(std::int64_t now)
{
    const GateCounters::AtWork at_work(counters_);
    if (merging_ && !open_)
        open_now(now);
    move_on(now);
}

template <typename Frame>
void Gate<Frame>::expect_stream(Stream stream, std::uint64_t frames, VtepId sender, std::int64_t now)
{
    StreamState& state = streams_[stream];
    if (state.known)
        return;
    if (!merging_ || state.over) {  // waited for already, or there is nothing to wait for any more
        state.known = state.over = true;
        return tell_stream(stream, state.passed >= frames);
    }
    state.known = true;
    state.sender = sender;
    state.expected = frames;
    state.since = now;
    ++streams_pending_;
    check_stream(stream);
    move_on(now);
}

template <typename Frame>
void Gate<Frame>::discard(std::int64_t now)
{
    const GateCounters::AtWork at_work(counters_);
    const auto drop = [&](const Docked<Frame>& docked) {
        counters_.dropped_unclaimed.add(1);
        output_.drop(GateDrop::unclaimed, docked);
    };
    while (!queue_.empty()) {
        const Docked<Frame> docked = queue_.front(places_);
        leave(docked, now);
        drop(docked);
    }
    waiting_.for_each(senders_, [&](Sender<Frame>& sender) {
        while (!sender.queue.empty())
            drop(take_waiting(sender));
    });
}

template <typename Frame>
void Gate<Frame>::finish(std::int64_t now)
{
    const GateCounters::AtWork at_work(counters_);
    open_ = true;
    waiting_.for_each(senders_, [&](Sender<Frame>& sender) {
        while (!sender.queue.empty())
            pass(take_waiting(sender));
    });
    waiting_.clear(senders_);
    merging_ = false;
    streams_pending_ = 0;
    move_on(now);
}

}  // namespace ferry::move
