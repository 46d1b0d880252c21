#include "engine/learn.hpp"

#include <algorithm>

namespace ferry::engine {
namespace {

/// Is it worth telling that a frame came from where `seen` says, while the endpoint's row is another word?
bool is_news(Row row, Row seen) noexcept
{
    const bool is_remote = row.kind() == RowKind::remote && seen.kind() == RowKind::remote;
    if (is_remote && row.vtep() == seen.vtep())
        return false;  // a word of another origin, or with a relay, but the same place
    if (row.kind() == RowKind::gated || row.kind() == RowKind::turning)
        return false;
    return row.is_absent() || row.origin() == RowOrigin::learned || (is_remote && row.origin() == RowOrigin::endpoint);
}

}  // namespace

void learn(const Sightings& seen, const Fdb& fdb, const LookUp& look_up, std::uint32_t now_seconds, LearnQueue& queue,
           Counter& overflow) noexcept
{
    if (seen.count == 0)
        return;
    PerFrame<FdbKey> told;
    FdbKey* told_end = told.begin();
    const std::size_t count = seen.count;
    for (std::size_t i = 0; i < count; ++i) {
        const auto [row, slot] = look_up.end(seen.homes[i], seen.keys[i]);
        if (row == seen.rows[i]) [[likely]] {
            fdb.touch(Fdb::Slot{slot}, now_seconds);
            continue;
        }
        if (!is_news(row, seen.rows[i]))
            continue;
        if (std::find(told.begin(), told_end, seen.keys[i]) != told_end)
            continue;
        *told_end++ = seen.keys[i];
        if (!queue.push({seen.keys[i], seen.rows[i]}))
            overflow.add(1);
    }
}

}  // namespace ferry::engine
