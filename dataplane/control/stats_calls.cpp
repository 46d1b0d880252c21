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
        WorkerStatus one;
        one.index = worker->index();
        one.loops = worker->rounds.get();
        one.idle_loops = worker->idle_rounds.get();
        one.sleeps = worker->sleeps.get();
        one.wakes = worker->wakes.get();
        status.workers.push_back(one);
    }
    for (const auto& thread : workers->threads()) {
        for (const PollWorker* worker : thread->workers()) {
            status.workers[worker->index()].thread = thread->options().index;
            if (thread->options().cpu)
                status.workers[worker->index()].cpu = static_cast<int>(*thread->options().cpu);
        }
    }
    const ferry::LearningCounters& learning = learner->counters();
    status.learned = learning.added;
    status.learned_moved = learning.moved;
    status.aged = learner->aged();
    status.learning_refused = learning.refused_static + learning.refused_rule + learning.refused_full + learning.refused_gone;
    status.drops = drops_by_name(drops);
    status.ports = port_statuses();
    status.vteps = vteps();
    status.announcements = announcement_status();
    return status;
}

}  // namespace ferryd
