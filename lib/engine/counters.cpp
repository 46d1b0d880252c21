#include <ferry/engine/counters.hpp>

#include <new>

namespace ferry {

Expected<std::unique_ptr<WorkerCounters>> WorkerCounters::make(const TableLimits& limits)
{
    // Ids begin at 1.
    const std::size_t attachments = std::size_t{limits.attachments} + 1;
    const std::size_t vteps = std::size_t{limits.vteps} + 1;
    std::unique_ptr<WorkerCounters> counters(new (std::nothrow) WorkerCounters);
    if (counters != nullptr)
        counters->storage_.reset(new (std::nothrow) TrafficCounters[attachments + vteps]);
    if (counters == nullptr || counters->storage_ == nullptr)
        return fail(ErrorCode::no_memory, "no memory for a worker's counters");
    counters->attachments_ = {counters->storage_.get(), attachments};
    counters->vteps_ = {counters->storage_.get() + attachments, vteps};
    return counters;
}

}  // namespace ferry
