// What a frame costs against tables of 1,000 to 10,000,000 endpoints, each frame for one of them at random: nothing that
// an earlier frame brought into a cache helps but by chance.
#include <cstring>

#include <ferry/wire/ethernet.hpp>
#include <ferry/wire/vxlan.hpp>

#include "buffers.hpp"
#include "fleet.hpp"
#include "frames.hpp"
#include "measure.hpp"
#include "ring.hpp"
#include "sinks.hpp"

namespace ferry::bench {
namespace {

constexpr MacAddress guest = MacAddress::from_u48(0x5254'00ff'0001);

void put(std::uint8_t* place, const auto& value) { std::memcpy(place, &value, sizeof(value)); }

/// Bursts of one attachment each, for endpoints of its segment.
void encap_scale(benchmark::State& state)
{
    const auto endpoints = static_cast<std::uint32_t>(state.range(0));
    Fleet& fleet = Fleet::of(endpoints, Place::remote);
    const auto worker = make_worker(*fleet.tables, buffers("copies", 1023, RTE_MBUF_DEFAULT_BUF_SIZE));
    Ring ring(Frames::warm, [](std::size_t number, std::uint8_t* place) {
        return write_frame(place, InnerFrame{guest, guest, number});
    });
    Discard sink;
    Xorshift random;
    std::uint32_t segment = 0;
    const auto ready = [&] {
        segment = random.below(fleet_segments);
        const std::uint32_t members = endpoints / fleet_segments;
        return ring.next([&](std::uint8_t* frame) {
            put(frame, Fleet::mac(random.below(members) * fleet_segments + segment));
        });
    };
    run(state, burst_size, ready, [&](rte_mbuf** burst) {
        worker->from_attachment(fleet.attachments[segment], burst, burst_size, 1, sink);
        worker->quiescent();
    });
    if (sink.sent != state.iterations() * burst_size)
        state.SkipWithError("a frame was not encapsulated");
}

/// Bursts in which every frame is of another VTEP, in another segment, for another endpoint.
void decap_scale(benchmark::State& state)
{
    const auto endpoints = static_cast<std::uint32_t>(state.range(0));
    Fleet& fleet = Fleet::of(endpoints, Place::local);
    const auto worker = make_worker(*fleet.tables, buffers("copies", 1023, RTE_MBUF_DEFAULT_BUF_SIZE));
    Xorshift random;
    Ring ring(Frames::placed, [&](std::size_t number, std::uint8_t* place) {
        const OuterFrame frame{vtep_address(random.below(fleet_vteps)), Fleet::vni(0), false, {guest, guest, number}};
        return write_frame(place, frame);
    });
    Discard sink;
    const auto ready = [&] {
        return ring.next([&](std::uint8_t* frame) {
            const std::uint32_t endpoint = random.below(endpoints);
            put(frame + wire::vxlan_ipv4_overhead - sizeof(wire::VxlanHeader),
                wire::VxlanHeader::make(Fleet::vni(endpoint % fleet_segments)));
            put(frame + wire::vxlan_ipv4_overhead, Fleet::mac(endpoint));
        });
    };
    run(state, burst_size, ready, [&](rte_mbuf** burst) {
        worker->from_underlay(burst, burst_size, 1, sink);
        worker->quiescent();
    });
    if (sink.delivered != state.iterations() * burst_size)
        state.SkipWithError("a frame was not delivered");
}

void sizes(benchmark::internal::Benchmark* all)
{
    all->ArgName("endpoints")->Arg(1'000)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Arg(10'000'000)->UseManualTime();
}
BENCHMARK(encap_scale)->Apply(sizes);
BENCHMARK(decap_scale)->Apply(sizes);

/// Time and memory of loading the endpoints by transactions of 16,384 rows.
void load(benchmark::State& state)
{
    const auto endpoints = static_cast<std::uint32_t>(state.range(0));
    for (auto _ : state) {
        const Fleet fleet(endpoints, Place::remote);
        state.SetIterationTime(fleet.load_seconds);
        state.counters["resident_bytes_a_row"] = static_cast<double>(fleet.resident_bytes) / endpoints;
        state.counters["table_bytes_a_row"] = static_cast<double>(fleet.tables->fdb().memory_bytes()) / endpoints;
        if (fleet.tables->fdb().size() != endpoints)
            state.SkipWithError("rows are missing");
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * endpoints));
}
BENCHMARK(load)->Apply(sizes)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ferry::bench
