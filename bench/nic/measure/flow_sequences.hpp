// Tells new, repeated and overtaken frames of many flows apart, with 16 bytes a flow.
#pragma once

#include <cstdint>
#include <vector>

namespace ferry::bench {

/// What one trial's frames did. A frame is reordered when one with a higher number came before it (RFC 4737 §3.3).
struct SequenceCounts {
    std::uint64_t received = 0;   ///< different frames
    std::uint64_t repeated = 0;
    std::uint64_t reordered = 0;  ///< of the received
    std::uint64_t stale = 0;      ///< of the reordered: so late that they could not be told from repeated ones
};

/// Remembers the last 64 numbers of each flow. One thread.
class FlowSequences {
public:
    explicit FlowSequences(std::uint32_t flows) : flows_(flows) {}

    /// `flow` must be one of the flows.
    void add(std::uint32_t flow, std::uint32_t sequence) noexcept
    {
        Flow& seen = flows_[flow];
        if (sequence >= seen.next) {
            const std::uint32_t gap = sequence - seen.next + 1;
            seen.bits = gap < 64 ? seen.bits << gap | 1 : 1;
            seen.next = sequence + 1;
        } else {
            const std::uint32_t age = seen.next - 1 - sequence;
            if (age >= 64) {
                ++counts_.stale;
            } else if (seen.bits >> age & 1) {
                ++counts_.repeated;
                return;
            } else {
                seen.bits |= std::uint64_t{1} << age;
            }
            ++counts_.reordered;
        }
        ++counts_.received;
    }

    const SequenceCounts& counts() const noexcept { return counts_; }
    /// As if nothing had come yet.
    void clear() noexcept
    {
        flows_.assign(flows_.size(), {});
        counts_ = {};
    }

private:
    struct Flow {
        std::uint64_t bits = 0;  ///< bit i: next - 1 - i has come
        std::uint32_t next = 0;  ///< the lowest number above all that have come
    };
    static_assert(sizeof(Flow) == 16);
    std::vector<Flow> flows_;
    SequenceCounts counts_;
};

}  // namespace ferry::bench
