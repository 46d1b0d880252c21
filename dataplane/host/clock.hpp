// Points in time, taken where something happens: for people (wall clock) and for differences (the processor's counter).
#pragma once

#include <cstdint>

namespace ferryd {

/// One moment on both clocks.
struct Stamp {
    std::int64_t realtime_ns = 0;  ///< CLOCK_REALTIME
    std::uint64_t tsc = 0;         ///< the processor's time stamp counter
};

/// Any thread, once EAL is up.
Stamp stamp_now() noexcept;

/// Milliseconds from one TSC value to a later one; 0 where `later` is not later.
double milliseconds_between(std::uint64_t earlier, std::uint64_t later) noexcept;

/// The monotonic seconds that workers and the writer share; never 0.
std::uint32_t seconds_of(std::uint64_t tsc) noexcept;

/// CLOCK_MONOTONIC in nanoseconds.
std::int64_t nanoseconds_now() noexcept;
/// The same of a moment that is not long ago, of which the counter's value is known. The longer ago, the less exact: by
/// one part in some hundred.
std::int64_t nanoseconds_of(std::uint64_t tsc) noexcept;

/// A moment that is not long ago, of which CLOCK_MONOTONIC is known. As exact as nanoseconds_of().
Stamp stamp_of(std::int64_t nanoseconds) noexcept;

/// TSC ticks in so many milliseconds.
std::uint64_t ticks_of_milliseconds(std::uint64_t milliseconds) noexcept;

}  // namespace ferryd
