#include "rpc/call_bound.hpp"

#include <utility>

namespace ferryd {

CallBound::CallBound(std::chrono::milliseconds most) : most_(most), thread_([this] { run(); }) {}

CallBound::~CallBound()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

CallBound::Watch::Watch(CallBound& bound, std::function<void()> end) : bound_(bound)
{
    const std::lock_guard lock(bound_.mutex_);
    id_ = ++bound_.last_id_;
    bound_.entries_.emplace(id_, Entry{Clock::now() + bound_.most_, std::move(end)});
    if (bound_.entries_.size() == 1)
        bound_.changed_.notify_all();
}

CallBound::Watch::~Watch()
{
    const std::lock_guard lock(bound_.mutex_);
    bound_.entries_.erase(id_);
}

void CallBound::run()
{
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (entries_.empty()) {
            changed_.wait(lock);
        } else if (const auto when = entries_.begin()->second.when; when > Clock::now()) {
            changed_.wait_until(lock, when);
        } else {
            // Called under the lock, so that its watch, and what that protects, is still there.
            entries_.begin()->second.end();
            entries_.erase(entries_.begin());
        }
    }
}

}  // namespace ferryd
