// Frames from one worker to another that owns their port: one bounded queue for each pair, so that the order of a pair is
// kept and no worker waits for another.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ferry/error.hpp>

#include "workers/doorbell.hpp"

struct rte_mbuf;
struct rte_ring;

namespace ferryd {

/// A queue with one producing and one consuming worker.
class HandoverQueue {
public:
    static constexpr std::uint32_t capacity = 1023;

    static ferry::Expected<HandoverQueue> make();

    /// Producer: takes the first frames that fit and returns how many.
    std::uint16_t push(rte_mbuf** frames, std::uint16_t count) noexcept;
    /// Consumer: up to `room` frames in order.
    std::uint16_t pop(rte_mbuf** frames, std::uint16_t room) noexcept;
    bool empty() const noexcept;

    /// Any thread: how many frames were ever put in and taken out, modulo 2^32.
    std::uint32_t pushed() const noexcept;
    std::uint32_t popped() const noexcept;

private:
    struct Free {
        void operator()(rte_ring* ring) const noexcept;
    };
    explicit HandoverQueue(rte_ring* ring) : ring_(ring) {}
    std::unique_ptr<rte_ring, Free> ring_;
};

/// The queues among a number of workers, and the bell of each.
class Handovers {
public:
    /// Fails with no_memory, and as Doorbell::make() does.
    static ferry::Expected<Handovers> make(std::uint32_t workers);

    HandoverQueue& from_to(std::uint32_t from, std::uint32_t to) noexcept { return queues_[from * workers_ + to]; }
    std::uint32_t workers() const noexcept { return workers_; }
    /// To be rung by who has put something where `worker` looks only while it is awake.
    Doorbell& bell(std::uint32_t worker) noexcept { return *bells_[worker]; }
    /// `worker`: nothing waits for it.
    bool none_for(std::uint32_t worker) const noexcept;

    /// Any thread: for each queue how many frames were ever put in.
    std::vector<std::uint32_t> pushed() const;
    /// True when all that pushed() told has been taken out since.
    bool popped_since(const std::vector<std::uint32_t>& pushed) const noexcept;

    /// Frees what nobody took. No worker runs any more.
    void discard() noexcept;

private:
    Handovers(std::uint32_t workers, std::vector<HandoverQueue> queues, std::vector<std::unique_ptr<Doorbell>> bells)
        : workers_(workers), queues_(std::move(queues)), bells_(std::move(bells))
    {
    }
    std::uint32_t workers_;
    std::vector<HandoverQueue> queues_;
    std::vector<std::unique_ptr<Doorbell>> bells_;
};

}  // namespace ferryd
