// A thread that runs workers by turns, and sleeps when nothing comes for any of them.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "workers/idle.hpp"
#include "workers/poll_worker.hpp"

namespace ferryd {

class WorkerThread {
public:
    using Workers = std::vector<PollWorker*>;
    struct Options {
        std::uint32_t index = 0;
        std::optional<std::uint32_t> cpu;  ///< nothing: where the kernel puts it
        bool may_rest = true;
    };

    /// Starts the thread, which has no worker yet. Fails with invalid_argument for a CPU that may not be used, and with
    /// unavailable where DPDK takes no more threads or the process may open no more files.
    static ferry::Expected<std::unique_ptr<WorkerThread>> start(const Options& options, const std::atomic<const Wiring*>& wiring);
    /// Ends the thread after its round, and lets go of its workers.
    ~WorkerThread();
    WorkerThread(const WorkerThread&) = delete;
    WorkerThread& operator=(const WorkerThread&) = delete;

    /// Control thread: from now on these run here, which no other thread runs. Returns when the thread does not run any
    /// other.
    void run_these(Workers workers);
    /// Control thread: what run_these() last said.
    const Workers& workers() const noexcept { return *given_; }
    const Options& options() const noexcept { return options_; }

private:
    WorkerThread(const Options& options, const std::atomic<const Wiring*>& wiring, std::unique_ptr<Doorbell> bell)
        : options_(options), wiring_(wiring), bell_(std::move(bell))
    {
    }
    ferry::Expected<void> enter() const;
    void run();
    void adopt(const Workers* workers);
    std::uint32_t round(const Wiring& wiring);
    bool hurries() const noexcept;
    void rest(Idle& idle);
    void sleep(Idle& idle, const Wiring& wiring);
    void arm(const Wiring& wiring);
    void disarm();
    void nap(std::chrono::nanoseconds time, const Wiring& wiring);
    bool may_wait(const Wiring& wiring) const noexcept;
    Doorbell::End wait(std::chrono::nanoseconds time, const Wiring& wiring);

    const Options options_;
    const std::atomic<const Wiring*>& wiring_;
    const std::unique_ptr<Doorbell> bell_;  ///< for what concerns the thread; each worker has one too
    bool caught_up_ = false;                ///< all its workers, in the last round
    bool armed_ = false;                    ///< the bells, and the ports that can wake the thread
    bool all_watched_ = false;              ///< while armed: each queue can
    std::vector<pollfd> watched_;           ///< while armed
    std::vector<Doorbell*> bells_;          ///< its own and its workers'
    std::unique_ptr<const Workers> given_ = std::make_unique<const Workers>();
    std::atomic<const Workers*> wanted_{given_.get()};
    std::atomic<const Workers*> adopted_{given_.get()};  ///< written by the thread
    const Workers* running_ = given_.get();              ///< the thread's own
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace ferryd
