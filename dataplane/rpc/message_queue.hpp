// Messages that wait to be sent to one peer.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "ferry.pb.h"

namespace ferryd {

/// A queue with bounds of number and age. Not for several threads at once.
class MessageQueue {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::size_t most = 16'384;
    static constexpr int most_in_frame = 64;  ///< so that a frame stays below 8 KiB
    /// Whoever sent an older one has repeated it since, or wants it no longer.
    static constexpr std::chrono::seconds oldest{1};

    /// Where the queue is full the oldest goes.
    void push(ferry::v1::MoveMessage message, Clock::time_point now)
    {
        if (entries_.size() == most) {
            entries_.pop_front();
            ++dropped_;
        }
        entries_.push_back({std::move(message), now});
    }
    /// Moves messages into `frame`, in their order, and returns how many.
    int take(ferry::v1::HostFrame& frame, Clock::time_point now)
    {
        for (; !entries_.empty() && now - entries_.front().since > oldest; ++dropped_)
            entries_.pop_front();
        int taken = 0;
        for (; taken < most_in_frame && !entries_.empty(); ++taken) {
            *frame.add_messages() = std::move(entries_.front().message);
            entries_.pop_front();
        }
        return taken;
    }
    void clear()
    {
        dropped_ += entries_.size();
        entries_.clear();
    }
    bool empty() const noexcept { return entries_.empty(); }
    std::uint64_t dropped() const noexcept { return dropped_; }

private:
    struct Entry {
        ferry::v1::MoveMessage message;
        Clock::time_point since;
    };
    std::deque<Entry> entries_;
    std::uint64_t dropped_ = 0;
};

}  // namespace ferryd
