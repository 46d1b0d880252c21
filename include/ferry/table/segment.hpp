// Segments: one VNI's broadcast domain on this host, and whom its broadcasts reach.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <ferry/error.hpp>
#include <ferry/table/row.hpp>
#include <ferry/table/snapshot.hpp>

namespace ferry {

/// A segment as readers see it. Immutable; a change makes a new one.
struct Segment {
    SegmentIndex index = SegmentIndex::none;
    Vni vni;
    bool learning = true;                  ///< take rows from the source of frames (RFC 7348 §4.1)
    std::vector<VtepId> flood;             ///< remotes that get a copy of each BUM frame: ingress replication
    std::vector<AttachmentId> attachments; ///< local members
};

/// VNI to local 16-bit index, and index to segment. One writer, many readers that never wait.
class Segments {
public:
    /// Room for `max_segments`, 1 to 65,534. Fails with invalid_argument or no_memory.
    static Expected<std::unique_ptr<Segments>> make(std::uint32_t max_segments);
    ~Segments();
    Segments(const Segments&) = delete;
    Segments& operator=(const Segments&) = delete;

    /// Reader: the segment of a VNI as of `epoch`, or null. Two loads to the index, two to the segment.
    const Segment* find(Vni vni, Epoch epoch) const noexcept;
    /// Reader: the segment of an index as of `epoch`, or null.
    const Segment* at(SegmentIndex index, Epoch epoch) const noexcept;

    // The writer's side. Transactions (control/) are the way to call it.

    const Segment* newest(Vni vni) const noexcept;
    const Segment* newest(SegmentIndex index) const noexcept;
    /// The index that belongs to the VNI: of its segment, reserved by allocate(), or of a deleted one that is not
    /// forgotten.
    SegmentIndex index_of(Vni vni) const noexcept;
    /// Reserves an index, until push() or release(). A VNI whose deleted segment is not forgotten yet gets the same
    /// one. Fails with already_exists, table_full, no_memory.
    Expected<SegmentIndex> allocate(Vni vni);
    void release(SegmentIndex index) noexcept;

    /// A change that waits to be pushed; all that can fail is in making it. `index` must be allocated, and that of
    /// `segment`; no segment: deleted. Fails with no_memory.
    static Expected<PreparedVersion<Segment>> prepare(Epoch since, SegmentIndex index, std::optional<Segment> segment);
    void push(PreparedVersion<Segment> prepared) noexcept;
    /// prepare() and push() in one.
    Expected<void> push(Epoch since, Segment segment);
    Expected<void> push_deleted(Epoch since, SegmentIndex index);

    /// After a grace period since the commit of `since`: frees versions and indices that nobody can see any more.
    void forget_before(Epoch since) noexcept;
    /// All segments in their newest version, by VNI. May throw std::bad_alloc: the list is the caller's.
    std::vector<const Segment*> all() const;
    std::uint32_t max_segments() const noexcept;

private:
    Segments();
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ferry
