// What a worker tells the writer: this MAC was seen there.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <ferry/table/row.hpp>

namespace ferry {

/// A frame of `key` came from where `row` (local or remote, origin learned) says, and the table said otherwise:
/// nothing, a learned row, or one that the endpoint's host set and that names another VTEP than `row` does.
struct LearnEvent {
    FdbKey key;
    Row row;
};

/// A bounded queue from one worker to the writer. When it is full the event is not taken; the endpoint's next frame
/// brings it again.
class LearnQueue {
public:
    static constexpr std::size_t capacity = 1024;

    /// Worker thread: false when full.
    bool push(const LearnEvent& event) noexcept
    {
        const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_.load(std::memory_order_acquire) == capacity)
            return false;
        events_[tail % capacity] = event;
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }

    /// Writer thread: takes up to `count` events in order, returns how many.
    std::size_t pop(LearnEvent* events, std::size_t count) noexcept
    {
        const std::uint32_t head = head_.load(std::memory_order_relaxed);
        const std::uint32_t ready = tail_.load(std::memory_order_acquire) - head;
        const std::uint32_t taken = count < ready ? static_cast<std::uint32_t>(count) : ready;
        for (std::uint32_t i = 0; i < taken; ++i)
            events[i] = events_[(head + i) % capacity];
        head_.store(head + taken, std::memory_order_release);
        return taken;
    }

private:
    alignas(64) std::atomic<std::uint32_t> head_{0};
    alignas(64) std::atomic<std::uint32_t> tail_{0};
    alignas(64) std::array<LearnEvent, capacity> events_{};
};

}  // namespace ferry
