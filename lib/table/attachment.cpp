#include <ferry/table/attachment.hpp>

#include <new>

#include "table/no_memory.hpp"
#include "table/versioned_table.hpp"

namespace ferry {

struct Attachments::State {
    explicit State(std::uint32_t max_attachments) : table(max_attachments) {}

    VersionedTable<Attachment> table;
};

Attachments::Attachments() = default;
Attachments::~Attachments() = default;

Expected<std::unique_ptr<Attachments>> Attachments::make(std::uint32_t max_attachments)
{
    if (max_attachments == 0 || max_attachments == 0xffff'ffff)
        return fail(ErrorCode::invalid_argument, "the bound of attachments must be 1 to 4294967294");
    try {
        std::unique_ptr<Attachments> attachments(new Attachments);
        attachments->state_ = std::make_unique<State>(max_attachments);
        return attachments;
    } catch (const std::bad_alloc&) {
        return no_memory();
    }
}

const Attachment* Attachments::at(AttachmentId id, Epoch epoch) const noexcept
{
    return state_->table.read_referenced(index_of(id), epoch);
}

const Attachment* Attachments::newest(AttachmentId id) const noexcept
{
    return state_->table.newest(index_of(id));
}

Expected<AttachmentId> Attachments::allocate()
{
    if (const std::uint32_t index = state_->table.reserve(); index != 0)
        return AttachmentId{index};
    return fail(ErrorCode::table_full,
                "every attachment id is taken; remove an attachment or raise the bound of attachments");
}

void Attachments::release(AttachmentId id) noexcept
{
    state_->table.release(index_of(id));
}

Expected<PreparedVersion<Attachment>> Attachments::prepare(Epoch since, AttachmentId id,
                                                           std::optional<Attachment> attachment)
try {
    return PreparedVersion<Attachment>(index_of(id), since, std::move(attachment));
} catch (const std::bad_alloc&) {
    return no_memory();
}

void Attachments::push(PreparedVersion<Attachment> prepared) noexcept
{
    state_->table.push(std::move(prepared));
}

Expected<void> Attachments::push(Epoch since, Attachment attachment)
{
    const AttachmentId id = attachment.id;
    return prepare(since, id, std::move(attachment)).map([this](auto&& prepared) { push(std::move(prepared)); });
}

Expected<void> Attachments::push_deleted(Epoch since, AttachmentId id)
{
    return prepare(since, id, std::nullopt).map([this](auto&& prepared) { push(std::move(prepared)); });
}

void Attachments::forget_before(Epoch since) noexcept
{
    state_->table.forget_before(since, [](std::uint32_t) {});
}

std::vector<const Attachment*> Attachments::all() const
{
    return state_->table.all();
}

std::uint32_t Attachments::max_attachments() const noexcept
{
    return state_->table.max();
}

}  // namespace ferry
