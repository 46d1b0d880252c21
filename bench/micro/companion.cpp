#include "companion.hpp"

#include <pthread.h>
#include <sched.h>

#include <utility>

#include <rte_pause.h>

namespace ferry::bench {

void stay_on_cpu(unsigned number)
{
    static const cpu_set_t allowed = [] {
        cpu_set_t set;
        sched_getaffinity(0, sizeof(set), &set);
        return set;
    }();
    const unsigned wanted = number % static_cast<unsigned>(CPU_COUNT(&allowed));
    unsigned seen = 0;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed) || seen++ != wanted)
            continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
    }
}

Companion::Companion(std::function<void(int)> step)
{
    stay_on_cpu(0);
    thread_ = std::thread([this, step = std::move(step)] {
        stay_on_cpu(1);
        while (!ends_.load(std::memory_order_relaxed)) {
            if (const int now = phase(); now != 0)
                step(now);
            else
                rte_pause();
        }
    });
}

Companion::~Companion()
{
    ends_ = true;
    thread_.join();
}

}  // namespace ferry::bench
