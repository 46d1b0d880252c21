// How a thread that has something for another wakes it from a short sleep.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace ferryd {

/// One thread sleeps; any may ring. Costs nothing while the sleeper is awake but a shared write for each ring.
class Doorbell {
public:
    /// What the caller did before is seen by the sleeper when it wakes, or before it sleeps: it is not missed.
    void ring() noexcept;

    /// The sleeper's thread: sleeps for `time` at most, or until somebody rings, which ends it at once where that was after
    /// `nothing_to_do` looked. Does not sleep where that returns false.
    template <typename Look>
    void sleep(std::chrono::nanoseconds time, Look nothing_to_do) noexcept
    {
        const std::uint32_t rung = rung_.load(std::memory_order_relaxed);
        asleep_.store(true, std::memory_order_seq_cst);
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (nothing_to_do())
            wait(rung, time);
        asleep_.store(false, std::memory_order_relaxed);
    }

private:
    void wait(std::uint32_t rung, std::chrono::nanoseconds time) noexcept;

    std::atomic<std::uint32_t> rung_{0};
    std::atomic<bool> asleep_{false};
};

}  // namespace ferryd
