// What a worker tells the writer: somebody still sends to an endpoint that has left.
#pragma once

#include <ferry/engine/event_queue.hpp>
#include <ferry/table/row.hpp>

namespace ferry {

/// A frame of the VTEP `peer` for `key` was passed on by a row that relays: the first one, or again after a second. Of
/// more pairs than a worker has room for some are told of more often. What goes by a gate the gate tells of.
struct RelayEvent {
    FdbKey key;
    VtepId peer;
};

/// From one worker to the writer. An event that finds it full is not taken; the next frame brings it again.
using RelayQueue = EventQueue<RelayEvent, 256>;

}  // namespace ferry
