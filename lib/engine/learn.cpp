#include "engine/learn.hpp"

#include <algorithm>

namespace ferry::engine {

void learn(const Sightings& seen, const Fdb& fdb, Epoch epoch, std::uint32_t now_seconds, LearnQueue& queue,
           Counter& overflow) noexcept
{
    if (seen.count == 0)
        return;
    PerFrame<Row> rows;
    PerFrame<Fdb::Slot> slots;
    fdb.lookup(seen.keys.data(), seen.count, epoch, rows.data(), slots.data());

    PerFrame<FdbKey> told;
    FdbKey* told_end = told.begin();
    for (std::size_t i = 0; i < seen.count; ++i) {
        if (rows[i] == seen.rows[i]) {
            fdb.touch(slots[i], now_seconds);
            continue;
        }
        if (!rows[i].is_absent() && rows[i].origin() != RowOrigin::learned)
            continue;
        if (std::find(told.begin(), told_end, seen.keys[i]) != told_end)
            continue;
        *told_end++ = seen.keys[i];
        if (!queue.push({seen.keys[i], seen.rows[i]}))
            overflow.add(1);
    }
}

}  // namespace ferry::engine
