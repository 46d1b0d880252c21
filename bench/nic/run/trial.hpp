// One trial: frames at one load for one time, and what became of them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "measure/flow_sequences.hpp"
#include "measure/histogram.hpp"
#include "run/receiver.hpp"
#include "run/sender.hpp"

namespace ferry::bench {

struct Load {
    double rate = 0;           ///< frames a second; 0: as fast as the port takes them
    double seconds = 1;        ///< of sending
    std::uint64_t frames = 0;  ///< 0: as many as rate and seconds give
};

struct TrialResult {
    double rate = 0;               ///< that was asked for; of 0, that was reached
    double seconds = 0;            ///< that sending took
    std::uint64_t intended = 0;    ///< frames that were to be sent
    std::uint64_t sent = 0;        ///< frames that the port took
    std::uint64_t sent_bytes = 0;  ///< with FCS
    SequenceCounts sequences;      ///< frames that came
    std::array<std::uint64_t, verdict_count> verdicts{};
    std::uint64_t late = 0;        ///< frames of an earlier trial
    std::uint64_t missed =
        0;  ///< frames that the receiving port or its kernel dropped because the tester had not taken others
    Histogram latency;             ///< nanoseconds
    bool interrupted = false;

    std::uint64_t unsent() const noexcept { return intended - sent; }
    std::uint64_t lost() const noexcept { return sent - std::min(sent, sequences.received); }
    /// Part of the intended frames that did not come, be it that the port did not take them (as CSIT's MLRsearch
    /// counts).
    double loss() const noexcept;
    double received_rate() const noexcept;  ///< frames a second, over the time of sending
    /// Frames that came otherwise than they should, repeated ones among them.
    std::uint64_t faults() const noexcept;
};

/// The tester: sends by one port and receives from the same or another.
class Tester {
public:
    struct Options {
        double settle = 2;                    ///< seconds without a frame after which what has not come is lost
        std::optional<unsigned> receive_cpu;  ///< receives on a thread of its own
        bool own_thread = false;
        bool yields = false;                  ///< leaves the CPU to others when there is nothing to do
    };
    /// `stop` ends a trial early. `spare` is a port from which nothing is expected, and which is emptied; may be null.
    Tester(ferryd::Port& out, ferryd::Port& in, ferryd::Port* spare, rte_mempool* pool, const Plan& plan,
           const Options& options, const std::atomic<bool>& stop);

    TrialResult run(const FrameSize& size, const Load& load);

private:
    void send(const Load& load, TrialResult& result);
    void settle(const TrialResult& result);
    unsigned receive();
    unsigned empty_spare();
    void rest() const;

    ferryd::Port& in_;
    ferryd::Port* spare_;
    Options options_;
    const std::atomic<bool>& stop_;
    Clock clock_;
    Sender sender_;
    Receiver receiver_;
    std::uint16_t trial_ = 0;
};

}  // namespace ferry::bench
