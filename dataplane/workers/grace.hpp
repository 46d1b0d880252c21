// Grace periods for what workers know besides the tables: wiring and ports. Any thread may wait for one.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>

#include <ferry/table/qsbr.hpp>

namespace ferryd {

class Grace {
public:
    static ferry::Expected<std::unique_ptr<Grace>> make(std::uint32_t workers);

    ferry::Qsbr& readers() noexcept { return *qsbr_; }

    /// Returns when every worker that runs has begun a new round since the call, or slept in between; false when `timeout`
    /// is over before, which means that a worker hangs in a driver.
    bool wait(std::chrono::nanoseconds timeout);

private:
    explicit Grace(std::unique_ptr<ferry::Qsbr> qsbr) : qsbr_(std::move(qsbr)) {}
    std::mutex mutex_;  ///< Qsbr has one writer
    std::unique_ptr<ferry::Qsbr> qsbr_;
};

}  // namespace ferryd
