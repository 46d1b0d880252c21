// One worker: a thread that polls its queues, runs their frames through the engine, and sleeps when nothing comes.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <ferry/engine/worker.hpp>

#include "workers/grace.hpp"
#include "workers/idle.hpp"
#include "workers/worker_sink.hpp"

namespace ferryd {

/// What all workers of a daemon share. It outlives them.
struct WorkerShared {
    ferry::Tables& tables;
    Grace& grace;
    Handovers& handovers;
    std::atomic<const Wiring*>& wiring;
    const GateShared& gates;
    const NextHopTable& next_hops;
    WaitingBounds waiting;
};

class WorkerThread {
public:
    struct Options {
        std::uint32_t index = 0;
        std::optional<std::uint32_t> cpu;  ///< nothing: where the kernel puts it
        bool may_rest = true;
    };

    /// Starts the thread. Fails as ferry::Worker::make() does, with invalid_argument for a CPU that may not be used,
    /// with unavailable where DPDK takes no more threads.
    static ferry::Expected<std::unique_ptr<WorkerThread>> start(const Options& options, const ferry::WorkerConfig& engine, WorkerShared shared);
    /// Ends the thread after its round.
    ~WorkerThread();
    WorkerThread(const WorkerThread&) = delete;
    WorkerThread& operator=(const WorkerThread&) = delete;

    ferry::Worker& engine() noexcept { return *engine_; }
    GateWorker& gates() noexcept { return *gates_; }
    const Options& options() const noexcept { return options_; }
    ferry::Counter rounds, idle_rounds;
    ferry::Counter sleeps;  ///< naps too
    ferry::Counter wakes;   ///< sleeps that one of the worker's queues ended

private:
    static constexpr std::uint16_t burst = 32;

    WorkerThread(const Options& options, std::unique_ptr<ferry::Worker> engine, std::unique_ptr<GateWorker> gates,
                 std::uint32_t reader, WorkerShared shared);
    ferry::Expected<void> enter() const;
    void run();
    std::uint32_t round(const Wiring& wiring);
    /// Something is about to come, or waits for what no queue tells of.
    bool hurries() const noexcept;
    void rest(Idle& idle);
    void sleep(Idle& idle, const Wiring& wiring);
    void arm(const Wiring& wiring);
    void disarm();
    Doorbell::End wait(std::chrono::nanoseconds time, const Wiring& wiring);

    const Options options_;
    WorkerShared shared_;
    std::unique_ptr<ferry::Worker> engine_;
    std::unique_ptr<GateWorker> gates_;
    const std::uint32_t reader_;
    WorkerSink sink_;
    Doorbell& bell_;
    bool armed_ = false;           ///< the bell, and the ports that can wake the worker
    bool all_watched_ = false;     ///< while armed: each queue can
    std::vector<pollfd> watched_;  ///< while armed
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace ferryd
