// Threads on which calls run that wait for something.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ferryd {

/// Threads are made as they are needed, and stay. Any thread may use it.
class CallThreads {
public:
    /// At most so many calls run at a time.
    explicit CallThreads(unsigned most) : most_(most) {}
    /// Waits for the calls that run.
    ~CallThreads();
    CallThreads(const CallThreads&) = delete;
    CallThreads& operator=(const CallThreads&) = delete;

    /// Runs `call`, which throws nothing, on one of the threads; false, and it is not run, where so many run already.
    bool run(std::function<void()> call);

private:
    void serve();

    const unsigned most_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> waiting_;  ///< there is a thread for each
    unsigned running_ = 0;                       ///< with those that wait
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace ferryd
