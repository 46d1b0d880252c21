#include "engine/guard.hpp"

#include <algorithm>
#include <optional>

#include "engine/frame.hpp"

namespace ferry::engine {
namespace {

/// Asked when the source changes, which it seldom does.
[[gnu::noinline]] std::optional<DropReason> refusal(std::uint64_t source, const Attachment& from) noexcept
{
    if (!is_valid_source(source))
        return DropReason::source_invalid;
    const auto& macs = from.macs;
    if (!macs.empty() &&
        std::none_of(macs.begin(), macs.end(), [source](MacAddress mac) { return mac.to_u48() == source; }))
        return DropReason::source_spoofed;
    return std::nullopt;
}

}  // namespace

void guard(Burst& burst, const Attachment& from, const Segment& segment, const LookUp& rows, Sightings& seen) noexcept
{
    const LookUp look_up = rows;
    const SegmentIndex index = segment.index;
    const bool learning = from.macs.empty() && segment.learning;
    std::uint64_t admitted = ~std::uint64_t{0};  // the source seen last, at first none; endpoints' frames come in runs
    FdbKey last;  // frames for an endpoint come in runs, too
    std::uint32_t home = 0;
    const std::size_t count = burst.count;
    burst.segments.fill(&segment);  // all there is room for: sixteen stores, where `count` would be told one by one
    for (std::size_t i = 0; i < count; ++i) {
        if (burst.verdicts[i] != Verdict::forward) [[unlikely]]
            continue;
        if (burst.frames[i]->data_len < sizeof(wire::EthernetHeader)) [[unlikely]] {
            burst.drop(i, DropReason::inner_truncated);
            continue;
        }
        const std::uint8_t* const ethernet = burst.fronts[i];
        const std::uint64_t source = source_of(ethernet);
        if (source != admitted) [[unlikely]] {
            if (const auto reason = refusal(source, from)) {
                burst.drop(i, *reason);
                continue;
            }
            admitted = source;
            if (learning)
                seen.add(key_of(index, source), Row::local(from.id, RowOrigin::learned), look_up);
        }
        const FdbKey key = key_of(index, destination_of(ethernet));
        if (key != last) {
            last = key;
            home = look_up.begin(key);
        }
        burst.keys[i] = key;
        burst.homes[i] = home;
    }
}

}  // namespace ferry::engine
