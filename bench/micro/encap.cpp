// A guest's burst of 64-byte frames to 1,024 endpoints behind 64 VTEPs: guard, look-up, encapsulation, hand-over.
#include "bursts.hpp"
#include "frames.hpp"
#include "switch.hpp"

namespace ferry::bench {
namespace {

void encap(benchmark::State& state)
{
    Switch all(state.range(1) != 0, 1);
    Ring ring(Frames{state.range(0)}, [](std::size_t number, std::uint8_t* place) {
        const std::size_t endpoint = number * 2654435761 % endpoints;
        return write_frame(place, InnerFrame{Switch::remote_mac(endpoint), Switch::local_mac(0), number});
    });
    run_encap(state, *all.worker, all.attachments[0], ring);
}
BENCHMARK(encap)
    ->ArgNames({"placed", "learning"})
    ->Args({0, 0})
    ->Args({0, 1})
    ->Args({1, 0})
    ->Args({1, 1})
    ->UseManualTime();

}  // namespace
}  // namespace ferry::bench
