// Bursts of a ring through a worker, measured one by one.
#pragma once

#include <ferry/engine/worker.hpp>

#include "measure.hpp"
#include "ring.hpp"
#include "sinks.hpp"

namespace ferry::bench {

/// From an attachment: every frame must leave, encapsulated or for another attachment.
inline void run_encap(benchmark::State& state, Worker& worker, AttachmentId from, Ring& ring)
{
    Discard sink;
    run(state, burst_size, [&] { return ring.next(); }, [&](rte_mbuf** burst) {
        worker.from_attachment(from, burst, burst_size, 1, sink);
        worker.quiescent();
    });
    if (sink.sent + sink.delivered != state.iterations() * burst_size)
        state.SkipWithError("a frame was not forwarded");
}

/// From the underlay: every frame must reach an attachment.
inline void run_decap(benchmark::State& state, Worker& worker, Ring& ring)
{
    Discard sink;
    run(state, burst_size, [&] { return ring.next(); }, [&](rte_mbuf** burst) {
        worker.from_underlay(burst, burst_size, 1, sink);
        worker.quiescent();
    });
    if (sink.delivered != state.iterations() * burst_size)
        state.SkipWithError("a frame was not delivered");
}

}  // namespace ferry::bench
