#include <new>
#include <thread>

#include "control/row_change.hpp"
#include "control/staged.hpp"
#include "table/no_memory.hpp"
#include "table/writer_state.hpp"

namespace ferry {
namespace {

/// What the rows of a transaction need.
struct Demand {
    std::uint32_t fresh = 0;
    std::uint32_t deleted = 0;
    std::uint32_t pending = 0;
};

/// Waits for workers to let go of what earlier transactions replaced, where that makes room; false where there is none.
bool make_room(Tables& tables, const Demand& demand)
{
    using namespace std::chrono;
    constexpr auto patience = 10ms;  // a worker is quiescent after each burst, which is a thousand times shorter

    const Fdb& fdb = tables.fdb();
    const bool can_fit = std::uint64_t{fdb.size()} + demand.fresh <= std::uint64_t{fdb.max_rows()} + demand.deleted &&
                         demand.pending <= tables.limits().transaction_rows;
    const auto begin = steady_clock::now();
    while (!fdb.has_room(demand.fresh, demand.pending, demand.deleted)) {
        if (!can_fit || steady_clock::now() - begin > patience)
            return false;
        reclaim(tables);
        std::this_thread::yield();
    }
    return true;
}

/// Makes versions of all staged cells of a table. Fails with no_memory. May throw std::bad_alloc.
template <typename Table, typename Index, typename T>
Expected<std::vector<PreparedVersion<T>>> prepare_cells(const std::unordered_map<Index, StagedCell<T>>& staged,
                                                        Epoch since)
{
    std::vector<PreparedVersion<T>> versions;
    versions.reserve(staged.size());
    for (const auto& [index, cell] : staged) {
        auto version = Table::prepare(since, index, cell.value);
        if (!version)
            return tl::unexpected(std::move(version.error()));
        versions.push_back(std::move(*version));
    }
    return versions;
}

template <typename Table, typename T>
void push_all(Table& table, std::vector<PreparedVersion<T>>& versions) noexcept
{
    for (auto& version : versions)
        table.push(std::move(version));
}

void count_floods(WriterState& writer, const Segment* segment, std::uint32_t amount) noexcept
{
    if (segment != nullptr)
        for (VtepId id : segment->flood)
            writer.floods_to_vtep[index_of(id)] += amount;
}

}  // namespace

Expected<Commit> Transaction::commit()
try {
    if (auto state = ready(); !state)
        return tl::unexpected(std::move(state.error()));
    Fdb& fdb = tables_.fdb();
    WriterState& writer = tables_.writer();
    const std::uint32_t now = steady_seconds();

    std::erase_if(staged_->rows,
                  [&](const auto& staged) { return fdb.newest(FdbKey::from_word(staged.first)) == staged.second; });
    Demand demand;
    bool any_pending = false;
    for (const auto& [word, row] : staged_->rows) {
        const FdbKey key = FdbKey::from_word(word);
        const bool was_there = !fdb.newest(key).is_absent();
        demand.fresh += !was_there;
        demand.deleted += was_there && row.is_absent();
        any_pending |= fdb.is_pending(key);
    }
    const bool only_rows = staged_->segments.empty() && staged_->vteps.empty() && staged_->attachments.empty();
    const bool needs_epoch = !only_rows || staged_->rows.size() > 1 || any_pending;
    demand.pending = needs_epoch ? static_cast<std::uint32_t>(staged_->rows.size()) : 0;

    // All that can fail comes first.
    const Epoch since = tables_.epoch() + 1;
    auto segments = prepare_cells<Segments>(staged_->segments, since);
    auto vteps = prepare_cells<Vteps>(staged_->vteps, since);
    auto attachments = prepare_cells<Attachments>(staged_->attachments, since);
    if (!segments || !vteps || !attachments)
        return no_memory();
    if (!make_room(tables_, demand))
        return fail(ErrorCode::table_full, "the rows do not fit: the forwarding database is full, or workers still "
                                           "need what earlier transactions replaced");
    if (!needs_epoch) {
        for (const auto& [word, row] : staged_->rows)
            store_row(tables_, FdbKey::from_word(word), row, now);
        staged_->clear();
        return Commit{0, tables_.qsbr().start_when_asked()};
    }
    UnsettledCommit& record = writer.unsettled.emplace_back();

    for (const auto& [index, cell] : staged_->segments) {
        count_floods(writer, tables_.segments().newest(index), ~std::uint32_t{0});
        count_floods(writer, cell.value ? &*cell.value : nullptr, 1);
    }
    push_all(tables_.vteps(), *vteps);
    push_all(tables_.attachments(), *attachments);
    push_all(tables_.segments(), *segments);
    for (const auto& [word, row] : staged_->rows) {
        const FdbKey key = FdbKey::from_word(word);
        writer.count(key, fdb.newest(key), row);
        fdb.prepare(key, row, since, now);
    }
    record.epoch = tables_.publish();
    record.token = tables_.qsbr().start();
    staged_->clear();
    return Commit{record.epoch, record.token};
} catch (const std::bad_alloc&) {
    return no_memory();
}

bool wait_until_seen(Tables& tables, const Commit& commit, std::chrono::nanoseconds timeout)
{
    return tables.qsbr().wait(commit.token, timeout);
}

void reclaim(Tables& tables)
{
    auto& unsettled = tables.writer().unsettled;
    Epoch seen = 0;
    for (; !unsettled.empty() && tables.qsbr().passed(unsettled.front().token); unsettled.pop_front())
        seen = unsettled.front().epoch;
    if (seen != 0) {
        tables.fdb().settle(seen);
        tables.segments().forget_before(seen);
        tables.vteps().forget_before(seen);
        tables.attachments().forget_before(seen);
    }
    tables.fdb().reclaim(tables.qsbr());
}

}  // namespace ferry
