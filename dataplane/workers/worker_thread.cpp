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
      sink_(options.index, *engine_, shared.handovers, *gates_, shared.next_hops, shared.waiting),
      bell_(shared.handovers.bell(options.index))
{
    gates_->set_sink(sink_);
}

ferry::Expected<std::unique_ptr<WorkerThread>> WorkerThread::start(const Options& options, const ferry::WorkerConfig& engine, WorkerShared shared)
{
    auto made = ferry::Worker::make(shared.tables, engine);
    if (!made)
        return tl::unexpected(made.error());
    auto gates = GateWorker::make(**made, shared.gates, shared.handovers.bell(options.index));
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
    stop_.store(true, std::memory_order_release);
    bell_.ring();
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
        if (frames > 0) {
            idle.busy();
            disarm();
        } else {
            rest(idle);
        }
    }
    grace.offline(reader_);
    engine_->offline();
}

std::uint32_t WorkerThread::round(const Wiring& wiring)
{
    std::uint32_t total = 0;
    rte_mbuf* frames[burst];
    if (sink_.any_waits()) [[unlikely]] {
        sink_.begin(wiring, rte_rdtsc());
        sink_.send_ready();
    }
    for (const PollEntry& poll : wiring.polls[options_.index]) {
        const std::uint16_t count = poll.port->receive(poll.queue, frames, burst);
        if (count == 0)
            continue;
        total += count;
        const std::uint64_t now = rte_rdtsc();
        sink_.begin(wiring, now);
        if (poll.attachment != ferry::AttachmentId::none)
            engine_->from_attachment(poll.attachment, frames, count, seconds_of(now), sink_);
        else if (!poll.from_host)
            engine_->from_underlay(frames, count, seconds_of(now), sink_);
        else
            sink_.from_host(frames, count);
    }
    total += sink_.take_handed_over(wiring);
    if (!gates_->rests()) [[unlikely]] {
        sink_.begin(wiring, rte_rdtsc());
        total += gates_->round();
    }
    rounds.add(1);
    if (total == 0)
        idle_rounds.add(1);
    return total;
}

bool WorkerThread::hurries() const noexcept
{
    return gates_->hurries() || sink_.any_waits();
}

void WorkerThread::rest(Idle& idle)
{
    const Wiring& wiring = *shared_.wiring.load(std::memory_order_acquire);
    const Idle::Step step = idle.empty(hurries());
    if (step != Idle::Step::sleep)
        disarm();
    switch (step) {
    case Idle::Step::look:
        return;
    case Idle::Step::yield:
        sched_yield();
        return;
    case Idle::Step::nap:
        bell_.arm();
        wait(idle.take_nap(), wiring);
        bell_.disarm();
        return;
    case Idle::Step::sleep:
        sleep(idle, wiring);
        return;
    }
}

/// First all that can end the sleep is armed, then everything is looked at once more; what comes after that look ends
/// it. After a sleep that only its time ended all stays armed, and what run() has looked at since need not be looked
/// at again.
void WorkerThread::sleep(Idle& idle, const Wiring& wiring)
{
    if (!armed_) {
        arm(wiring);
        if (round(wiring) > 0) {
            idle.busy();
            return disarm();
        }
        if (hurries())
            return disarm();
    }
    switch (wait(idle.sleep(all_watched_), wiring)) {
    case Doorbell::End::time:
        return;
    case Doorbell::End::ring:
        break;
    case Doorbell::End::other:
        wakes.add(1);
        idle.woken();
        break;
    }
    disarm();
}

/// The bell comes first: what changes at a port after it has been armed rings. The fence orders what the ports tell
/// their other sides before the look at what those have sent.
void WorkerThread::arm(const Wiring& wiring)
{
    armed_ = all_watched_ = true;
    bell_.arm();
    for (const PollEntry& poll : wiring.polls[options_.index]) {
        const auto descriptor = poll.port->arm(poll.queue);
        if (descriptor)
            watched_.push_back({*descriptor, POLLIN, 0});
        all_watched_ = all_watched_ && descriptor;
    }
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

/// Ports that have gone meanwhile are not touched.
void WorkerThread::disarm()
{
    if (!armed_)
        return;
    armed_ = false;
    watched_.clear();
    bell_.disarm();
    for (const PollEntry& poll : shared_.wiring.load(std::memory_order_acquire)->polls[options_.index])
        poll.port->disarm(poll.queue);
}

/// The bell is armed. Does not wait where there is something to do.
Doorbell::End WorkerThread::wait(std::chrono::nanoseconds time, const Wiring& wiring)
{
    // Since its last quiescent state `wiring` cannot have gone, so that the same address is the same wiring.
    if (stop_.load(std::memory_order_acquire) || shared_.wiring.load(std::memory_order_acquire) != &wiring ||
        !gates_->nothing_to_do() || !shared_.handovers.none_for(options_.index))
        return Doorbell::End::ring;
    ferry::Qsbr& grace = shared_.grace.readers();  // whose periods pass while a worker sleeps
    grace.offline(reader_);
    engine_->offline();
    const Doorbell::End end = bell_.wait(time, watched_);
    sleeps.add(1);
    engine_->online();
    grace.online(reader_);
    return end;
}

}  // namespace ferryd
