// How long after a ring's start its guest gets its first frames: measured where they are delivered, for the price of one
// load a burst once that is known.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

namespace ferryd {

/// Armed by the ring's start, fed by the worker that owns the ring, read by the control thread. A measurement belongs to
/// the start with the number that it carries.
class DeliveryWatch {
public:
    struct Delivery {
        std::uint64_t start_tsc = 0;
        std::optional<std::uint64_t> first_tsc;    ///< the first frame came into the ring
        std::optional<std::uint64_t> waiting_tsc;  ///< the same for the first that ferry had received before the start
    };

    /// The ring started at `start_tsc`. No worker delivers at this moment. A frame that waited is looked for until
    /// `give_up_tsc`.
    void arm(std::uint64_t start_tsc, std::uint64_t give_up_tsc) noexcept
    {
        first_.store(0, std::memory_order_relaxed);
        waiting_.store(0, std::memory_order_relaxed);
        give_up_ = give_up_tsc;
        start_.store(start_tsc, std::memory_order_relaxed);
        armed_.store(true, std::memory_order_release);
    }

    bool armed() const noexcept { return armed_.load(std::memory_order_acquire); }

    /// Worker, while armed: frames, the oldest of them received at `received_tsc`, are in the ring now.
    void delivered(std::uint64_t received_tsc, std::uint64_t now_tsc) noexcept
    {
        if (first_.load(std::memory_order_relaxed) == 0)
            first_.store(now_tsc, std::memory_order_release);
        const bool waited = received_tsc < start_.load(std::memory_order_relaxed);
        if (waited)
            waiting_.store(now_tsc, std::memory_order_release);
        if (waited || now_tsc >= give_up_)
            armed_.store(false, std::memory_order_relaxed);
    }

    /// What is known of the start at `start_tsc`; nothing where the ring has started again since.
    std::optional<Delivery> of(std::uint64_t start_tsc) const noexcept
    {
        Delivery delivery{start_tsc, std::nullopt, std::nullopt};
        if (const std::uint64_t tsc = first_.load(std::memory_order_acquire); tsc != 0)
            delivery.first_tsc = tsc;
        if (const std::uint64_t tsc = waiting_.load(std::memory_order_acquire); tsc != 0)
            delivery.waiting_tsc = tsc;
        if (start_.load(std::memory_order_acquire) != start_tsc)
            return std::nullopt;
        return delivery;
    }

private:
    std::atomic<bool> armed_{false};
    std::atomic<std::uint64_t> start_{0}, first_{0}, waiting_{0};
    std::uint64_t give_up_ = 0;
};

}  // namespace ferryd
