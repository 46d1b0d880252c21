// A guest's burst of 64-byte frames to 1,024 endpoints behind 64 VTEPs: guard, look-up, encapsulation, hand-over.
#include "burst_bench.hpp"

#include <cstring>

#include <ferry/wire/ethernet.hpp>
#include <ferry/wire/ipv4.hpp>
#include <ferry/wire/udp.hpp>

namespace ferry::bench {
namespace {

/// Takes encapsulated frames; the ring sets them right again.
class Discard : public Sink {
public:
    void to_attachment(AttachmentId, rte_mbuf**, std::uint16_t count) override { others += count; }
    void to_gate(AttachmentId, rte_mbuf**, const Arrival*, std::uint16_t count) override { others += count; }
    void to_underlay(UnderlayId, rte_mbuf**, std::uint16_t count) override { sent += count; }
    void pass(rte_mbuf**, std::uint16_t count) override { others += count; }
    std::uint64_t sent = 0, others = 0;
};

std::size_t write_inner(std::size_t number, std::uint8_t* place)
{
    using namespace wire;
    struct Frame {
        EthernetHeader ethernet;
        Ipv4Header ip;
        UdpHeader udp;
        std::uint8_t payload[inner_size - 42];
    };
    static_assert(sizeof(Frame) == inner_size);
    Frame frame{};
    const std::size_t endpoint = number * 2654435761 % endpoints;
    frame.ethernet = {Switch::remote_mac(endpoint), Switch::local_mac(0), be16{ether_type::ipv4}};
    frame.ip.total_length = be16{inner_size - 14};
    frame.ip.ttl = 64;
    frame.ip.protocol = ip_protocol::udp;
    frame.ip.source = Ipv4Address::from_host(0x0a00'0001);
    frame.ip.destination = Ipv4Address::from_host(static_cast<std::uint32_t>(0x0a00'1000 + endpoint));
    frame.udp = {be16{static_cast<std::uint16_t>(number)}, be16{53}, be16{inner_size - 34}, be16{}};
    std::memcpy(place, &frame, sizeof(frame));
    return sizeof(frame);
}

void encap(benchmark::State& state)
{
    Switch all(state.range(1) != 0, 1);
    Ring ring(Frames{state.range(0)}, write_inner);
    Discard sink;
    run(state, ring, [&](rte_mbuf** burst) {
        all.worker->from_attachment(all.attachments[0], burst, burst_size, 1, sink);
        all.worker->quiescent();
    });
    if (sink.sent != state.iterations() * burst_size)
        state.SkipWithError("a frame was not encapsulated");
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
