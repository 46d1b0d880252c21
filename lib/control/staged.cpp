#include "control/staged.hpp"

#include <algorithm>

#include <fmt/format.h>

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

/// True where the row, which does not just go with the VTEP, names it.
bool holds(Row row, VtepId id, const Turns& turns) noexcept
{
    if (row.kind() == RowKind::turning)
        return turns.at(row.turn()).via == id || turns.at(row.turn()).to == id;
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

AttachmentId Transaction::Staged::attachment_of(Row row) const noexcept
{
    switch (row.kind()) {
    case RowKind::local:
    case RowKind::gated: return row.attachment();
    case RowKind::turning: return tables.turns().at(row.turn()).gate;
    default: return AttachmentId::none;
    }
}

Expected<void> Transaction::Staged::check_target(const Segment& of, Row row) const
{
    const auto check_vtep = [&](VtepId id) -> Expected<void> {
        if (vtep(id) == nullptr)
            return fail(ErrorCode::not_found, fmt::format("there is no VTEP with id {}", index_of(id)));
        return {};
    };
    const auto check_attachment = [&](AttachmentId id) -> Expected<void> {
        const Attachment* found = attachment(id);
        if (found == nullptr)
            return fail(ErrorCode::not_found, fmt::format("there is no attachment {}", index_of(id)));
        if (found->segment != of.index)
            return fail(ErrorCode::invalid_argument,
                        fmt::format("attachment {} is in VNI {}, not in VNI {}", index_of(id), found->vni.value(),
                                    of.vni.value()));
        return {};
    };
    switch (row.kind()) {
    case RowKind::local:
    case RowKind::gated: return check_attachment(row.attachment());
    case RowKind::remote: return check_vtep(row.vtep());
    case RowKind::blackhole: return {};
    case RowKind::turning: break;
    default:
        return fail(ErrorCode::invalid_argument,
                    "a row must be local, remote, blackhole, gated or turning; to delete one, remove it");
    }
    if (!tables.turns().is_taken(row.turn()))
        return fail(ErrorCode::not_found, fmt::format("there is no turn {}; begin it first", index_of(row.turn())));
    const Turn& turn = tables.turns().at(row.turn());
    return check_vtep(turn.to).and_then(
        [&] { return turn.gate != AttachmentId::none ? check_attachment(turn.gate) : check_vtep(turn.via); });
}

std::uint32_t Transaction::Staged::users_of(VtepId id) const noexcept
{
    // What is committed, corrected by what is staged. Modulo arithmetic: a sum may pass below 0 on its way.
    const WriterState& writer = tables.writer();
    std::uint32_t users = writer.rows_to_vtep[index_of(id)].other + writer.floods_to_vtep[index_of(id)];
    for (const auto& [word, row] : rows) {
        users += holds(row, id, tables.turns());
        users -= holds(tables.fdb().newest(FdbKey::from_word(word)), id, tables.turns());
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

std::vector<DetourList*> Transaction::Staged::detours_by(VtepId id)
{
    const auto has_one = [id](const Attachment& of) {
        return std::any_of(of.detours.begin(), of.detours.end(),
                           [id](const Detour& detour) { return names(detour, id); });
    };
    for (const Attachment* known : tables.attachments().all())
        if (has_one(*known))
            edit(known->id);
    std::vector<DetourList*> found;
    for (auto& [number, cell] : attachments)
        if (cell.value && has_one(*cell.value))
            found.push_back(&cell.value->detours);
    return found;
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
