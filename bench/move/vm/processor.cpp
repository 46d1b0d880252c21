#include "processor.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

namespace ferry::bench {

Processor::Processor(std::vector<Guest*> guests, bool first) : guests_(std::move(guests)), thread_([this] { run(); })
{
    const sched_param lowest{1};
    if (first)
        first_ = ::pthread_setschedparam(thread_.native_handle(), SCHED_RR, &lowest) == 0;
}

Processor::~Processor()
{
    stop_.store(true);
    thread_.join();
}

void Processor::run() const
{
    constexpr unsigned looks = 64, yields = 16;
    constexpr long shortest = 10'000, longest = 50'000;  // nanoseconds
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    unsigned empty = 0;
    long sleep = shortest;
    while (!stop_.load(std::memory_order_relaxed)) {
        unsigned frames = 0;
        for (Guest* guest : guests_)
            frames += guest->turn();
        if (frames > 0) {
            empty = 0;
            sleep = shortest;
        } else if (++empty > looks + yields) {
            const timespec time{0, sleep};
            ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
            sleep = std::min(sleep * 2, longest);
        } else if (empty > looks) {
            ::sched_yield();
        }
    }
}

}  // namespace ferry::bench
