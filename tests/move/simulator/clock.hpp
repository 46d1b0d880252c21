// Virtual time: what is to happen happens in the order of its time, and at one time in the order in which it was asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace ferry::sim {

using Time = std::int64_t;  // nanoseconds
constexpr Time us = 1'000, ms = 1'000'000;

class Clock {
public:
    Time now() const noexcept { return now_; }
    void at(Time time, std::function<void()> what)
    {
        queue_.push({time < now_ ? now_ : time, ++count_, std::move(what)});
    }
    void after(Time delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }

    /// Runs all until nothing is left, or until `end`; returns whether nothing is left.
    bool run(Time end)
    {
        while (!queue_.empty() && queue_.top().time <= end) {
            auto what = std::move(const_cast<Event&>(queue_.top()).what);
            now_ = queue_.top().time;
            queue_.pop();
            what();
        }
        return queue_.empty();
    }

private:
    struct Event {
        Time time;
        std::uint64_t order;
        std::function<void()> what;
        bool operator<(const Event& other) const noexcept
        {
            return time != other.time ? time > other.time : order > other.order;
        }
    };
    std::priority_queue<Event> queue_;
    Time now_ = 0;
    std::uint64_t count_ = 0;
};

}  // namespace ferry::sim
