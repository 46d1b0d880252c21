// What a worker tells the writer: this MAC was seen there.
#pragma once

#include <ferry/engine/event_queue.hpp>
#include <ferry/table/row.hpp>

namespace ferry {

/// A frame of `key` came from where `row` (local or remote, origin learned) says, and the table said otherwise:
/// nothing, a learned row, or one that the endpoint's host set and that names another VTEP than `row` does.
struct LearnEvent {
    FdbKey key;
    Row row;
};

/// From one worker to the writer. An event that finds it full is not taken; the endpoint's next frame brings it again.
using LearnQueue = EventQueue<LearnEvent, 1024>;

}  // namespace ferry
