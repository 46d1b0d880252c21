// Learning from the source of frames (RFC 7348 §4.1): what a burst saw, and telling the writer what the FDB lacks.
#pragma once

#include "engine/burst.hpp"
#include "table/look_up.hpp"

#include <ferry/engine/counters.hpp>
#include <ferry/engine/learn_queue.hpp>
#include <ferry/table/fdb.hpp>

namespace ferry::engine {

/// Who was seen sending from where in one burst, in order. What follows its like is not repeated.
struct Sightings {
    std::size_t count = 0;
    PerFrame<FdbKey> keys;
    PerFrame<std::uint32_t> homes;  ///< where the look-up of `keys` has begun
    PerFrame<Row> rows;             ///< what the FDB would say, had it learned this

    void add(FdbKey key, Row row, const LookUp& look_up) noexcept
    {
        if (count != 0 && keys[count - 1] == key && rows[count - 1] == row)
            return;
        keys[count] = key;
        homes[count] = look_up.begin(key);
        rows[count++] = row;
    }
};

/// Ends the look-ups of the sightings. A row that says the same is touched. Where there is none, or a learned one
/// that says otherwise, the writer is told, at most once a burst for each endpoint. It is told too where a row that the
/// endpoint's host set names another VTEP than the one that sent the frame; such a row follows no frame, but somebody
/// may want to ask that host. Permanent rows, and those of endpoints that come or go, are left alone.
void learn(const Sightings& seen, const Fdb& fdb, const LookUp& look_up, std::uint32_t now_seconds, LearnQueue& queue,
           Counter& overflow) noexcept;

}  // namespace ferry::engine
