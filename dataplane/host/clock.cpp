#include "host/clock.hpp"

#include <ctime>

#include <rte_cycles.h>

namespace ferryd {

Stamp stamp_now() noexcept
{
    timespec now{};
    const std::uint64_t tsc = rte_rdtsc();
    clock_gettime(CLOCK_REALTIME, &now);
    return {now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec, tsc};
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

std::int64_t nanoseconds_of(std::uint64_t tsc) noexcept
{
    return static_cast<std::int64_t>(static_cast<unsigned __int128>(tsc) * 1'000'000'000 / rte_get_tsc_hz());
}

std::int64_t nanoseconds_now() noexcept
{
    return nanoseconds_of(rte_rdtsc());
}

std::uint64_t tsc_of(std::int64_t nanoseconds) noexcept
{
    return static_cast<std::uint64_t>(static_cast<unsigned __int128>(nanoseconds) * rte_get_tsc_hz() / 1'000'000'000);
}

std::uint64_t ticks_of_milliseconds(std::uint64_t milliseconds) noexcept
{
    return rte_get_tsc_hz() / 1000 * milliseconds;
}

}  // namespace ferryd
