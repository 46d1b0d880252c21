#include "workers/grace.hpp"

namespace ferryd {

ferry::Expected<std::unique_ptr<Grace>> Grace::make(std::uint32_t workers)
{
    auto qsbr = ferry::Qsbr::make(workers);
    if (!qsbr)
        return tl::unexpected(qsbr.error());
    return std::unique_ptr<Grace>(new Grace(std::move(*qsbr)));
}

bool Grace::wait(std::chrono::nanoseconds timeout)
{
    const std::lock_guard lock(mutex_);
    return qsbr_->wait(qsbr_->start(), timeout);
}

}  // namespace ferryd
