// A burst of 64-byte frames of 1,024 endpoints behind 64 VTEPs, for 1,024 endpoints behind one attachment or sixteen:
// validation, decapsulation, look-up, hand-over. The frames carry an outer UDP checksum or, as ferry sends them, none.
#include "bursts.hpp"
#include "frames.hpp"
#include "switch.hpp"

namespace ferry::bench {
namespace {

void decap(benchmark::State& state)
{
    Switch all(state.range(1) != 0, static_cast<std::size_t>(state.range(2)));
    const bool with_checksum = state.range(3) != 0;
    Ring ring(Frames{state.range(0)}, [&](std::size_t number, std::uint8_t* place) {
        const std::size_t source = number * 2654435761 % endpoints, destination = number * 40503 % endpoints;
        return write_frame(place, OuterFrame{Switch::vtep_of(source), *Vni::make(100), with_checksum,
                                             {Switch::local_mac(destination), Switch::remote_mac(source), number}});
    });
    run_decap(state, *all.worker, ring);
}
BENCHMARK(decap)
    ->ArgNames({"placed", "learning", "attachments", "checksum"})
    ->Args({0, 0, 1, 0})
    ->Args({0, 1, 1, 0})
    ->Args({1, 0, 1, 0})
    ->Args({1, 1, 1, 0})
    ->Args({0, 0, 16, 0})
    ->Args({0, 0, 1, 1})
    ->UseManualTime();

}  // namespace
}  // namespace ferry::bench
