#include "control/tally.hpp"

namespace ferryd {

void add_drops(DropTally& tally, const std::array<ferry::Counter, ferry::drop_reason_count>& drops) noexcept
{
    for (std::size_t reason = 0; reason < tally.size(); ++reason)
        tally[reason] += drops[reason].get();
}

void Tally::add(const ferry::TrafficCounters& counters) noexcept
{
    in_frames += counters.in_frames.get();
    in_bytes += counters.in_bytes.get();
    out_frames += counters.out_frames.get();
    out_bytes += counters.out_bytes.get();
    add_drops(drops, counters.drops);
}

void Tally::add(const Tally& other) noexcept
{
    in_frames += other.in_frames;
    in_bytes += other.in_bytes;
    out_frames += other.out_frames;
    out_bytes += other.out_bytes;
    for (std::size_t reason = 0; reason < drops.size(); ++reason)
        drops[reason] += other.drops[reason];
}

Tally Tally::since(const Tally& earlier) const noexcept
{
    Tally difference = *this;
    difference.in_frames -= earlier.in_frames;
    difference.in_bytes -= earlier.in_bytes;
    difference.out_frames -= earlier.out_frames;
    difference.out_bytes -= earlier.out_bytes;
    for (std::size_t reason = 0; reason < drops.size(); ++reason)
        difference.drops[reason] -= earlier.drops[reason];
    return difference;
}

DropCounts drops_by_name(const DropTally& tally)
{
    DropCounts counts;
    for (std::size_t reason = 0; reason < tally.size(); ++reason) {
        if (tally[reason] != 0)
            counts.emplace(ferry::drop_texts[reason].name, tally[reason]);
    }
    return counts;
}

TrafficStatus status_of(const Tally& tally)
{
    return {tally.in_frames, tally.in_bytes, tally.out_frames, tally.out_bytes, drops_by_name(tally.drops)};
}

}  // namespace ferryd
