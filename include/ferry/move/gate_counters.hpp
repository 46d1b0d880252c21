// What a gate counts, readable as of one moment while its worker goes on counting.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include <ferry/engine/counters.hpp>

namespace ferry::move {

/// In frames. Whenever the gate is not at work: received = delivered + flushed + relayed + dropped + waiting, and so it is
/// for whoever reads by consistent(). One thread writes, the gate's worker; any may read.
class GateCounters {
public:
    Counter received;                       ///< all that came to the gate
    Counter flush_received, relay_received; ///< of these, under a label
    Counter docked;                         ///< had to wait
    Counter delivered, flushed, relayed;    ///< where they went
    Counter dropped_full, dropped_expired, dropped_unclaimed;
    Counter waiting;                        ///< now
    Counter late_flush;                     ///< under the flush label for what had been opened without its grant
    Counter out_of_order;                   ///< not held back as order demands, for want of room
    /// When the first frame went that way since hold(), ring(), claim() or drain(); 0 where none has.
    std::atomic<std::int64_t> first_docked{0}, first_flushed{0}, first_relayed{0};
    /// The same since ring() or claim(): of any frame, and of one that the old host had docked.
    std::atomic<std::int64_t> first_delivered{0}, first_waited{0};

    /// What `read` returns, which takes these counters, of one moment at which the gate was not at work. Waits while it
    /// is: for a burst, or until its thread runs again where it was interrupted. Not for the gate's worker at work.
    template <typename Read>
    auto consistent(Read read) const
    {
        for (unsigned attempt = 0;; wait(++attempt)) {
            const std::uint32_t before = changes_.load(std::memory_order_acquire);
            if (before % 2 != 0)
                continue;
            auto result = read(*this);
            std::atomic_thread_fence(std::memory_order_acquire);
            if (changes_.load(std::memory_order_relaxed) == before)
                return result;
        }
    }

    /// The gate is at work as long as the outermost of these lives.
    class [[nodiscard]] AtWork {
    public:
        explicit AtWork(GateCounters& counters) noexcept
            : changes_(counters.changes_), outermost_(changes_.load(std::memory_order_relaxed) % 2 == 0)
        {
            step();
            std::atomic_thread_fence(std::memory_order_release);
        }
        ~AtWork() { step(); }
        AtWork(const AtWork&) = delete;
        AtWork& operator=(const AtWork&) = delete;

    private:
        void step() noexcept
        {
            if (outermost_)
                changes_.store(changes_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
        }
        std::atomic<std::uint32_t>& changes_;
        const bool outermost_;
    };

private:
    /// First as long as a burst takes, then as long as a thread waits for a processor: it may be this one's.
    static void wait(unsigned attempt)
    {
        if (attempt < 64)
            std::this_thread::yield();
        else
            std::this_thread::sleep_for(std::chrono::microseconds(50));
    }

    std::atomic<std::uint32_t> changes_{0};  ///< odd while the gate is at work
};

}  // namespace ferry::move
