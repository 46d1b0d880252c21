// What a worker does when nothing comes: it looks again a few times, lets others run, naps, longer and longer, and
// then sleeps.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace ferryd {

/// One worker's own. The bounds are chosen for several daemons and emulated guests on few cores. A frame that finds the
/// worker napping waits less than the time in which none had come, and `longest` at most; while a VM waits for it, 50
/// microseconds. One that finds it asleep wakes it where its queue can, and waits `longest` at most where it cannot.
class Idle {
public:
    static constexpr std::uint32_t looks = 64;   ///< empty rounds before the first yield
    static constexpr std::uint32_t yields = 16;  ///< empty rounds that yield, before the first nap
    static constexpr std::uint32_t hurried_looks = 8;
    static constexpr std::chrono::microseconds shortest{20}, hurried{50}, longest{500};
    /// Of a sleep that every queue can end. It bounds what nobody foresaw, such as a kick that a guest keeps to itself.
    static constexpr std::chrono::milliseconds watched{10};

    enum class Step : std::uint8_t {
        look,
        yield,
        nap,    ///< for take_nap(): frames that come in quick succession are not worth a wake-up each
        sleep,  ///< until a queue has something
    };

    explicit Idle(bool may_rest) : may_rest_(may_rest) {}

    /// The round brought frames.
    void busy() noexcept
    {
        empty_rounds_ = 0;
        next_nap_ = shortest;
        napped_ = false;
    }

    /// A queue ended a sleep. Where it brings nothing all the same the worker takes a long nap before it sleeps
    /// again, so that a descriptor which stays readable costs little more than one that is missing.
    void woken() noexcept
    {
        empty_rounds_ = 0;
        next_nap_ = longest;
        napped_ = false;
    }

    /// The round brought nothing: what to do before the next. `hurry`: something is about to come, or waits for a
    /// time; then it naps shortly and does not yield, which would let whoever else wants the processor have it for
    /// milliseconds.
    Step empty(bool hurry = false) noexcept
    {
        if (!may_rest_)
            return Step::look;
        if (empty_rounds_ < looks + yields)
            ++empty_rounds_;
        if (hurry) {
            next_nap_ = hurried;
            napped_ = false;
            return empty_rounds_ <= hurried_looks ? Step::look : Step::nap;
        }
        if (empty_rounds_ <= looks)
            return Step::look;
        if (empty_rounds_ < looks + yields)
            return Step::yield;
        return napped_ ? Step::sleep : Step::nap;
    }

    /// How long to nap now; the next nap is twice as long, up to the bound, after which it sleeps.
    std::chrono::microseconds take_nap() noexcept
    {
        const auto now = std::min(next_nap_, longest);
        napped_ = now == longest;
        next_nap_ = now * 2;
        return now;
    }

    /// How long to sleep at most; `all_watched` says that every queue can end it.
    std::chrono::microseconds sleep(bool all_watched) const noexcept { return all_watched ? watched : longest; }

private:
    bool may_rest_;
    bool napped_ = false;  ///< as long as it may
    std::uint32_t empty_rounds_ = 0;
    std::chrono::microseconds next_nap_ = shortest;
};

}  // namespace ferryd
