// A bounded queue from one thread to another, for what is told seldom beside the frames.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ferry {

/// One thread puts in, one takes out; neither waits. What the first had done before push(), the second sees done after
/// pop().
template <typename T, std::size_t room>
class EventQueue {
    static_assert((room & (room - 1)) == 0, "places are counted modulo 2^32");

public:
    static constexpr std::size_t capacity = room;

    /// False when full; the event is not taken.
    bool push(const T& event) noexcept
    {
        const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_.load(std::memory_order_acquire) == capacity)
            return false;
        events_[tail % capacity] = event;
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }

    /// Takes up to `count` events in order, returns how many.
    std::size_t pop(T* events, std::size_t count) noexcept
    {
        const std::uint32_t head = head_.load(std::memory_order_relaxed);
        const std::uint32_t ready = tail_.load(std::memory_order_acquire) - head;
        const std::uint32_t taken = count < ready ? static_cast<std::uint32_t>(count) : ready;
        for (std::uint32_t i = 0; i < taken; ++i)
            events[i] = events_[(head + i) % capacity];
        head_.store(head + taken, std::memory_order_release);
        return taken;
    }

    /// Either thread.
    bool empty() const noexcept
    {
        return tail_.load(std::memory_order_acquire) == head_.load(std::memory_order_acquire);
    }

private:
    alignas(64) std::atomic<std::uint32_t> head_{0};
    alignas(64) std::atomic<std::uint32_t> tail_{0};
    alignas(64) std::array<T, room> events_{};
};

}  // namespace ferry
