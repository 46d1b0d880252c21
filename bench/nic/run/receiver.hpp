// Takes frames and judges each of them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "clock.hpp"
#include "measure/flow_sequences.hpp"
#include "measure/histogram.hpp"
#include "ports/port.hpp"
#include "traffic/verdict.hpp"

namespace ferry::bench {

/// One thread's, but for arrived().
class Receiver {
public:
    Receiver(ferryd::Port& port, const Plan& plan, const Clock& clock);

    void begin(std::uint16_t trial);
    /// Takes a burst from the next of the port's queues; returns how many frames it had.
    unsigned poll();

    /// Good frames of this trial, repeated ones too. Any thread.
    std::uint64_t arrived() const noexcept { return arrived_.load(std::memory_order_relaxed); }
    /// When the last of them came, by the clock. Any thread.
    std::uint64_t last_arrival() const noexcept { return last_arrival_.load(std::memory_order_relaxed); }

    const SequenceCounts& sequences() const noexcept { return sequences_.counts(); }
    const Histogram& latency() const noexcept { return *latency_; }
    /// Frames by verdict; the good ones are of this trial.
    const std::array<std::uint64_t, verdict_count>& verdicts() const noexcept { return verdicts_; }
    /// Good frames of earlier trials.
    std::uint64_t late() const noexcept { return late_; }

private:
    static constexpr std::uint16_t burst = 64;
    void take(rte_mbuf& frame, std::uint64_t now);

    ferryd::Port& port_;
    const Plan& plan_;
    const Clock& clock_;
    std::uint16_t trial_ = 0, queue_ = 0;
    FlowSequences sequences_;
    std::unique_ptr<Histogram> latency_;
    std::array<std::uint64_t, verdict_count> verdicts_{};
    std::uint64_t late_ = 0;
    std::atomic<std::uint64_t> arrived_{0}, last_arrival_{0};
    std::vector<std::uint8_t> chained_;  ///< room for a frame of several buffers
};

}  // namespace ferry::bench
