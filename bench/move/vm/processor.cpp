#include "processor.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

namespace ferry::bench {

Processor::Processor(std::vector<Guest*> guests, bool first, std::chrono::microseconds rest)
    : guests_(std::move(guests)), rest_(rest), thread_([this] { run(); })
{
    const sched_param processor{1}, caller{2};
    if (first)
        first_ = ::pthread_setschedparam(thread_.native_handle(), SCHED_RR, &processor) == 0 &&
                 ::pthread_setschedparam(::pthread_self(), SCHED_RR, &caller) == 0;
}

Processor::~Processor()
{
    stop_.store(true);
    thread_.join();
}

void Processor::run() const
{
    constexpr unsigned looks = 16;
    const timespec rest{0, std::chrono::nanoseconds(rest_).count()};
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    unsigned empty = 0;
    while (!stop_.load(std::memory_order_relaxed)) {
        unsigned frames = 0;
        for (Guest* guest : guests_)
            frames += guest->turn();
        if (frames > 0)
            empty = 0;
        else if (++empty > looks)
            ::clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, nullptr);
    }
}

}  // namespace ferry::bench
