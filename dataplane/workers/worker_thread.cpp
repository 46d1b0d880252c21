#include "workers/worker_thread.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_lcore.h>

namespace ferryd {

using ferry::ErrorCode;

ferry::Expected<std::unique_ptr<WorkerThread>> WorkerThread::start(const Options& options, const std::atomic<const Wiring*>& wiring)
{
    auto bell = Doorbell::make();
    if (!bell)
        return tl::unexpected(bell.error());
    auto made = std::unique_ptr<WorkerThread>(new WorkerThread(options, wiring, std::move(*bell)));
    const auto entered = std::make_shared<std::promise<ferry::Expected<void>>>();
    auto result = entered->get_future();
    made->thread_ = std::thread([self = made.get(), entered] {
        const auto ready = self->enter();
        entered->set_value(ready);
        if (ready) {
            self->run();
            rte_thread_unregister();
        }
    });
    if (auto ready = result.get(); !ready)
        return tl::unexpected(ready.error());
    return made;
}

WorkerThread::~WorkerThread()
{
    stop_.store(true, std::memory_order_release);
    bell_->ring();
    if (thread_.joinable())
        thread_.join();
}

void WorkerThread::run_these(Workers workers)
{
    auto next = std::make_unique<const Workers>(std::move(workers));
    wanted_.store(next.get(), std::memory_order_release);
    bell_->ring();
    while (adopted_.load(std::memory_order_acquire) != next.get())
        std::this_thread::sleep_for(std::chrono::microseconds(20));
    given_ = std::move(next);
}

/// Makes the new thread one of workers: its name, CPU, timer precision, and DPDK's number, which buffer caches go by.
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
            return ferry::fail(ErrorCode::invalid_argument, fmt::format("worker thread {} cannot run on CPU {}: {}", options_.index,
                                                                        *options_.cpu, std::strerror(error)));
    }
    if (rte_thread_register() != 0)
        return ferry::fail(ErrorCode::unavailable, fmt::format("DPDK takes no thread {} for workers: {}", options_.index,
                                                               rte_strerror(rte_errno)));
    return {};
}

void WorkerThread::run()
{
    Idle idle(options_.may_rest);
    bells_ = {bell_.get()};
    while (!stop_.load(std::memory_order_relaxed)) {
        if (const Workers* wanted = wanted_.load(std::memory_order_acquire); wanted != running_) [[unlikely]]
            adopt(wanted);
        const std::uint32_t frames = round(*wiring_.load(std::memory_order_acquire));
        for (PollWorker* worker : *running_)
            worker->quiescent();
        if (frames > 0) {
            idle.busy();
            disarm();
        } else {
            rest(idle);
        }
    }
    disarm();
    for (PollWorker* worker : *running_)
        worker->offline();
}

/// Between rounds: those that go are let go of before it is told.
void WorkerThread::adopt(const Workers* workers)
{
    disarm();
    for (PollWorker* worker : *running_)
        worker->offline();
    bells_ = {bell_.get()};
    for (PollWorker* worker : *workers) {
        worker->online();
        bells_.push_back(&worker->bell());
    }
    running_ = workers;
    caught_up_ = false;
    adopted_.store(workers, std::memory_order_release);
}

std::uint32_t WorkerThread::round(const Wiring& wiring)
{
    std::uint32_t total = 0;
    bool caught_up = true;
    for (PollWorker* worker : *running_) {
        total += worker->round(wiring, caught_up_);
        caught_up = caught_up && worker->caught_up();
    }
    caught_up_ = caught_up;
    return total;
}

bool WorkerThread::hurries() const noexcept
{
    return std::any_of(running_->begin(), running_->end(), [](const PollWorker* worker) { return worker->hurries(); });
}

void WorkerThread::rest(Idle& idle)
{
    const Wiring& wiring = *wiring_.load(std::memory_order_acquire);
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
        nap(idle.take_nap(), wiring);
        return;
    case Idle::Step::sleep:
        sleep(idle, wiring);
        return;
    }
}

/// Only bells end it.
void WorkerThread::nap(std::chrono::nanoseconds time, const Wiring& wiring)
{
    for (Doorbell* bell : bells_)
        bell->arm();
    wait(time, wiring);
    for (Doorbell* bell : bells_)
        bell->disarm();
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
        for (PollWorker* worker : *running_)
            worker->wakes.add(1);
        idle.woken();
        break;
    }
    disarm();
}

/// The fence orders what the ports tell their other sides before the look at what those have sent.
void WorkerThread::arm(const Wiring& wiring)
{
    armed_ = all_watched_ = true;
    bell_->arm();
    for (PollWorker* worker : *running_)
        all_watched_ = worker->arm(wiring, watched_) && all_watched_;
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

void WorkerThread::disarm()
{
    if (!armed_)
        return;
    armed_ = false;
    watched_.clear();
    bell_->disarm();
    const Wiring& wiring = *wiring_.load(std::memory_order_acquire);
    for (PollWorker* worker : *running_)
        worker->disarm(wiring);
}

/// Since its last quiescent state `wiring` cannot have gone, so that the same address is the same wiring.
bool WorkerThread::may_wait(const Wiring& wiring) const noexcept
{
    return !stop_.load(std::memory_order_acquire) && wanted_.load(std::memory_order_acquire) == running_ &&
           wiring_.load(std::memory_order_acquire) == &wiring &&
           std::all_of(running_->begin(), running_->end(), [](const PollWorker* worker) { return worker->nothing_to_do(); });
}

/// The bells are armed. Does not wait where there is something to do. Grace periods pass meanwhile.
Doorbell::End WorkerThread::wait(std::chrono::nanoseconds time, const Wiring& wiring)
{
    if (!may_wait(wiring))
        return Doorbell::End::ring;
    for (PollWorker* worker : *running_)
        worker->offline();
    const Doorbell::End end = Doorbell::wait(bells_, time, watched_);
    for (PollWorker* worker : *running_) {
        worker->sleeps.add(1);
        worker->online();
    }
    return end;
}

}  // namespace ferryd
