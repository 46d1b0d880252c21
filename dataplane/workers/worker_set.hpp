// All workers of the daemon, the threads that run them, and the wiring that they go by.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "config/config.hpp"
#include "workers/worker_thread.hpp"

namespace ferryd {

class WorkerSet {
public:
    /// Makes the workers, which have nothing to poll yet, and starts their threads. Fails as PollWorker::make() and
    /// WorkerThread::start() do, and with no_memory.
    static ferry::Expected<std::unique_ptr<WorkerSet>> start(ferry::Tables& tables, const WorkersConfig& config, const ferry::WorkerConfig& engine,
                                                             const GateShared& gates, const NextHopTable& next_hops,
                                                             WaitingBounds waiting);
    /// Ends them, and frees what was on its way between them.
    ~WorkerSet();
    WorkerSet(const WorkerSet&) = delete;
    WorkerSet& operator=(const WorkerSet&) = delete;

    /// Control thread: makes workers go by `wiring`, and returns when none goes by the wiring before it.
    void rewire(Wiring wiring);

    /// Any thread: returns when no worker knows any more what it knew of ports before the call, and what workers had
    /// received by then has been given to its ports, also by way of another worker.
    void wait_until_handed_on();

    /// Any thread: lets workers that sleep look again at what they poll.
    void wake() noexcept;

    /// Control thread: from now on so many threads, from 1 to size(), run the workers; worker w is run by thread w modulo
    /// `count`. What comes meanwhile waits in the queues of the workers that change hands, some microseconds. Fails as
    /// WorkerThread::start() does, and changes nothing then.
    ferry::Expected<void> set_threads(std::uint32_t count);

    std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(workers_.size()); }
    std::span<const std::unique_ptr<PollWorker>> all() const noexcept { return workers_; }
    /// Control thread.
    std::span<const std::unique_ptr<WorkerThread>> threads() const noexcept { return threads_; }

private:
    WorkerSet(const WorkersConfig& config, std::unique_ptr<Grace> grace, Handovers handovers)
        : config_(config), grace_(std::move(grace)), handovers_(std::move(handovers))
    {
    }
    void wait_for_round(const char* why);

    const WorkersConfig config_;
    std::unique_ptr<Grace> grace_;
    Handovers handovers_;
    std::unique_ptr<const Wiring> wiring_;
    std::atomic<const Wiring*> current_{nullptr};
    std::vector<std::unique_ptr<PollWorker>> workers_;
    std::vector<std::unique_ptr<WorkerThread>> threads_;  ///< they go before the workers
};

}  // namespace ferryd
