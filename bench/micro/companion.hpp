// A second thread beside the one that measures, each on a core of its own where there are two.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace ferry::bench {

/// Keeps the calling thread on the CPU of that number among those that the process may use, counted round.
void stay_on_cpu(unsigned number);

/// Runs `step(phase)` again and again on another CPU, and nothing while the phase is 0, until it is destroyed. The
/// calling thread stays on its own CPU from then on.
class Companion {
public:
    explicit Companion(std::function<void(int phase)> step);
    ~Companion();
    Companion(const Companion&) = delete;
    Companion& operator=(const Companion&) = delete;

    void set_phase(int phase) noexcept { phase_.store(phase, std::memory_order_relaxed); }
    int phase() const noexcept { return phase_.load(std::memory_order_relaxed); }

private:
    std::atomic<int> phase_{0};
    std::atomic<bool> ends_{false};
    std::thread thread_;
};

}  // namespace ferry::bench
