#include "control/control_thread.hpp"

#include <utility>

#include <pthread.h>

namespace ferryd {

ControlThread::ControlThread(std::chrono::milliseconds period, Task round)
    : period_(period), round_(std::move(round)), thread_([this] { run(); })
{
}

void ControlThread::end(Task last)
{
    if (!thread_.joinable())
        return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        if (last)
            tasks_.push_back(std::move(last));
    }
    changed_.notify_one();
    thread_.join();
}

void ControlThread::wake()
{
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(woken_, true))
            return;
    }
    changed_.notify_one();
}

bool ControlThread::push(Task task, std::size_t bound)
{
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || tasks_.size() >= bound)
            return false;
        tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
    return true;
}

void ControlThread::run()
{
    pthread_setname_np(pthread_self(), "control");
    auto next_round = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    while (true) {
        if (!tasks_.empty()) {
            const Task task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            task();
            lock.lock();
            // Tasks without end must not keep the rounds from coming.
            if (!woken_ && std::chrono::steady_clock::now() < next_round)
                continue;
        } else if (stopping_) {
            return;
        } else if (!woken_) {
            changed_.wait_until(lock, next_round, [this] { return woken_ || stopping_ || !tasks_.empty(); });
            if (!woken_ && std::chrono::steady_clock::now() < next_round)
                continue;
        }
        woken_ = false;
        lock.unlock();
        round_();
        next_round = std::chrono::steady_clock::now() + period_;
        lock.lock();
    }
}

}  // namespace ferryd
