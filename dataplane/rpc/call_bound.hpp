// Bounds the time of a call, so that a client that stalls does not keep a thread of the server for ever.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace ferryd {

/// A thread that ends what takes too long.
class CallBound {
public:
    explicit CallBound(std::chrono::milliseconds most);
    ~CallBound();
    CallBound(const CallBound&) = delete;
    CallBound& operator=(const CallBound&) = delete;

    /// While it lives, its `end` is called once when the time is up; never afterwards.
    class Watch {
    public:
        Watch(CallBound& bound, std::function<void()> end);
        ~Watch();
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;

    private:
        CallBound& bound_;
        std::uint64_t id_;
    };

private:
    using Clock = std::chrono::steady_clock;
    struct Entry {
        Clock::time_point when;
        std::function<void()> end;
    };
    void run();

    const std::chrono::milliseconds most_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::uint64_t, Entry> entries_;  ///< in the order of their time, as all are given the same
    std::uint64_t last_id_ = 0;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace ferryd
