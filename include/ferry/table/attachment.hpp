// Attachments: the local ports that endpoints hang on, as the tables know them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <ferry/error.hpp>
#include <ferry/table/detour.hpp>
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
    /// What is sent from here to some VTEPs by way of another host; empty in ordinary times.
    DetourList detours{};
};

/// One writer, many readers that never wait.
class Attachments {
public:
    /// Room for `max_attachments`. Fails with invalid_argument or no_memory.
    static Expected<std::unique_ptr<Attachments>> make(std::uint32_t max_attachments);
    ~Attachments();
    Attachments(const Attachments&) = delete;
    Attachments& operator=(const Attachments&) = delete;

    /// Reader: the attachment as of `epoch`; where it is younger than that, its first version. Null where it has been
    /// removed, or never was.
    const Attachment* at(AttachmentId id, Epoch epoch) const noexcept;

    // The writer's side. Transactions (control/) are the way to call it.

    const Attachment* newest(AttachmentId id) const noexcept;
    /// Reserves an id, until push() or release(). Fails with table_full.
    Expected<AttachmentId> allocate();
    void release(AttachmentId id) noexcept;

    /// A change that waits to be pushed; all that can fail is in making it. `id` must be allocated, and that of
    /// `attachment`; no attachment: deleted. Fails with no_memory.
    static Expected<PreparedVersion<Attachment>> prepare(Epoch since, AttachmentId id,
                                                         std::optional<Attachment> attachment);
    void push(PreparedVersion<Attachment> prepared) noexcept;
    /// prepare() and push() in one.
    Expected<void> push(Epoch since, Attachment attachment);
    Expected<void> push_deleted(Epoch since, AttachmentId id);

    /// After a grace period since the commit of `since`: frees versions and ids that nobody can see any more.
    void forget_before(Epoch since) noexcept;
    /// All attachments in their newest version, by id. May throw std::bad_alloc: the list is the caller's.
    std::vector<const Attachment*> all() const;
    std::uint32_t max_attachments() const noexcept;

private:
    Attachments();
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ferry
