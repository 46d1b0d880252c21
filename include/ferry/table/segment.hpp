// Segments: one VNI's broadcast domain on this host, and whom its broadcasts reach.
#pragma once

#include <cstdint>
#include <memory>
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
    /// Room for `max_segments`, 1 to 65,535. Fails with invalid_argument or no_memory.
    static Expected<std::unique_ptr<Segments>> make(std::uint32_t max_segments);
    ~Segments();
    Segments(const Segments&) = delete;
    Segments& operator=(const Segments&) = delete;

    /// Reader: the segment of a VNI as of `epoch`, or null. Two loads to the index, one to the segment.
    const Segment* find(Vni vni, Epoch epoch) const noexcept;
    /// Reader: the segment of an index as of `epoch`, or null.
    const Segment* at(SegmentIndex index, Epoch epoch) const noexcept;

    // The writer's side.
    const Segment* newest(Vni vni) const noexcept;
    /// A free index, or none when the table is full. The index stays taken until the segment is forgotten after deletion.
    Expected<SegmentIndex> allocate(Vni vni);
    void push(Epoch since, Segment segment);
    void push_deleted(Epoch since, SegmentIndex index);
    /// After a grace period since `since`: frees versions and indices that nobody can see any more.
    void forget_before(Epoch since);
    /// All segments in their newest version, by VNI.
    std::vector<const Segment*> all() const;
    std::uint32_t max_segments() const noexcept;

private:
    Segments();
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ferry
