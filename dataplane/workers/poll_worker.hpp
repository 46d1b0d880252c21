// One worker: its queues, the engine that their frames run through, and the gates of the ports that it owns.
#pragma once

#include <poll.h>

#include <memory>
#include <vector>

#include <ferry/engine/worker.hpp>

#include "workers/grace.hpp"
#include "workers/worker_sink.hpp"

namespace ferryd {

/// What all workers of a daemon share. It outlives them.
struct WorkerShared {
    ferry::Tables& tables;
    Grace& grace;
    Handovers& handovers;
    const GateShared& gates;
    const NextHopTable& next_hops;
    WaitingBounds waiting;
};

/// A thread runs it, one at a time; WorkerSet says which. What is read of it besides, any thread may read.
class PollWorker {
public:
    /// Fails as ferry::Worker::make() and GateWorker::make() do.
    static ferry::Expected<std::unique_ptr<PollWorker>> make(std::uint32_t index, const ferry::WorkerConfig& engine, WorkerShared shared);
    /// Nobody runs it any more.
    ~PollWorker();
    PollWorker(const PollWorker&) = delete;
    PollWorker& operator=(const PollWorker&) = delete;

    std::uint32_t index() const noexcept { return index_; }
    ferry::Worker& engine() noexcept { return *engine_; }
    GateWorker& gates() noexcept { return *gates_; }
    Doorbell& bell() noexcept { return bell_; }
    ferry::Counter rounds, idle_rounds;
    ferry::Counter sleeps;  ///< of its thread, naps too
    ferry::Counter wakes;   ///< those of them that a queue of the thread's workers ended

    // The thread that runs it.

    /// Between these grace periods wait for it.
    void online() noexcept
    {
        engine_->online();
        grace_.online(reader_);
    }
    void offline() noexcept
    {
        grace_.offline(reader_);
        engine_->offline();
    }
    void quiescent() noexcept
    {
        engine_->quiescent();
        grace_.quiescent(reader_);
    }
    /// Receives and forwards at most a burst from each queue, and what other workers and gates have for it; returns the number of
    /// frames. `others_caught_up`: so had the thread's other workers, in the round before.
    std::uint32_t round(const Wiring& wiring, bool others_caught_up = true);
    /// The queues in which frames come from other hosts were found empty in the last round.
    bool caught_up() const noexcept { return caught_up_; }
    /// Something is about to come, or waits for what no queue tells of.
    bool hurries() const noexcept { return gates_->hurries() || sink_.any_waits(); }
    /// False while round() would do something at once that no queue brings.
    bool nothing_to_do() const noexcept { return gates_->nothing_to_do() && handovers_.none_for(index_); }
    /// Adds what its queues can end a sleep by; returns whether each of them can. Where something is there already that
    /// is not told; the caller makes a fence and another round().
    bool arm(const Wiring& wiring, std::vector<pollfd>& watched);
    /// After arm(), and perhaps by other wiring.
    void disarm(const Wiring& wiring);

private:
    /// As many as the engine takes: among many endpoints the rows' cache lines have the longer to come.
    static constexpr std::uint16_t burst = ferry::Worker::max_burst;
    static std::uint16_t receive(const PollEntry& poll, rte_mbuf** frames) noexcept;

    PollWorker(std::uint32_t index, std::unique_ptr<ferry::Worker> engine, std::unique_ptr<GateWorker> gates, std::uint32_t reader,
               WorkerShared shared);

    const std::uint32_t index_;
    ferry::Qsbr& grace_;
    Handovers& handovers_;
    std::unique_ptr<ferry::Worker> engine_;
    std::unique_ptr<GateWorker> gates_;
    const std::uint32_t reader_;
    WorkerSink sink_;
    Doorbell& bell_;
    bool caught_up_ = true;
};

}  // namespace ferryd
