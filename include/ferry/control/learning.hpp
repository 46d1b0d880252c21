// From the source of a frame to a row (RFC 7348 §4.1): what workers saw, applied by the writer under its rules.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include <ferry/engine/learn_queue.hpp>
#include <ferry/table/tables.hpp>

namespace ferry {

/// Asked when the frame of an endpoint came from elsewhere than its learned row says, or from another VTEP than the one
/// that its host set: `present` is the row, `seen` where the frame came from. Returns whether the row follows; one that
/// was not learned, or relays, never does, whatever is returned. Called on the writer's thread; must neither throw nor
/// change the tables.
using FollowRule = std::function<bool(FdbKey key, Row present, Row seen)>;

/// Rules of learning, the defaults those of Linux's vxlan device where it has one.
struct LearningRules {
    std::uint32_t ageing_seconds = 300;       ///< a learned row not seen for so long is deleted; 0: never
    std::uint32_t max_rows_per_segment = 8192;
    FollowRule follows = {};                  ///< none: learned rows follow, others are left alone
};

/// What became of learn events; the sum is the number of events given.
struct LearningCounters {
    std::uint64_t added = 0;
    std::uint64_t moved = 0;          ///< a learned row followed its endpoint
    std::uint64_t unchanged = 0;      ///< the row said so already when the event was applied
    std::uint64_t refused_static = 0; ///< a permanent or endpoint row stands, or one of a move; no frame changes it
    std::uint64_t refused_rule = 0;   ///< a learned row stands, because the rule said so
    std::uint64_t refused_full = 0;   ///< the segment's or the table's bound
    std::uint64_t refused_gone = 0;   ///< segment, VTEP or attachment no longer there, or learning was switched off
};

/// Applies learn events and ages learned rows. Writer thread only, and while no transaction has anything staged.
class Learner {
public:
    Learner(Tables& tables, LearningRules rules) noexcept;
    /// Applies what workers saw, in order. `now_seconds` is by the clock of steady_seconds().
    void apply(std::span<const LearnEvent> events, std::uint32_t now_seconds) noexcept;
    /// Deletes learned rows that are too old, but those of a move (gated, turning, relaying); looks at every row, so
    /// call it about once a second. Where there is no memory for the list of them, or no room to delete one, those rows
    /// wait for the next call.
    void age(std::uint32_t now_seconds) noexcept;
    const LearningCounters& counters() const noexcept { return counters_; }
    std::uint64_t aged() const noexcept { return aged_; }

private:
    std::uint64_t& apply(const LearnEvent& event, std::uint32_t now_seconds) noexcept;
    bool asks_rule(Row present) const noexcept;
    bool is_there(const LearnEvent& event) const noexcept;

    Tables& tables_;
    LearningRules rules_;
    LearningCounters counters_;
    std::uint64_t aged_ = 0;
};

}  // namespace ferry
