// Frames that wait: bounded by bytes and buffers for a whole host, shared fairly among endpoints, in queues that allocate
// nothing while frames come.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <ferry/engine/arrival.hpp>
#include <ferry/move/places.hpp>

namespace ferry::move {

/// What all endpoints of a host may hold back together. Any worker, at once.
///
/// The share of one endpoint follows the dynamic threshold of A. K. Choudhury and E. L. Hahne, "Dynamic Queue Length
/// Thresholds for Shared-Memory Packet Switches" (IEEE/ACM Transactions on Networking 6(2), 1998): it may hold up to four
/// times what is still free, so that one alone gets 4/5 of all, n get the same, and there is always room for another.
class DockBudget {
public:
    static constexpr std::uint64_t greed = 4;

    DockBudget(std::uint64_t bytes, std::uint32_t frames) noexcept : bytes_(bytes), frames_(frames) {}

    /// True, and taken, where an endpoint that holds `held_bytes` in `held_frames` may hold one frame of `bytes` more.
    bool take(std::uint32_t bytes, std::uint64_t held_bytes, std::uint32_t held_frames) noexcept
    {
        const std::uint64_t used_bytes = used_bytes_.fetch_add(bytes, std::memory_order_relaxed);
        const std::uint32_t used_frames = used_frames_.fetch_add(1, std::memory_order_relaxed);
        if (used_bytes + bytes <= bytes_ && used_frames < frames_ && held_bytes + bytes <= greed * (bytes_ - used_bytes) &&
            held_frames < greed * (frames_ - used_frames))
            return true;
        give_back(bytes, 1);
        return false;
    }
    void give_back(std::uint64_t bytes, std::uint32_t frames) noexcept
    {
        used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
        used_frames_.fetch_sub(frames, std::memory_order_relaxed);
    }

    std::uint64_t bytes() const noexcept { return bytes_; }
    std::uint32_t frames() const noexcept { return frames_; }
    std::uint64_t used_bytes() const noexcept { return used_bytes_.load(std::memory_order_relaxed); }
    std::uint32_t used_frames() const noexcept { return used_frames_.load(std::memory_order_relaxed); }

private:
    const std::uint64_t bytes_;
    const std::uint32_t frames_;
    std::atomic<std::uint64_t> used_bytes_{0};
    std::atomic<std::uint32_t> used_frames_{0};
};

/// A frame that waits. `Frame` is a pointer, or something as small, that owns nothing.
template <typename Frame>
struct Docked {
    Frame frame{};
    Arrival arrival;
    std::uint32_t bytes = 0;
    std::int64_t since = 0;  ///< nanoseconds by the driver's clock
};

template <typename Frame>
struct DockPlace {
    Docked<Frame> docked;
    std::uint32_t next = 0;
};

/// The places in which one worker's frames wait. That worker's only.
template <typename Frame>
using DockPlaces = Places<DockPlace<Frame>>;

/// First in, first out, in places that others share.
template <typename Frame>
class DockQueue {
public:
    bool empty() const noexcept { return head_ == none; }
    std::uint32_t size() const noexcept { return size_; }

    /// False where no place is free.
    bool push(DockPlaces<Frame>& places, const Docked<Frame>& docked) noexcept
    {
        const std::uint32_t place = places.take();
        if (place == none)
            return false;
        places[place] = {docked, none};
        if (tail_ == none)
            head_ = place;
        else
            places[tail_].next = place;
        tail_ = place;
        ++size_;
        return true;
    }
    const Docked<Frame>& front(DockPlaces<Frame>& places) const noexcept { return places[head_].docked; }
    /// Copies up to `room` frames from the front without taking them, and returns how many.
    std::size_t peek(DockPlaces<Frame>& places, Docked<Frame>* docked, std::size_t room) const noexcept
    {
        std::size_t count = 0;
        for (std::uint32_t place = head_; place != none && count < room; place = places[place].next)
            docked[count++] = places[place].docked;
        return count;
    }
    /// Puts `docked` in the place of the first `count`.
    void replace(DockPlaces<Frame>& places, const Docked<Frame>* docked, std::size_t count) noexcept
    {
        std::uint32_t place = head_;
        for (std::size_t i = 0; i < count; ++i, place = places[place].next)
            places[place].docked = docked[i];
    }
    void pop(DockPlaces<Frame>& places) noexcept
    {
        const std::uint32_t place = head_;
        head_ = places[place].next;
        if (head_ == none)
            tail_ = none;
        --size_;
        places.give_back(place);
    }

private:
    static constexpr std::uint32_t none = DockPlaces<Frame>::none;
    std::uint32_t head_ = none, tail_ = none, size_ = 0;
};

}  // namespace ferry::move
