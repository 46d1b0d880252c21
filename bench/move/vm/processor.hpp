// The thread that runs guests in turns, as a VM's processor would.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "guest.hpp"

namespace ferry::bench {

/// Runs the guests, which outlive it, from its making to its end. When no guest has anything to do it looks again a few
/// times, then rests between looks.
class Processor {
public:
    /// `first`: before all other threads on its CPU (SCHED_RR), as if it had one of its own, and so the calling thread, which
    /// stops and starts the guests' rings; where the system does not allow that, is_first() says so.
    /// `rest` is below a second.
    Processor(std::vector<Guest*> guests, bool first, std::chrono::microseconds rest);
    ~Processor();
    Processor(const Processor&) = delete;
    Processor& operator=(const Processor&) = delete;

    bool is_first() const noexcept { return first_; }

private:
    void run() const;

    std::vector<Guest*> guests_;
    const std::chrono::microseconds rest_;
    std::atomic<bool> stop_{false};
    bool first_ = false;
    std::thread thread_;
};

}  // namespace ferry::bench
