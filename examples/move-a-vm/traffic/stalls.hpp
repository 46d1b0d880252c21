// Times in which nothing came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ferry::demo {

/// A time without progress. CLOCK_REALTIME in nanoseconds.
struct Stall {
    std::int64_t from = 0, to = 0;
};

/// Those of one stream that were no shorter than a bound; the first few thousand of them.
class Stalls {
public:
    explicit Stalls(std::int64_t shortest) noexcept : shortest_(shortest) {}

    /// There was progress at `now`, for the first time since `since`.
    void note(std::int64_t since, std::int64_t now)
    {
        if (now - since >= shortest_ && all_.size() < most)
            all_.push_back({since, now});
    }
    const std::vector<Stall>& all() const noexcept { return all_; }

private:
    static constexpr std::size_t most = 4096;
    std::int64_t shortest_;
    std::vector<Stall> all_;
};

}  // namespace ferry::demo
