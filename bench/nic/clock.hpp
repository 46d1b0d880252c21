// The tester's clock: the CPU's counter, as nanoseconds since the program began.
#pragma once

#include <cstdint>

#include <rte_cycles.h>

namespace ferry::bench {

/// Cheap enough for every burst; the same for all threads where the counter is invariant.
class Clock {
public:
    Clock() noexcept : start_(rte_rdtsc()), factor_(1e9 / static_cast<double>(rte_get_tsc_hz())) {}
    std::uint64_t now() const noexcept
    {
        return static_cast<std::uint64_t>(static_cast<double>(rte_rdtsc() - start_) * factor_);
    }

private:
    std::uint64_t start_;
    double factor_;
};

}  // namespace ferry::bench
