// The frames that VMs of the full-rate test send each other: UDP with a number for each flow.
#pragma once

#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include <ferry/wire/checksum.hpp>
#include <ferry/wire/ethernet.hpp>
#include <ferry/wire/ipv4.hpp>
#include <ferry/wire/udp.hpp>

namespace ferry::bench {

/// A frame's first 60 bytes; filling follows. All integers are big-endian.
struct NumberedFrame {
    static constexpr std::uint16_t magic_value = 0x4672;
    static constexpr std::uint16_t first_port = 7001;  ///< flow 0 is sent to this port

    wire::EthernetHeader ethernet;
    wire::Ipv4Header ip;
    wire::UdpHeader udp;  ///< the source port is the number of the run, from 1
    wire::be16 magic;
    wire::be64 sequence;  ///< of the flow, from 0
    wire::be64 sent_at;   ///< CLOCK_MONOTONIC in nanoseconds
};
static_assert(sizeof(NumberedFrame) == wire::minimum_frame_size);

/// Which frames a flow consists of.
struct FlowKey {
    MacAddress from, to;
    std::uint16_t flow = 0;
    std::uint16_t run = 1;
};

/// A flow's frames of `bytes` each (60 at least) but for their sequence numbers and times. UDP checksums are left out,
/// as IPv4 allows.
inline std::vector<std::byte> frame_template(const FlowKey& key, std::size_t bytes)
{
    NumberedFrame frame{};
    frame.ethernet = {key.to, key.from, wire::be16{wire::ether_type::ipv4}};
    frame.ip.total_length = wire::be16{static_cast<std::uint16_t>(bytes - sizeof(wire::EthernetHeader))};
    frame.ip.ttl = 64;
    frame.ip.protocol = wire::ip_protocol::udp;
    // From and to 10.0.0.0/8, by the last bytes of the MACs.
    frame.ip.source = Ipv4Address::from_host(static_cast<std::uint32_t>(0x0a000000 | (key.from.to_u48() & 0xffffff)));
    frame.ip.destination = Ipv4Address::from_host(static_cast<std::uint32_t>(0x0a000000 | (key.to.to_u48() & 0xffffff)));
    frame.ip.checksum = wire::ipv4_header_checksum(frame.ip);
    frame.udp.source_port = wire::be16{key.run};
    frame.udp.destination_port = wire::be16{static_cast<std::uint16_t>(NumberedFrame::first_port + key.flow)};
    frame.udp.length =
        wire::be16{static_cast<std::uint16_t>(bytes - sizeof(wire::EthernetHeader) - sizeof(wire::Ipv4Header))};
    frame.magic = wire::be16{NumberedFrame::magic_value};
    std::vector<std::byte> made(bytes);
    std::memcpy(made.data(), &frame, sizeof(frame));
    return made;
}

/// The numbered frame that `bytes` are; nothing for any other.
inline std::optional<NumberedFrame> read_numbered(std::span<const std::byte> bytes) noexcept
{
    NumberedFrame frame;
    if (bytes.size() < sizeof(frame))
        return std::nullopt;
    std::memcpy(&frame, bytes.data(), sizeof(frame));
    if (frame.ethernet.type.host() != wire::ether_type::ipv4 || frame.ip.protocol != wire::ip_protocol::udp ||
        frame.magic.host() != NumberedFrame::magic_value)
        return std::nullopt;
    return frame;
}

}  // namespace ferry::bench
