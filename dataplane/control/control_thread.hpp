// The control thread: the only writer of the tables. Others give it tasks; now and then it looks after things by itself.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>

#include <ferry/error.hpp>

namespace ferryd {

class ControlThread {
public:
    using Task = std::function<void()>;
    /// Calls that wait for their turn at most; more are refused.
    static constexpr std::size_t most_calls = 256;
    /// Tasks without a waiting caller; more are refused.
    static constexpr std::size_t most_posts = 4096;

    /// Starts the thread, which runs `round` about every `period`, and soon after wake().
    ControlThread(std::chrono::milliseconds period, Task round);
    ~ControlThread() { end({}); }
    ControlThread(const ControlThread&) = delete;
    ControlThread& operator=(const ControlThread&) = delete;

    /// Any thread but the control thread: runs `function`, which returns an Expected, and returns its result. Fails with
    /// unavailable where too many calls wait.
    template <typename Function>
    std::invoke_result_t<Function> call(Function function)
    {
        using Result = std::invoke_result_t<Function>;
        // Shared, because the caller may be gone before set_value() has returned.
        const auto promise = std::make_shared<std::promise<Result>>();
        auto future = promise->get_future();
        if (!push([promise, &function] { promise->set_value(function()); }, most_calls))
            return ferry::fail(ferry::ErrorCode::unavailable, "ferryd is busy or stopping; try again");
        return future.get();
    }

    /// Any thread: runs `task` some time; false where too many wait or the thread ends.
    bool post(Task task) { return push(std::move(task), most_posts); }

    /// Any thread: lets a round come soon.
    void wake();

    /// Takes no more tasks, runs those that wait, then `last`, and ends the thread. The owner's thread; a second call does
    /// nothing.
    void end(Task last);

private:
    bool push(Task task, std::size_t bound);
    void run();

    const std::chrono::milliseconds period_;
    const Task round_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> tasks_;
    bool woken_ = false, stopping_ = false;
    std::thread thread_;
};

}  // namespace ferryd
