#include "control/staged.hpp"

#include <algorithm>

#include "table/writer_state.hpp"

namespace ferry {
namespace {

/// What is staged under `index`, else what is in the table.
template <typename T, typename Index, typename Table>
const T* staged_or_newest(const std::unordered_map<Index, StagedCell<T>>& staged, const Table& table,
                          Index index) noexcept
{
    const auto found = staged.find(index);
    if (found == staged.end())
        return table.newest(index);
    return found->second.value ? &*found->second.value : nullptr;
}

template <typename T, typename Index, typename Table>
StagedCell<T>& edit_cell(std::unordered_map<Index, StagedCell<T>>& staged, const Table& table, Index index)
{
    const auto found = staged.find(index);
    return found != staged.end() ? found->second
                                 : staged.emplace(index, StagedCell<T>{*table.newest(index)}).first->second;
}

template <typename T, typename Index, typename Table>
void remove_cell(std::unordered_map<Index, StagedCell<T>>& staged, Table& table, Index index) noexcept
{
    const auto found = staged.find(index);
    if (!found->second.reserved) {
        found->second.value.reset();
        return;
    }
    table.release(index);
    staged.erase(found);
}

template <typename T, typename Index, typename Table>
void abandon_cells(std::unordered_map<Index, StagedCell<T>>& staged, Table& table) noexcept
{
    for (const auto& [index, cell] : staged)
        if (cell.reserved)
            table.release(index);
}

bool names_other_than_learned(Row row, VtepId id) noexcept
{
    return row.kind() == RowKind::remote && row.vtep() == id && row.origin() != RowOrigin::learned;
}

bool floods_to(const Segment* segment, VtepId id) noexcept
{
    return segment != nullptr && std::find(segment->flood.begin(), segment->flood.end(), id) != segment->flood.end();
}

}  // namespace

const Segment* Transaction::Staged::segment(SegmentIndex index) const noexcept
{
    return staged_or_newest(segments, tables.segments(), index);
}

const Adjacency* Transaction::Staged::vtep(VtepId id) const noexcept
{
    return staged_or_newest(vteps, tables.vteps(), id);
}

const Attachment* Transaction::Staged::attachment(AttachmentId id) const noexcept
{
    return staged_or_newest(attachments, tables.attachments(), id);
}

Row Transaction::Staged::row(FdbKey key) const noexcept
{
    const auto found = rows.find(key.word());
    return found != rows.end() ? found->second : tables.fdb().newest(key);
}

std::uint32_t Transaction::Staged::users_of(VtepId id) const noexcept
{
    // What is committed, corrected by what is staged. Modulo arithmetic: a sum may pass below 0 on its way.
    const WriterState& writer = tables.writer();
    std::uint32_t users = writer.rows_to_vtep[index_of(id)].other + writer.floods_to_vtep[index_of(id)];
    for (const auto& [word, row] : rows) {
        users += names_other_than_learned(row, id);
        users -= names_other_than_learned(tables.fdb().newest(FdbKey::from_word(word)), id);
    }
    for (const auto& [index, cell] : segments) {
        users += floods_to(cell.value ? &*cell.value : nullptr, id);
        users -= floods_to(tables.segments().newest(index), id);
    }
    return users;
}

StagedCell<Segment>& Transaction::Staged::edit(SegmentIndex index)
{
    return edit_cell(segments, tables.segments(), index);
}

StagedCell<Adjacency>& Transaction::Staged::edit(VtepId id)
{
    return edit_cell(vteps, tables.vteps(), id);
}

StagedCell<Attachment>& Transaction::Staged::edit(AttachmentId id)
{
    return edit_cell(attachments, tables.attachments(), id);
}

void Transaction::Staged::remove(SegmentIndex index) noexcept
{
    remove_cell(segments, tables.segments(), index);
}

void Transaction::Staged::remove(VtepId id) noexcept
{
    remove_cell(vteps, tables.vteps(), id);
}

void Transaction::Staged::remove(AttachmentId id) noexcept
{
    remove_cell(attachments, tables.attachments(), id);
}

Expected<void> Transaction::Staged::set(FdbKey key, Row now)
{
    const auto found = rows.find(key.word());
    if (found == rows.end() && rows.size() >= tables.limits().transaction_rows)
        return fail(ErrorCode::table_full,
                    "more rows than one transaction takes; split it or raise the bound of transaction rows");
    const Row before = row(key);
    const std::int64_t change = (now.is_absent() ? 0 : 1) - (before.is_absent() ? 0 : 1);
    if (change > 0 && tables.fdb().size() + growth >= tables.limits().rows)
        return fail(ErrorCode::table_full, "the forwarding database is full; delete rows or raise its bound");
    if (found != rows.end())
        found->second = now;
    else
        rows.emplace(key.word(), now);
    growth += change;
    return {};
}

Expected<void> Transaction::Staged::erase(const std::vector<FdbKey>& keys)
{
    // The memory first: then the change cannot fail half way.
    std::unordered_map<std::uint64_t, Row> deletions;
    for (FdbKey key : keys)
        deletions.emplace(key.word(), Row{});
    std::size_t total = rows.size();
    for (FdbKey key : keys)
        total += !rows.contains(key.word());
    if (total > tables.limits().transaction_rows)
        return fail(
            ErrorCode::table_full,
            "its rows are more than one transaction takes; delete them first or raise the bound of transaction rows");
    rows.reserve(total);
    for (FdbKey key : keys)
        growth -= !row(key).is_absent();
    rows.merge(deletions);
    for (const auto& [word, absent] : deletions)
        rows.find(word)->second = absent;
    return {};
}

void Transaction::Staged::abandon() noexcept
{
    abandon_cells(segments, tables.segments());
    abandon_cells(vteps, tables.vteps());
    abandon_cells(attachments, tables.attachments());
    clear();
}

void Transaction::Staged::clear() noexcept
{
    segments.clear();
    vteps.clear();
    attachments.clear();
    rows.clear();
    growth = 0;
}

}  // namespace ferry
