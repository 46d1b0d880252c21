#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "control/controller_impl.hpp"

namespace ferryd {

Tally Controller::Impl::tally_of(ferry::AttachmentId attachment) const
{
    Tally sum;
    for (const auto& worker : workers->all())
        sum.add(worker->engine().counters().attachment(attachment));
    return sum;
}

Tally Controller::Impl::tally_of(ferry::VtepId vtep) const
{
    Tally sum;
    for (const auto& worker : workers->all())
        sum.add(worker->engine().counters().vtep(vtep));
    return sum;
}

StatsStatus Controller::Impl::stats()
{
    StatsStatus status;
    DropTally drops{};
    for (const auto& worker : workers->all()) {
        const ferry::WorkerCounters& counters = worker->engine().counters();
        status.underlay_in_frames += counters.underlay_in_frames.get();
        status.passed += counters.passed_frames.get();
        status.encapsulated += counters.encapsulated.get();
        status.decapsulated += counters.decapsulated.get();
        status.replicated += counters.replicated.get();
        status.local_switched += counters.local_switched.get();
        status.learn_overflow += counters.learn_overflow.get();
        add_drops(drops, counters.drops);
    }
    const ferry::LearningCounters& learning = learner->counters();
    status.learned = learning.added;
    status.learned_moved = learning.moved;
    status.aged = learner->aged();
    status.learning_refused = learning.refused_static + learning.refused_rule + learning.refused_full + learning.refused_gone;
    status.drops = drops_by_name(drops);
    status.ports = port_statuses();
    status.vteps = vteps();
    status.workers = worker_statuses();
    status.announcements = announcement_status();
    return status;
}

std::vector<WorkerStatus> Controller::Impl::worker_statuses()
{
    std::vector<WorkerStatus> statuses(workers->size());
    for (const auto& thread : workers->threads()) {
        for (const PollWorker* worker : thread->workers()) {
            WorkerStatus& status = statuses[worker->index()];
            status.index = worker->index();
            status.thread = thread->options().index;
            status.cpu = thread->options().cpu ? static_cast<int>(*thread->options().cpu) : -1;
            status.loops = worker->rounds.get();
            status.idle_loops = worker->idle_rounds.get();
            status.sleeps = worker->sleeps.get();
            status.wakes = worker->wakes.get();
        }
    }
    for (std::uint16_t queue = 0; queue < underlay->receive_queues(); ++queue)
        statuses[ports.worker_of_queue(queue)].underlay_queues.push_back(queue);
    return statuses;
}

Expected<void> Controller::Impl::set_worker_threads(std::uint32_t count)
{
    if (count == 0 || count > workers->size())
        return ferry::fail(ferry::ErrorCode::invalid_argument,
                           fmt::format("{} threads are not allowed; give 1 to {}, as many as there are workers (workers.count)",
                                       count, workers->size()));
    const std::size_t before = workers->threads().size();
    if (auto done = workers->set_threads(count); !done)
        return done;
    if (count != before)
        spdlog::info("threads that run the workers: {}, {} before", count, before);
    return {};
}

}  // namespace ferryd
