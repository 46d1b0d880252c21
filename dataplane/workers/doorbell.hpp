// How a thread that has something for another wakes it from its sleep.
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <vector>

#include <ferry/error.hpp>

#include "host/descriptor.hpp"

namespace ferryd {

/// One thread sleeps; any may ring. The sleeper arms the bell, looks once more whether there is something to do, and
/// waits only where there is not. Who rings while the sleeper is awake pays a fence and a load, and writes nothing.
class Doorbell {
public:
    /// Fails with unavailable where the process may open no more files.
    static ferry::Expected<std::unique_ptr<Doorbell>> make();

    /// Any thread. What the caller did before is seen by the sleeper when it wakes, or when it looks after arm().
    void ring() noexcept
    {
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (armed_.load(std::memory_order_relaxed)) [[unlikely]]
            wake();
    }

    // The sleeper's thread.

    enum class End { time, ring, other };

    /// From now on a ring ends wait(), or keeps it from waiting.
    void arm() noexcept
    {
        armed_.store(true, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_seq_cst);
    }
    void disarm() noexcept { armed_.store(false, std::memory_order_relaxed); }
    /// Waits for `time` at most, until somebody rings one of `bells`, which are armed, or until one of `others` is
    /// readable, and says which it was. Where somebody rang the others are left alone: they may have gone. Negative
    /// descriptors are not looked at.
    static End wait(std::span<Doorbell* const> bells, std::chrono::nanoseconds time, std::vector<pollfd>& others) noexcept;

private:
    explicit Doorbell(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}
    void wake() noexcept;
    void heard() noexcept;

    const Descriptor descriptor_;  ///< an eventfd
    std::atomic<bool> armed_{false};
};

}  // namespace ferryd
