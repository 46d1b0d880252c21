// All workers of the daemon, and the wiring that they go by.
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
    /// Starts the workers, which have nothing to poll yet. Fails as WorkerThread::start() does, and with no_memory.
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

    std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(threads_.size()); }
    std::span<const std::unique_ptr<WorkerThread>> threads() const noexcept { return threads_; }

private:
    explicit WorkerSet(std::unique_ptr<Grace> grace, Handovers handovers) : grace_(std::move(grace)), handovers_(std::move(handovers)) {}
    void wait_for_round(const char* why);

    std::unique_ptr<Grace> grace_;
    Handovers handovers_;
    std::unique_ptr<const Wiring> wiring_;
    std::atomic<const Wiring*> current_{nullptr};
    std::vector<std::unique_ptr<WorkerThread>> threads_;
};

}  // namespace ferryd
