#include "workers/worker_thread.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include <cerrno>
#include <cstring>
#include <future>

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "host/clock.hpp"

namespace ferryd {

using ferry::ErrorCode;

WorkerThread::WorkerThread(const Options& options, std::unique_ptr<ferry::Worker> engine, std::unique_ptr<GateWorker> gates,
                           std::uint32_t reader, WorkerShared shared)
    : options_(options),
      shared_(shared),
      engine_(std::move(engine)),
      gates_(std::move(gates)),
      reader_(reader),
      sink_(options.index, *engine_, shared.handovers, *gates_)
{
    gates_->set_sink(sink_);
}

ferry::Expected<std::unique_ptr<WorkerThread>> WorkerThread::start(const Options& options, const ferry::WorkerConfig& engine, WorkerShared shared)
{
    auto made = ferry::Worker::make(shared.tables, engine);
    if (!made)
        return tl::unexpected(made.error());
    auto gates = GateWorker::make(**made, shared.gates);
    if (!gates)
        return tl::unexpected(gates.error());
    auto reader = shared.grace.readers().add_reader();
    if (!reader)
        return tl::unexpected(reader.error());
    auto worker = std::unique_ptr<WorkerThread>(new WorkerThread(options, std::move(*made), std::move(*gates), *reader, shared));

    const auto entered = std::make_shared<std::promise<ferry::Expected<void>>>();
    auto result = entered->get_future();
    worker->thread_ = std::thread([self = worker.get(), entered] {
        const auto ready = self->enter();
        entered->set_value(ready);
        if (ready) {
            self->run();
            rte_thread_unregister();
        }
    });
    if (auto ready = result.get(); !ready)
        return tl::unexpected(ready.error());
    return worker;
}

WorkerThread::~WorkerThread()
{
    stop_.store(true, std::memory_order_relaxed);
    if (thread_.joinable())
        thread_.join();
    shared_.grace.readers().remove_reader(reader_);
}

/// Makes the new thread a worker: its name, CPU, timer precision, and DPDK's number, which buffer caches go by.
ferry::Expected<void> WorkerThread::enter() const
{
    pthread_setname_np(pthread_self(), fmt::format("worker-{}", options_.index).c_str());
    prctl(PR_SET_TIMERSLACK, 1UL);
    if (options_.cpu) {
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        if (*options_.cpu < CPU_SETSIZE)
            CPU_SET(*options_.cpu, &cpus);
        if (const int error = pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus); error != 0)
            return ferry::fail(ErrorCode::invalid_argument, fmt::format("worker {} cannot run on CPU {}: {}", options_.index,
                                                                        *options_.cpu, std::strerror(error)));
    }
    if (rte_thread_register() != 0)
        return ferry::fail(ErrorCode::unavailable, fmt::format("DPDK takes no thread for worker {}: {}", options_.index,
                                                               rte_strerror(rte_errno)));
    return {};
}

void WorkerThread::run()
{
    ferry::Qsbr& grace = shared_.grace.readers();
    Idle idle(options_.may_rest);
    engine_->online();
    grace.online(reader_);
    while (!stop_.load(std::memory_order_relaxed)) {
        const std::uint32_t frames = round(*shared_.wiring.load(std::memory_order_acquire));
        engine_->quiescent();
        grace.quiescent(reader_);
        rounds.add(1);
        if (frames > 0) {
            idle.busy();
            continue;
        }
        idle_rounds.add(1);
        rest(idle);
    }
    grace.offline(reader_);
    engine_->offline();
}

std::uint32_t WorkerThread::round(const Wiring& wiring)
{
    std::uint32_t total = 0;
    rte_mbuf* frames[burst];
    for (const PollEntry& poll : wiring.polls[options_.index]) {
        const std::uint16_t count = poll.port->receive(poll.queue, frames, burst);
        if (count == 0)
            continue;
        total += count;
        const std::uint64_t now = rte_rdtsc();
        sink_.begin(wiring, now);
        if (poll.attachment == ferry::AttachmentId::none)
            engine_->from_underlay(frames, count, seconds_of(now), sink_);
        else
            engine_->from_attachment(poll.attachment, frames, count, seconds_of(now), sink_);
    }
    total += sink_.take_handed_over(wiring);
    if (gates_->rests()) [[likely]]
        return total;
    sink_.begin(wiring, rte_rdtsc());
    return total + gates_->round();
}

void WorkerThread::rest(Idle& idle)
{
    switch (idle.empty(gates_->hurries())) {
    case Idle::Step::look:
        return;
    case Idle::Step::yield:
        sched_yield();
        return;
    case Idle::Step::sleep: {
        // Grace periods pass while a worker sleeps.
        ferry::Qsbr& grace = shared_.grace.readers();
        grace.offline(reader_);
        engine_->offline();
        gates_->sleep(idle.take_sleep());
        sleeps.add(1);
        engine_->online();
        grace.online(reader_);
        return;
    }
    }
}

}  // namespace ferryd
