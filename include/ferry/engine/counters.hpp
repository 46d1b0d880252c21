// What each worker counts. One thread writes, any may read: no shared write for a frame.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <ferry/engine/drop.hpp>
#include <ferry/table/row.hpp>
#include <ferry/table/tables.hpp>

namespace ferry {

/// A counter with one writing thread. add() is a plain load and store; readers never see half a value.
class Counter {
public:
    void add(std::uint64_t amount) noexcept
    {
        value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// Frames and drops of one attachment, VTEP or worker. "in" is what ferry received from there, "out" what it gave to
/// be sent there; `drops` counts frames that came from there or were meant for there. Bytes are those of the frame as
/// it is there: with the outer headers at a VTEP, without them at an attachment.
struct alignas(64) TrafficCounters {
    Counter in_frames, in_bytes, out_frames, out_bytes;
    Counter relayed_frames;  ///< an attachment: of what was given to its gate, what went on; a VTEP: of `out`
    std::array<Counter, drop_reason_count> drops;
};

/// One worker's counters: totals, and by attachment and VTEP (index 0: unknown ones). Sized by the tables' limits.
///
/// They add up: whenever no burst is under way, frames given to from_*() and relay() + replicated = frames given to the
/// sink, its gates among them, + drops, where drops are those of the engine, not what the switch reported by
/// Worker::drop() after the sink had it.
class alignas(64) WorkerCounters {
public:
    static Expected<std::unique_ptr<WorkerCounters>> make(const TableLimits& limits);

    Counter underlay_in_frames, underlay_in_bytes;   ///< all that was given to from_underlay()
    Counter passed_frames;                           ///< of these, what is not VXLAN for us
    Counter encapsulated, decapsulated;              ///< frames
    Counter replicated;                              ///< copies for floods; one not made or not sent is a drop
    Counter local_switched;                          ///< from one attachment to another of this host
    Counter relayed;                                 ///< of the encapsulated, those passed on for endpoints that moved
    Counter learn_overflow;                          ///< learn events lost to a full queue; the next frame tells again
    std::array<Counter, drop_reason_count> drops;

    TrafficCounters& attachment(AttachmentId id) noexcept { return attachments_[bounded(id, attachments_)]; }
    const TrafficCounters& attachment(AttachmentId id) const noexcept
    {
        return attachments_[bounded(id, attachments_)];
    }
    TrafficCounters& vtep(VtepId id) noexcept { return vteps_[bounded(id, vteps_)]; }
    const TrafficCounters& vtep(VtepId id) const noexcept { return vteps_[bounded(id, vteps_)]; }
    /// All of them, by id.
    std::span<TrafficCounters> vteps() noexcept { return vteps_; }

private:
    WorkerCounters() = default;

    template <typename Id>
    static std::size_t bounded(Id id, std::span<TrafficCounters> all) noexcept
    {
        return index_of(id) < all.size() ? index_of(id) : 0;
    }

    std::unique_ptr<TrafficCounters[]> storage_;
    std::span<TrafficCounters> attachments_, vteps_;
};

}  // namespace ferry
