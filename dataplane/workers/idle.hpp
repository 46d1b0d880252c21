// What a worker does when nothing comes: it looks again a few times, then lets others run, then sleeps, longer and longer.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace ferryd {

/// One worker's own. The bounds are chosen for several daemons and emulated guests on few cores. A frame that finds the
/// worker asleep waits less than the time in which none had come, and 250 microseconds at most; while a VM waits for it, 50.
class Idle {
public:
    static constexpr std::uint32_t looks = 64;   ///< empty rounds before the first yield
    static constexpr std::uint32_t yields = 16;  ///< empty rounds that yield, before the first sleep
    static constexpr std::uint32_t hurried_looks = 8;
    static constexpr std::chrono::microseconds shortest{20}, hurried{50};
    static constexpr std::chrono::microseconds longest{250};

    enum class Step : std::uint8_t { look, yield, sleep };

    explicit Idle(bool may_rest) : may_rest_(may_rest) {}

    /// The round brought frames.
    void busy() noexcept
    {
        empty_rounds_ = 0;
        next_sleep_ = shortest;
    }

    /// The round brought nothing: what to do before the next. Where it is to sleep, take_sleep() says how long. `hurry`:
    /// something is about to come; then it sleeps shortly and does not yield, which would let whoever else wants the
    /// processor have it for milliseconds.
    Step empty(bool hurry = false) noexcept
    {
        if (!may_rest_)
            return Step::look;
        if (empty_rounds_ < looks + yields)
            ++empty_rounds_;
        if (hurry) {
            next_sleep_ = hurried;
            return empty_rounds_ <= hurried_looks ? Step::look : Step::sleep;
        }
        if (empty_rounds_ <= looks)
            return Step::look;
        return empty_rounds_ < looks + yields ? Step::yield : Step::sleep;
    }

    /// How long to sleep now; the next sleep is twice as long, up to the bound.
    std::chrono::microseconds take_sleep() noexcept
    {
        const auto now = next_sleep_;
        next_sleep_ = std::min(now * 2, longest);
        return now;
    }

private:
    bool may_rest_;
    std::uint32_t empty_rounds_ = 0;
    std::chrono::microseconds next_sleep_ = shortest;
};

}  // namespace ferryd
