#include "workers/worker_set.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

namespace ferryd {
namespace {

/// A round takes microseconds, or as long as others keep the CPU. After this the log says that a worker hangs.
constexpr std::chrono::seconds patience{1};

}  // namespace

ferry::Expected<std::unique_ptr<WorkerSet>> WorkerSet::start(ferry::Tables& tables, const WorkersConfig& config,
                                                             const ferry::WorkerConfig& engine, const GateShared& gates,
                                                             const NextHopTable& next_hops, WaitingBounds waiting)
{
    if (auto reserved = reserve_frame_tag(); !reserved)
        return tl::unexpected(reserved.error());
    auto grace = Grace::make(config.count);
    if (!grace)
        return tl::unexpected(grace.error());
    auto handovers = Handovers::make(config.count);
    if (!handovers)
        return tl::unexpected(handovers.error());
    auto workers = std::unique_ptr<WorkerSet>(new WorkerSet(config, std::move(*grace), std::move(*handovers)));
    auto nothing = std::make_unique<Wiring>();
    nothing->polls.resize(config.count);
    workers->current_.store(nothing.get(), std::memory_order_release);
    workers->wiring_ = std::move(nothing);

    for (std::uint32_t index = 0; index < config.count; ++index) {
        auto worker = PollWorker::make(index, engine, {tables, *workers->grace_, workers->handovers_, gates, next_hops,
                                                       waiting});
        if (!worker)
            return tl::unexpected(worker.error());
        workers->workers_.push_back(std::move(*worker));
    }
    if (auto started = workers->set_threads(config.first_threads()); !started)
        return tl::unexpected(started.error());
    return workers;
}

WorkerSet::~WorkerSet()
{
    threads_.clear();
    handovers_.discard();
}

/// First every thread lets go of the workers that are to be another's, then each takes what is to be its own, so that
/// no two threads run one.
ferry::Expected<void> WorkerSet::set_threads(std::uint32_t count)
{
    std::vector<std::unique_ptr<WorkerThread>> added;
    for (auto index = static_cast<std::uint32_t>(threads_.size()); index < count; ++index) {
        WorkerThread::Options options{index, std::nullopt, config_.poll == WorkersConfig::Poll::automatic};
        if (index < config_.cpus.size())
            options.cpu = config_.cpus[index];
        auto thread = WorkerThread::start(options, current_);
        if (!thread)
            return tl::unexpected(thread.error());
        added.push_back(std::move(*thread));
    }
    std::move(added.begin(), added.end(), std::back_inserter(threads_));

    std::vector<WorkerThread::Workers> wanted(threads_.size());
    for (const auto& worker : workers_)
        wanted[worker->index() % count].push_back(worker.get());
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        WorkerThread::Workers kept = threads_[i]->workers();
        std::erase_if(kept, [&](const PollWorker* worker) { return worker->index() % count != i; });
        threads_[i]->run_these(std::move(kept));
    }
    for (std::size_t i = 0; i < threads_.size(); ++i)
        threads_[i]->run_these(std::move(wanted[i]));
    threads_.resize(count);
    return {};
}

void WorkerSet::rewire(Wiring wiring)
{
    auto next = std::make_unique<const Wiring>(std::move(wiring));
    current_.store(next.get(), std::memory_order_release);
    wake();
    wait_for_round("go by new wiring");
    wiring_ = std::move(next);
}

void WorkerSet::wake() noexcept
{
    for (std::uint32_t worker = 0; worker < handovers_.workers(); ++worker)
        handovers_.bell(worker).ring();
}

void WorkerSet::wait_until_handed_on()
{
    wait_for_round("let go of a port");
    const auto pushed = handovers_.pushed();
    while (!handovers_.popped_since(pushed))
        wait_for_round("take what was handed over");
    wait_for_round("send what was handed over");
}

/// Waits however long it takes: to go on while a worker may still use what is about to go would corrupt memory.
void WorkerSet::wait_for_round(const char* why)
{
    while (!grace_->wait(patience))
        spdlog::error("a worker has not come round for {} s to {}: its driver hangs", patience.count(), why);
}

}  // namespace ferryd
