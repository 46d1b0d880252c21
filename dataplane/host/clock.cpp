#include "host/clock.hpp"

#include <ctime>

#include <rte_cycles.h>

namespace ferryd {
namespace {

std::int64_t nanoseconds_by(clockid_t clock) noexcept
{
    timespec now{};
    clock_gettime(clock, &now);
    return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

}  // namespace

Stamp stamp_now() noexcept
{
    const std::uint64_t tsc = rte_rdtsc();
    return {nanoseconds_by(CLOCK_REALTIME), tsc};
}

double milliseconds_between(std::uint64_t earlier, std::uint64_t later) noexcept
{
    if (later <= earlier)
        return 0;
    return static_cast<double>(later - earlier) * 1e3 / static_cast<double>(rte_get_tsc_hz());
}

std::uint32_t seconds_of(std::uint64_t tsc) noexcept
{
    return static_cast<std::uint32_t>(tsc / rte_get_tsc_hz()) + 1;
}

// DPDK rounds the counter's frequency to 10 MHz, which may be off by a second in ten minutes. So only the short time
// between then and now is taken from the counter, and now from the kernel's clock.

std::int64_t nanoseconds_of(std::uint64_t tsc) noexcept
{
    const std::int64_t now = nanoseconds_now();
    const auto ago = static_cast<std::int64_t>(rte_rdtsc() - tsc);
    return now - static_cast<std::int64_t>(static_cast<double>(ago) * 1e9 / static_cast<double>(rte_get_tsc_hz()));
}

std::int64_t nanoseconds_now() noexcept
{
    return nanoseconds_by(CLOCK_MONOTONIC);
}

Stamp stamp_of(std::int64_t nanoseconds) noexcept
{
    const Stamp now = stamp_now();
    const std::int64_t ago = nanoseconds_now() - nanoseconds;
    const double ticks = static_cast<double>(ago) * static_cast<double>(rte_get_tsc_hz()) / 1e9;
    return {now.realtime_ns - ago, now.tsc - static_cast<std::uint64_t>(static_cast<std::int64_t>(ticks))};
}

std::uint64_t ticks_of_milliseconds(std::uint64_t milliseconds) noexcept
{
    return rte_get_tsc_hz() / 1000 * milliseconds;
}

}  // namespace ferryd
