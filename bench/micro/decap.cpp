// A burst of 64-byte frames of 1,024 endpoints behind 64 VTEPs, for 1,024 endpoints behind one attachment or sixteen:
// validation, decapsulation, look-up, hand-over. The frames carry an outer UDP checksum or, as ferry sends them, none.
#include "burst_bench.hpp"

#include <cstring>
#include <span>

#include <ferry/wire/checksum.hpp>
#include <ferry/wire/vxlan.hpp>

namespace ferry::bench {
namespace {

class Discard : public Sink {
public:
    void to_attachment(AttachmentId, rte_mbuf**, std::uint16_t count) override { delivered += count; }
    void to_gate(AttachmentId, rte_mbuf**, const Arrival*, std::uint16_t count) override { others += count; }
    void to_underlay(UnderlayId, rte_mbuf**, std::uint16_t count) override { others += count; }
    void pass(rte_mbuf**, std::uint16_t count) override { others += count; }
    std::uint64_t delivered = 0, others = 0;
};

std::size_t write_outer(std::size_t number, std::uint8_t* place, bool with_checksum)
{
    using namespace wire;
    struct Frame {
        EthernetHeader ethernet;
        Ipv4Header ip;
        UdpHeader udp;
        VxlanHeader vxlan;
        EthernetHeader inner;
        std::uint8_t payload[inner_size - 14];
    };
    static_assert(sizeof(Frame) == vxlan_ipv4_overhead + inner_size);
    Frame frame{};
    const std::size_t source = number * 2654435761 % endpoints, destination = number * 40503 % endpoints;
    constexpr std::uint16_t udp_length = 16 + inner_size;
    frame.ethernet.type = be16{ether_type::ipv4};
    frame.ip.total_length = be16{20 + udp_length};
    frame.ip.ttl = 64;
    frame.ip.protocol = ip_protocol::udp;
    frame.ip.source = Switch::vtep_of(source);
    frame.ip.destination = Ipv4Address::from_host(0xac10'0001);
    frame.ip.checksum = ipv4_header_checksum(frame.ip);
    frame.udp = {be16{static_cast<std::uint16_t>(49152 + number % 16384)}, be16{vxlan_port}, be16{udp_length}, be16{}};
    frame.vxlan = VxlanHeader::make(*Vni::make(100));
    frame.inner = {Switch::local_mac(destination), Switch::remote_mac(source), be16{0x88b5}};
    if (with_checksum)
        frame.udp.checksum = udp_checksum_ipv4(frame.ip.source, frame.ip.destination,
                                               {reinterpret_cast<const std::uint8_t*>(&frame.udp), udp_length});
    std::memcpy(place, &frame, sizeof(frame));
    return sizeof(frame);
}

void decap(benchmark::State& state)
{
    Switch all(state.range(1) != 0, static_cast<std::size_t>(state.range(2)));
    const bool with_checksum = state.range(3) != 0;
    Ring ring(Frames{state.range(0)},
              [&](std::size_t number, std::uint8_t* place) { return write_outer(number, place, with_checksum); });
    Discard sink;
    run(state, ring, [&](rte_mbuf** burst) {
        all.worker->from_underlay(burst, burst_size, 1, sink);
        all.worker->quiescent();
    });
    if (sink.delivered != state.iterations() * burst_size)
        state.SkipWithError("a frame was not delivered");
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
