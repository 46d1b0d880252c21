// A guest's frames of other sizes than 64 bytes, and with other payloads than UDP over IPv4.
#include <array>

#include "bursts.hpp"
#include "frames.hpp"
#include "switch.hpp"

namespace ferry::bench {
namespace {

/// Of every twelve frames seven are of 64 bytes, four of 570 and one of 1,518: the simple IMIX.
constexpr std::array<std::size_t, 12> imix{64, 570, 64, 64, 570, 64, 1518, 64, 570, 64, 570, 64};

InnerFrame to_remote(std::size_t number, Payload payload, std::size_t size)
{
    return {Switch::remote_mac(number * 2654435761 % endpoints), Switch::local_mac(0), number, payload,
            size - fcs_size};
}

InnerFrame from_remote(std::size_t number, std::size_t size)
{
    return {Switch::local_mac(number * 40503 % endpoints), Switch::remote_mac(number * 2654435761 % endpoints), number,
            Payload::udp, size - fcs_size};
}

void encap_frames(benchmark::State& state, const std::function<InnerFrame(std::size_t number)>& frame)
{
    Switch all(false, 1);
    Ring ring(Frames::warm, [&](std::size_t number, std::uint8_t* place) { return write_frame(place, frame(number)); });
    run_encap(state, *all.worker, all.attachments[0], ring);
}

void decap_frames(benchmark::State& state, const std::function<std::size_t(std::size_t number)>& size)
{
    Switch all(false, 1);
    Ring ring(Frames::warm, [&](std::size_t number, std::uint8_t* place) {
        const Ipv4Address from = Switch::vtep_of(number * 2654435761 % endpoints);
        return write_frame(place, OuterFrame{from, *Vni::make(100), false, from_remote(number, size(number))});
    });
    run_decap(state, *all.worker, ring);
}

void encap_size(benchmark::State& state)
{
    const auto size = static_cast<std::size_t>(state.range(0));
    encap_frames(state, [&](std::size_t number) { return to_remote(number, Payload::udp, size); });
}

void encap_imix(benchmark::State& state)
{
    encap_frames(state, [&](std::size_t number) {
        return to_remote(number, Payload::udp, imix[number % imix.size()]);
    });
}

void decap_size(benchmark::State& state)
{
    const auto size = static_cast<std::size_t>(state.range(0));
    decap_frames(state, [&](std::size_t) { return size; });
}

void decap_imix(benchmark::State& state)
{
    decap_frames(state, [&](std::size_t number) { return imix[number % imix.size()]; });
}

void encap_payload(benchmark::State& state, Payload payload)
{
    encap_frames(state, [&](std::size_t number) { return to_remote(number, payload, 128); });
}

void sizes(benchmark::internal::Benchmark* all)
{
    all->ArgName("size")->Arg(64)->Arg(128)->Arg(512)->Arg(1518)->Arg(9000)->UseManualTime();
}
BENCHMARK(encap_size)->Apply(sizes);
BENCHMARK(encap_imix)->UseManualTime();
BENCHMARK(decap_size)->Apply(sizes);
BENCHMARK(decap_imix)->UseManualTime();
BENCHMARK_CAPTURE(encap_payload, udp, Payload::udp)->UseManualTime();
BENCHMARK_CAPTURE(encap_payload, tcp, Payload::tcp)->UseManualTime();
BENCHMARK_CAPTURE(encap_payload, ipv6_udp, Payload::ipv6_udp)->UseManualTime();
BENCHMARK_CAPTURE(encap_payload, tagged_udp, Payload::tagged_udp)->UseManualTime();
BENCHMARK_CAPTURE(encap_payload, arp, Payload::arp)->UseManualTime();

}  // namespace
}  // namespace ferry::bench
