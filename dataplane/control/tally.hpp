// Counters added up over workers, and what is told of them.
#pragma once

#include <array>
#include <cstdint>

#include <ferry/engine/counters.hpp>

#include "control/status.hpp"

namespace ferryd {

using DropTally = std::array<std::uint64_t, ferry::drop_reason_count>;

/// The sum of some TrafficCounters at one moment. Workers count on while it is made, so fields may differ by a burst.
struct Tally {
    std::uint64_t in_frames = 0, in_bytes = 0, out_frames = 0, out_bytes = 0;
    DropTally drops{};

    void add(const ferry::TrafficCounters& counters) noexcept;
    void add(const Tally& other) noexcept;
    /// What was counted since `earlier`. Numbers of attachments and VTEPs are used again, their counters go on.
    Tally since(const Tally& earlier) const noexcept;
};

void add_drops(DropTally& tally, const std::array<ferry::Counter, ferry::drop_reason_count>& drops) noexcept;
DropCounts drops_by_name(const DropTally& tally);
TrafficStatus status_of(const Tally& tally);

}  // namespace ferryd
