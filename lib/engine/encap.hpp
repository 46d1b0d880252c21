// Putting the outer headers on (RFC 7348 §5).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

#if defined(__SSSE3__)
#include <immintrin.h>
#endif

#include "engine/burst.hpp"
#include "engine/frame.hpp"

#include <ferry/wire/ecn.hpp>
#include <ferry/wire/entropy.hpp>

namespace ferry::engine {

/// What of an inner frame shows in its outer headers, whichever VTEP they are for. As wide as registers, so that they need not
/// be cut again and again.
struct InnerFlow {
    std::uint32_t source_port;  ///< the flow's entropy; 16 bits
    std::uint32_t ecn;          ///< as the outer header carries it (RFC 6040 §4.1); two bits
};

inline InnerFlow flow_of(std::uint32_t hash, std::uint8_t tos, const wire::PortScale& ports) noexcept
{
    return {ports.port_of(hash), static_cast<std::uint32_t>(wire::ecn_encapsulate(wire::ecn_of(tos)))};
}

/// For any frame of at least an Ethernet header; TCP and UDP over IPv6 are written out.
[[gnu::noinline]] inline InnerFlow flow_of_any(const std::uint8_t* inner, std::size_t length,
                                               const wire::PortScale& ports) noexcept
{
    using namespace wire;
    constexpr std::uint32_t type_and_version = be16{ether_type::ipv6}.raw() | std::uint32_t{0x60} << 16;
    if (length >= ip_offset + sizeof(Ipv6Header) + 4 &&
        (load<std::uint32_t>(inner + type_offset) & 0xf0'ffff) == type_and_version) {
        const auto& ip = header_at<Ipv6Header>(inner + ip_offset);
        if (ip.next_header == ip_protocol::tcp || ip.next_header == ip_protocol::udp) [[likely]]
            return flow_of(plain_ipv6_flow_hash(ip), ip.traffic_class(), ports);
    }
    const EthernetPayload payload = find_ethernet_payload(inner, length);
    return flow_of(flow_hash(inner, length, payload), inner_tos(inner, length, payload), ports);
}

/// The same, and written out for nearly all frames: TCP or UDP over IPv4 without options, not fragmented.
inline InnerFlow flow_of(const std::uint8_t* inner, std::size_t length, const wire::PortScale& ports) noexcept
{
    using namespace wire;
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
    return flow_of(plain_ipv4_flow_hash(ip), ip.tos, ports);
}

inline InnerFlow flow_of(const rte_mbuf& frame, const wire::PortScale& ports) noexcept
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

/// Returns, in its upper half, the IPv4 checksum of the adjacency's header with what differs by frame: those fields are zero in
/// the template, so their sum is added to its sum (RFC 1624 §3 with m = 0). The lower half means nothing.
constexpr std::uint32_t outer_checksum(std::uint16_t template_sum, std::uint32_t total_length, std::uint32_t ecn) noexcept
{
    const std::uint32_t sum = template_sum + total_length + ecn;
    return ~(sum + std::rotl(sum, 16));  // carries come round
}

#if defined(__AVX2__)
constexpr std::size_t piece_size = 32;
#else
constexpr std::size_t piece_size = 16;
#endif
/// As many bytes of the outer headers as are written at once.
using Piece = std::uint8_t __attribute__((vector_size(piece_size)));

/// What differs by frame, as numbers of this machine, each in the bytes that are named below.
using Fields = std::uint64_t __attribute__((vector_size(16)));

/// Where in Fields the bytes of the outer headers come from; no_byte where the template has them.
constexpr std::uint8_t no_byte = 0x90;
constexpr auto field_bytes = [] {
    std::array<std::uint8_t, Adjacency::header_size> from{};
    from.fill(no_byte);
    const auto number = [&from](std::size_t at, std::uint8_t lowest, std::uint8_t size) {
        for (std::uint8_t i = 0; i < size; ++i)  // the network's order is highest first
            from[at + i] = static_cast<std::uint8_t>(lowest + size - 1 - i);
    };
    number(udp_offset + offsetof(wire::UdpHeader, source_port), 0, 2);
    number(udp_offset + offsetof(wire::UdpHeader, length), 2, 2);
    number(ip_offset + offsetof(wire::Ipv4Header, total_length), 4, 2);
    number(ip_offset + offsetof(wire::Ipv4Header, tos), 8, 1);
    number(vxlan_offset + offsetof(wire::VxlanHeader, vni_reserved), 9, 3);
    number(ip_offset + offsetof(wire::Ipv4Header, checksum), 14, 2);
    return from;
}();

/// The part of field_bytes for the piece that begins at byte `at` of the outer headers.
template <std::size_t at>
constexpr Piece fields_of_piece() noexcept
{
    Piece from{};
    for (std::size_t i = 0; i < piece_size; ++i)
        from[i] = field_bytes[at + i];
    return from;
}

/// Byte i of the result is byte `from[i]` of the fields, zero where that is no_byte.
inline Piece spread(Fields fields, Piece from) noexcept
{
#if defined(__AVX2__)
    const __m256i both = _mm256_broadcastsi128_si256(reinterpret_cast<__m128i>(fields));
    return reinterpret_cast<Piece>(_mm256_shuffle_epi8(both, reinterpret_cast<__m256i>(from)));
#elif defined(__SSSE3__)
    return reinterpret_cast<Piece>(_mm_shuffle_epi8(reinterpret_cast<__m128i>(fields), reinterpret_cast<__m128i>(from)));
#else
    return __builtin_shuffle(reinterpret_cast<Piece>(fields), Piece{}, from);  // modulo 32; those from 16 on are zeros
#endif
}

/// Encapsulates a frame that is no misfit and begins at `inner`. The UDP checksum stays zero (RFC 7348 §5). Returns the
/// frame's bytes with its outer headers.
///
/// The template is copied a piece at a time, and what differs by frame, where the template is zero, joins it on its way: bytes
/// written singly into what has just been stored would cost half as much again.
inline std::uint32_t encapsulate(rte_mbuf& frame, std::uint8_t* inner, const Adjacency& adjacency, Vni vni,
                                 InnerFlow flow) noexcept
{
    static_assert(std::endian::native == std::endian::little, "the first byte is a word's lowest");
    constexpr std::uint16_t size = Adjacency::header_size;
    constexpr std::uint32_t udp_overhead = sizeof(wire::UdpHeader) + sizeof(wire::VxlanHeader);
    constexpr std::uint32_t ip_overhead = udp_overhead + sizeof(wire::Ipv4Header);
    const std::uint32_t length = frame.pkt_len;
    const std::uint32_t lengths = length * 0x1'0001 + (ip_overhead << 16 | udp_overhead);
    const std::uint64_t checksum = outer_checksum(adjacency.header_sum, lengths >> 16, flow.ecn);
    frame.data_off = static_cast<std::uint16_t>(frame.data_off - size);
    frame.data_len = static_cast<std::uint16_t>(frame.data_len + size);
    frame.pkt_len = length + size;

    const Fields fields{flow.source_port | std::uint64_t{lengths} << 16,
                        flow.ecn | std::uint64_t{vni.value()} << 8 | checksum << 32};
    const auto write = [&]<std::size_t at>() {
        Piece piece;
        std::memcpy(&piece, adjacency.header.data() + at, sizeof(piece));
        piece |= spread(fields, fields_of_piece<at>());
        std::memcpy(inner - size + at, &piece, sizeof(piece));
    };
    [&]<std::size_t... pieces>(std::index_sequence<pieces...>) {
        (write.template operator()<pieces * piece_size>(), ...);
    }(std::make_index_sequence<size / piece_size>());
    write.template operator()<size - piece_size>();  // over the end of the one before
    return length + size;
}

inline void encapsulate(rte_mbuf& frame, const Adjacency& adjacency, Vni vni, InnerFlow flow) noexcept
{
    encapsulate(frame, bytes_of(frame), adjacency, vni, flow);
}

}  // namespace ferry::engine
