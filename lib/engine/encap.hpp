// Putting the outer headers on (RFC 7348 §5).
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <optional>

#include "engine/burst.hpp"
#include "engine/frame.hpp"

#include <ferry/wire/ecn.hpp>
#include <ferry/wire/entropy.hpp>

namespace ferry::engine {

/// What of an inner frame shows in its outer headers, whichever VTEP they are for.
struct InnerFlow {
    std::uint16_t source_port;  ///< the flow's entropy
    wire::Ecn ecn;              ///< as the outer header carries it (RFC 6040 §4.1)
};

inline InnerFlow flow_of(const std::uint8_t* inner, std::size_t length, wire::EthernetPayload payload,
                         wire::PortRange ports) noexcept
{
    return {wire::entropy_port(wire::flow_hash(inner, length, payload), ports),
            wire::ecn_encapsulate(wire::ecn_of(wire::inner_tos(inner, length, payload)))};
}

/// For any frame of at least an Ethernet header.
[[gnu::noinline]] inline InnerFlow flow_of_any(const std::uint8_t* inner, std::size_t length,
                                               wire::PortRange ports) noexcept
{
    return flow_of(inner, length, wire::find_ethernet_payload(inner, length), ports);
}

/// The same, and written out for nearly all frames: TCP or UDP over IPv4 without options, not fragmented.
inline InnerFlow flow_of(const std::uint8_t* inner, std::size_t length, wire::PortRange ports) noexcept
{
    using namespace wire;
    constexpr std::size_t ip_offset = sizeof(EthernetHeader), type_offset = offsetof(EthernetHeader, type);
    constexpr std::uint32_t type_and_version = be16{ether_type::ipv4}.raw() | std::uint32_t{ipv4_version_ihl} << 16;
    constexpr std::uint32_t fragment_and_protocol =
        be16{ipv4_more_fragments | ipv4_fragment_offset_mask}.raw() | 0xff00'0000;
    if (length < ip_offset + sizeof(Ipv4Header) + 4) [[unlikely]]
        return flow_of_any(inner, length, ports);
    const auto& ip = header_at<Ipv4Header>(inner + ip_offset);
    // Flags and offset, TTL and protocol in one word: a fragment's is no protocol.
    const std::uint32_t word = load<std::uint32_t>(&ip.flags_fragment) & fragment_and_protocol;
    if ((load<std::uint32_t>(inner + type_offset) & 0xff'ffff) != type_and_version ||
        (word != std::uint32_t{ip_protocol::udp} << 24 && word != std::uint32_t{ip_protocol::tcp} << 24)) [[unlikely]]
        return flow_of_any(inner, length, ports);
    return {entropy_port(plain_ipv4_flow_hash(ip), ports), ecn_encapsulate(ecn_of(ip.tos))};
}

inline InnerFlow flow_of(const rte_mbuf& frame, wire::PortRange ports) noexcept
{
    return flow_of(bytes_of(frame), frame.data_len, ports);
}

inline bool fits(const rte_mbuf& frame, const Adjacency& adjacency) noexcept
{
    return frame.pkt_len <= adjacency.max_inner && frame.data_off >= Adjacency::header_size;
}

/// Why the frame cannot be encapsulated for the adjacency, if it cannot.
inline std::optional<DropReason> misfit(const rte_mbuf& frame, const Adjacency& adjacency) noexcept
{
    if (frame.pkt_len > adjacency.max_inner) [[unlikely]]
        return DropReason::frame_too_big;
    if (frame.data_off < Adjacency::header_size) [[unlikely]]
        return DropReason::no_headroom;
    return std::nullopt;
}

/// Returns the IPv4 checksum of the adjacency's header with what differs by frame: those fields are zero in the
/// template, so their sum is added to its sum (RFC 1624 §3 with m = 0).
constexpr wire::be16 outer_checksum(std::uint16_t template_sum, wire::be16 total_length, wire::Ecn ecn) noexcept
{
    const wire::be16 tos{static_cast<std::uint8_t>(ecn)};  // the second byte of the header's first word
    const std::uint32_t sum = std::uint32_t{template_sum} + total_length.raw() + tos.raw();
    return wire::be16::from_raw(static_cast<std::uint16_t>(~(sum + std::rotl(sum, 16)) >> 16));  // carries come round
}

/// A VNI as it joins the template's VXLAN header.
struct VniBytes {
    explicit VniBytes(Vni vni) noexcept
    {
        const std::uint32_t bytes = wire::be32{vni.value() << 8}.raw();
        low = std::uint64_t{bytes} << 48;
        high = static_cast<std::uint16_t>(bytes >> 16);
    }
    std::uint64_t low;   ///< the first two bytes, at the end of a word
    std::uint16_t high;  ///< the third one and the reserved byte
};

/// Encapsulates a frame that is no misfit and begins at `inner`. The UDP checksum stays zero (RFC 7348 §5).
///
/// The template is copied in words of eight bytes, and what differs by frame, where the template is zero, joins each
/// word on its way: bytes written singly into what has just been stored would cost half as much again.
inline void encapsulate(rte_mbuf& frame, std::uint8_t* inner, const Adjacency& adjacency, const VniBytes& vni,
                        InnerFlow flow) noexcept
{
    using wire::be16;
    using wire::load;
    static_assert(std::endian::native == std::endian::little, "the first byte is a word's lowest");
    constexpr std::uint16_t size = Adjacency::header_size;
    constexpr std::size_t udp_overhead = sizeof(wire::UdpHeader) + sizeof(wire::VxlanHeader);
    const auto udp_length = static_cast<std::uint16_t>(frame.pkt_len + udp_overhead);
    const be16 total_length{static_cast<std::uint16_t>(udp_length + sizeof(wire::Ipv4Header))};
    const std::uint64_t udp = std::uint64_t{be16{flow.source_port}.raw()} << 16 |
                              std::uint64_t{be16{udp_length}.raw()} << 48;  // at byte 34 and byte 38
    frame.data_off = static_cast<std::uint16_t>(frame.data_off - size);
    frame.data_len = static_cast<std::uint16_t>(frame.data_len + size);
    frame.pkt_len += size;

    const std::uint8_t* const ready = adjacency.header.data();
    const auto write = [outer = inner - size](std::size_t at, auto word) {
        std::memcpy(outer + at, &word, sizeof(word));
    };
    write(0, load<std::uint64_t>(ready));
    write(8, load<std::uint64_t>(ready + 8) | std::uint64_t{static_cast<std::uint8_t>(flow.ecn)} << 56);  // TOS
    write(16, load<std::uint64_t>(ready + 16) | total_length.raw());
    write(24, load<std::uint64_t>(ready + 24) | outer_checksum(adjacency.header_sum, total_length, flow.ecn).raw());
    write(32, load<std::uint64_t>(ready + 32) | udp);
    write(40, load<std::uint64_t>(ready + 40) | vni.low);
    write(48, vni.high);
}

inline void encapsulate(rte_mbuf& frame, const Adjacency& adjacency, Vni vni, InnerFlow flow) noexcept
{
    encapsulate(frame, bytes_of(frame), adjacency, VniBytes(vni), flow);
}

}  // namespace ferry::engine
