#include <ferry/control/learning.hpp>

#include <new>
#include <utility>
#include <vector>

#include "control/row_change.hpp"
#include "table/writer_state.hpp"

namespace ferry {
namespace {

/// Rows of endpoints that come, go or have gone are the move's business.
bool is_of_move(Row row) noexcept
{
    return row.kind() == RowKind::gated || row.kind() == RowKind::turning ||
           (row.kind() == RowKind::remote && row.relay_label() != Vni{});
}

/// `seen` is local or remote.
bool same_place(Row row, Row seen) noexcept
{
    if (seen.kind() == RowKind::remote)
        return row.kind() == RowKind::remote && row.vtep() == seen.vtep();
    return (row.kind() == RowKind::local || row.kind() == RowKind::gated) && row.attachment() == seen.attachment();
}

}  // namespace

Learner::Learner(Tables& tables, LearningRules rules) noexcept : tables_(tables), rules_(std::move(rules)) {}

bool Learner::is_there(const LearnEvent& event) const noexcept
{
    const Segment* segment = tables_.segments().newest(event.key.segment());
    if (segment == nullptr || !segment->learning)
        return false;
    if (event.row.kind() == RowKind::remote)
        return tables_.vteps().newest(event.row.vtep()) != nullptr;
    const Attachment* attachment = tables_.attachments().newest(event.row.attachment());
    return event.row.kind() == RowKind::local && attachment != nullptr && attachment->segment == segment->index;
}

bool Learner::asks_rule(Row present) const noexcept
{
    if (!rules_.follows || present.kind() == RowKind::gated || present.kind() == RowKind::turning)
        return false;
    return present.origin() == RowOrigin::learned ||
           (present.origin() == RowOrigin::endpoint && present.kind() == RowKind::remote);
}

std::uint64_t& Learner::apply(const LearnEvent& event, std::uint32_t now_seconds) noexcept
{
    const Row before = tables_.fdb().newest(event.key);
    if (!is_there(event))
        return counters_.refused_gone;
    if (!before.is_absent() && same_place(before, event.row))
        return counters_.unchanged;
    if (!before.is_absent()) {
        const bool follows = asks_rule(before) ? rules_.follows(event.key, before, event.row) : true;
        if (before.origin() != RowOrigin::learned || is_of_move(before))
            return counters_.refused_static;
        if (!follows)
            return counters_.refused_rule;
    }
    const std::uint32_t learned = tables_.writer().rows_in_segment[index_of(event.key.segment())].learned;
    if (before.is_absent() && learned >= rules_.max_rows_per_segment)
        return counters_.refused_full;
    if (!change_row(tables_, event.key, event.row, now_seconds))
        return counters_.refused_full;
    return before.is_absent() ? counters_.added : counters_.moved;
}

void Learner::apply(std::span<const LearnEvent> events, std::uint32_t now_seconds) noexcept
{
    for (const LearnEvent& event : events)
        ++apply(event, now_seconds);
}

void Learner::age(std::uint32_t now_seconds) noexcept
{
    if (rules_.ageing_seconds == 0)
        return;
    std::vector<FdbKey> old;
    try {
        tables_.fdb().for_each([&](FdbKey key, Row row, std::uint32_t last_seen) {
            // A worker's clock may be read a moment after the writer's: a row seen "later than now" is not old.
            const auto idle = static_cast<std::int32_t>(now_seconds - last_seen);
            if (row.origin() == RowOrigin::learned && !is_of_move(row) && idle >= 0 &&
                static_cast<std::uint32_t>(idle) >= rules_.ageing_seconds)
                old.push_back(key);
        });
    } catch (const std::bad_alloc&) {
        // Those that are in the list go now.
    }
    for (FdbKey key : old)
        aged_ += change_row(tables_, key, Row{}, now_seconds);
}

}  // namespace ferry
