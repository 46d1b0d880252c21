// What the writer keeps beside the tables, from one transaction to the next.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include <ferry/table/tables.hpp>

namespace ferry {

/// How many rows name something, themselves or by their turn, kept so that questions such as "is this VTEP in use" need
/// no walk over all rows.
struct RowCount {
    std::uint32_t learned = 0;
    std::uint32_t other = 0;
};

/// A committed epoch whose old values some reader may still see.
struct UnsettledCommit {
    Epoch epoch;
    GraceToken token;
};

/// Writer only.
struct WriterState {
    /// May throw std::bad_alloc.
    WriterState(const TableLimits& limits, const Turns& turns)
        : rows_in_segment(std::size_t{limits.segments} + 1), rows_to_vtep(std::size_t{limits.vteps} + 1),
          rows_to_attachment(std::size_t{limits.attachments} + 1), floods_to_vtep(std::size_t{limits.vteps} + 1),
          turns_(turns)
    {
    }

    /// Counts that the row of `key` is no longer `before` but `now`.
    void count(FdbKey key, Row before, Row now) noexcept
    {
        add(key, before, ~std::uint32_t{0});
        add(key, now, 1);
    }

    std::vector<RowCount> rows_in_segment;      ///< by SegmentIndex
    std::vector<RowCount> rows_to_vtep;         ///< by VtepId
    std::vector<RowCount> rows_to_attachment;   ///< by AttachmentId
    std::vector<std::uint32_t> floods_to_vtep;  ///< by VtepId: segments whose flood list names it
    std::deque<UnsettledCommit> unsettled;      ///< oldest first
    bool transaction_is_open = false;

private:
    void add(FdbKey key, Row row, std::uint32_t amount) noexcept
    {
        if (row.is_absent())
            return;
        const auto to = [&](RowCount& count) {
            (row.origin() == RowOrigin::learned ? count.learned : count.other) += amount;
        };
        to(rows_in_segment[index_of(key.segment())]);
        switch (row.kind()) {
        case RowKind::remote: return to(rows_to_vtep[index_of(row.vtep())]);
        case RowKind::local:
        case RowKind::gated: return to(rows_to_attachment[index_of(row.attachment())]);
        case RowKind::turning: break;
        default: return;
        }
        // Whatever its origin, a turn's row keeps what it names.
        const Turn& turn = turns_.at(row.turn());
        rows_to_vtep[index_of(turn.via)].other += amount;
        rows_to_vtep[index_of(turn.to)].other += amount;
        rows_to_attachment[index_of(turn.gate)].other += amount;
    }

    const Turns& turns_;
};

}  // namespace ferry
