#include "workers/doorbell.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace ferryd {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t) && std::atomic<std::uint32_t>::is_always_lock_free,
              "futex(2) takes the address of 32 bits");

void Doorbell::ring() noexcept
{
    rung_.fetch_add(1, std::memory_order_seq_cst);
    if (asleep_.load(std::memory_order_seq_cst))
        ::syscall(SYS_futex, &rung_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

void Doorbell::wait(std::uint32_t rung, std::chrono::nanoseconds time) noexcept
{
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec most{seconds.count(), (time - seconds).count()};
    ::syscall(SYS_futex, &rung_, FUTEX_WAIT_PRIVATE, rung, &most, nullptr, 0);  // returns at once where it has rung since
}

}  // namespace ferryd
