#include "rpc/call_threads.hpp"

#include <system_error>
#include <utility>

#include <pthread.h>

namespace ferryd {

CallThreads::~CallThreads()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
}

bool CallThreads::run(std::function<void()> call)
{
    {
        const std::lock_guard lock(mutex_);
        if (running_ == most_)
            return false;
        if (running_ == threads_.size()) {
            try {
                threads_.emplace_back([this] { serve(); });
            } catch (const std::system_error&) {
                return false;  // the system gives no more threads
            }
        }
        ++running_;
        waiting_.push_back(std::move(call));
    }
    changed_.notify_one();
    return true;
}

void CallThreads::serve()
{
    pthread_setname_np(pthread_self(), "call");
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (waiting_.empty())
            return;
        const std::function<void()> call = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        call();
        lock.lock();
        --running_;
    }
}

}  // namespace ferryd
