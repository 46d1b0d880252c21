// Attachments: the local ports that endpoints hang on, as the tables know them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ferry/error.hpp>
#include <ferry/table/row.hpp>
#include <ferry/table/snapshot.hpp>

namespace ferry {

/// An attachment as readers see it. Immutable; a change makes a new one.
struct Attachment {
    AttachmentId id = AttachmentId::none;
    SegmentIndex segment = SegmentIndex::none;
    Vni vni;
    /// Source MACs that frames from here may carry. Empty: any, and they are learned where the segment learns.
    std::vector<MacAddress> macs;
};

/// One writer, many readers that never wait.
class Attachments {
public:
    /// Room for `max_attachments`. Fails with invalid_argument or no_memory.
    static Expected<std::unique_ptr<Attachments>> make(std::uint32_t max_attachments);
    ~Attachments();
    Attachments(const Attachments&) = delete;
    Attachments& operator=(const Attachments&) = delete;

    /// Reader: the attachment as of `epoch`, or null.
    const Attachment* at(AttachmentId id, Epoch epoch) const noexcept;

    // The writer's side.
    const Attachment* newest(AttachmentId id) const noexcept;
    Expected<AttachmentId> allocate();
    void push(Epoch since, Attachment attachment);
    void push_deleted(Epoch since, AttachmentId id);
    void forget_before(Epoch since);
    std::vector<const Attachment*> all() const;
    std::uint32_t max_attachments() const noexcept;

private:
    Attachments();
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ferry
