// A bounded queue from one thread to another.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ferryd {

/// One thread puts in, one takes out; neither waits. What put() had seen to be done before it, take() sees done.
template <typename T, std::size_t capacity>
class Mailbox {
    static_assert((capacity & (capacity - 1)) == 0);

public:
    /// False where it is full.
    bool put(const T& value) noexcept
    {
        const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_.load(std::memory_order_acquire) == capacity)
            return false;
        values_[tail % capacity] = value;
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }
    /// False where it is empty.
    bool take(T& value) noexcept
    {
        const std::uint32_t head = head_.load(std::memory_order_relaxed);
        if (tail_.load(std::memory_order_acquire) == head)
            return false;
        value = values_[head % capacity];
        head_.store(head + 1, std::memory_order_release);
        return true;
    }
    bool empty() const noexcept
    {
        return tail_.load(std::memory_order_acquire) == head_.load(std::memory_order_acquire);
    }

private:
    alignas(64) std::atomic<std::uint32_t> head_{0};
    alignas(64) std::atomic<std::uint32_t> tail_{0};
    alignas(64) std::array<T, capacity> values_{};
};

}  // namespace ferryd
