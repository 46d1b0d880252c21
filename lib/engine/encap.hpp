// Putting the outer headers on (RFC 7348 §5).
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <optional>

#if defined(__SSSE3__)
#include <immintrin.h>
#endif

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
                         wire::PortScale ports) noexcept
{
    return {wire::entropy_port(wire::flow_hash(inner, length, payload), ports),
            wire::ecn_encapsulate(wire::ecn_of(wire::inner_tos(inner, length, payload)))};
}

/// For any frame of at least an Ethernet header.
[[gnu::noinline]] inline InnerFlow flow_of_any(const std::uint8_t* inner, std::size_t length,
                                               wire::PortScale ports) noexcept
{
    return flow_of(inner, length, wire::find_ethernet_payload(inner, length), ports);
}

/// The same, and written out for nearly all frames: TCP or UDP over IPv4 without options, not fragmented.
inline InnerFlow flow_of(const std::uint8_t* inner, std::size_t length, wire::PortScale ports) noexcept
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

inline InnerFlow flow_of(const rte_mbuf& frame, wire::PortScale ports) noexcept
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

/// Sixteen bytes in a register.
using Bytes16 = std::uint8_t __attribute__((vector_size(16)));

constexpr std::uint8_t no_byte = 0x90;

/// Byte i of the result is byte `from[i]` of `bytes`, zero where that is no_byte.
inline Bytes16 spread(Bytes16 bytes, Bytes16 from) noexcept
{
#if defined(__SSSE3__)
    return reinterpret_cast<Bytes16>(_mm_shuffle_epi8(reinterpret_cast<__m128i>(bytes), reinterpret_cast<__m128i>(from)));
#else
    return __builtin_shuffle(bytes, Bytes16{}, from);  // numbers are taken modulo 32, and those from 16 on are of the zeros
#endif
}

/// A VNI as it joins the template's VXLAN header.
struct VniBytes {
    explicit VniBytes(Vni vni) noexcept
    {
        const std::uint32_t bytes = wire::be32{vni.value() << 8}.raw();
        front = static_cast<std::uint16_t>(bytes);
        back = static_cast<std::uint16_t>(bytes >> 16);
    }
    std::uint16_t front;  ///< its first two bytes
    std::uint16_t back;   ///< the third one and the reserved byte
};

/// Encapsulates a frame that is no misfit and begins at `inner`. The UDP checksum stays zero (RFC 7348 §5). Returns the
/// frame's bytes with its outer headers.
///
/// The template is copied sixteen bytes at a time, and what differs by frame, where the template is zero, joins them on
/// their way: bytes written singly into what has just been stored would cost half as much again.
inline std::uint32_t encapsulate(rte_mbuf& frame, std::uint8_t* inner, const Adjacency& adjacency, const VniBytes& vni,
                                 InnerFlow flow) noexcept
{
    using wire::be16;
    static_assert(std::endian::native == std::endian::little, "the first byte is a word's lowest");
    constexpr std::uint16_t size = Adjacency::header_size;
    constexpr std::uint32_t udp_overhead = sizeof(wire::UdpHeader) + sizeof(wire::VxlanHeader);
    constexpr std::uint32_t ip_overhead = udp_overhead + sizeof(wire::Ipv4Header);
    // Both lengths at once; in the order of the network the upper half comes first, which is that of IP.
    const std::uint32_t length = frame.pkt_len;
    const std::uint32_t lengths = wire::be32{length * 0x1'0001 + (ip_overhead << 16 | udp_overhead)}.raw();
    const auto total_length = be16::from_raw(static_cast<std::uint16_t>(lengths));
    const be16 checksum = outer_checksum(adjacency.header_sum, total_length, flow.ecn);
    frame.data_off = static_cast<std::uint16_t>(frame.data_off - size);
    frame.data_len = static_cast<std::uint16_t>(frame.data_len + size);
    frame.pkt_len = length + size;

    using Words = std::uint64_t __attribute__((vector_size(16)));
    const Words words{be16{flow.source_port}.raw() | std::uint64_t{lengths} << 16 | std::uint64_t{checksum.raw()} << 48,
                      static_cast<std::uint8_t>(flow.ecn) | std::uint64_t{vni.front} << 16};
    const auto fields = reinterpret_cast<Bytes16>(words);
    constexpr std::uint8_t port = 0, ip_length = 2, udp_length = 4, sum = 6, tos = 8, vni_front = 10, o = no_byte;
    constexpr Bytes16 to_byte_0{o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, tos};
    constexpr Bytes16 to_byte_16{ip_length, ip_length + 1, o, o, o, o, o, o, sum, sum + 1, o, o, o, o, o, o};
    constexpr Bytes16 to_byte_32{o, o, port, port + 1, o, o, udp_length, udp_length + 1,
                                 o, o, o,    o,        o, o, vni_front,  vni_front + 1};

    const auto write = [outer = inner - size](std::size_t at, auto bytes) {
        std::memcpy(outer + at, &bytes, sizeof(bytes));
    };
    const auto ready = [&adjacency](std::size_t at) {
        Bytes16 bytes;
        std::memcpy(&bytes, adjacency.header.data() + at, sizeof(bytes));
        return bytes;
    };
    write(0, ready(0) | spread(fields, to_byte_0));
    write(16, ready(16) | spread(fields, to_byte_16));
    write(32, ready(32) | spread(fields, to_byte_32));
    write(48, vni.back);
    return length + size;
}

inline void encapsulate(rte_mbuf& frame, const Adjacency& adjacency, Vni vni, InnerFlow flow) noexcept
{
    encapsulate(frame, bytes_of(frame), adjacency, VniBytes(vni), flow);
}

}  // namespace ferry::engine
