// Putting the outer headers on (RFC 7348 §5).
#pragma once

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
[[gnu::noinline]] inline InnerFlow flow_of_any(const std::uint8_t* inner, std::size_t length, wire::PortRange ports) noexcept
{
    return flow_of(inner, length, wire::find_ethernet_payload(inner, length), ports);
}

/// The same, and written out for nearly all frames: TCP or UDP over IPv4 without options, not fragmented.
inline InnerFlow flow_of(const rte_mbuf& frame, wire::PortRange ports) noexcept
{
    using namespace wire;
    const std::uint8_t* const inner = bytes_of(frame);
    const auto& ip = header_at<Ipv4Header>(inner + sizeof(EthernetHeader));
    if (frame.data_len < sizeof(EthernetHeader) + sizeof(Ipv4Header) + 4 || header_at<EthernetHeader>(inner).type != be16{ether_type::ipv4} ||
        ip.version_ihl != ipv4_version_ihl || ip.is_fragment() ||
        (ip.protocol != ip_protocol::udp && ip.protocol != ip_protocol::tcp)) [[unlikely]]
        return flow_of_any(inner, frame.data_len, ports);
    return {entropy_port(plain_ipv4_flow_hash(ip), ports), ecn_encapsulate(ecn_of(ip.tos))};
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
    std::uint32_t sum = std::uint32_t{template_sum} + total_length.raw() + tos.raw();
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return wire::be16::from_raw(static_cast<std::uint16_t>(~sum));
}

/// Encapsulates a frame that is no misfit. The UDP checksum stays zero (RFC 7348 §5).
inline void encapsulate(rte_mbuf& frame, const Adjacency& adjacency, Vni vni, InnerFlow flow) noexcept
{
    using wire::be16;
    using wire::header_at;
    const std::uint32_t inner_length = frame.pkt_len;
    std::uint8_t* const outer = put_before(frame, Adjacency::header_size);
    std::memcpy(outer, adjacency.header.data(), Adjacency::header_size);

    constexpr std::size_t udp_overhead = sizeof(wire::UdpHeader) + sizeof(wire::VxlanHeader);
    const auto udp_length = static_cast<std::uint16_t>(inner_length + udp_overhead);
    const be16 total_length{static_cast<std::uint16_t>(udp_length + sizeof(wire::Ipv4Header))};
    auto& ip = header_at<wire::Ipv4Header>(outer + sizeof(wire::EthernetHeader));
    auto& udp = header_at<wire::UdpHeader>(outer + sizeof(wire::EthernetHeader) + sizeof(wire::Ipv4Header));
    auto& vxlan = header_at<wire::VxlanHeader>(outer + Adjacency::header_size - sizeof(wire::VxlanHeader));
    const auto& ready = header_at<wire::Ipv4Header>(adjacency.header.data() + sizeof(wire::EthernetHeader));
    ip.tos = static_cast<std::uint8_t>(ready.tos | static_cast<std::uint8_t>(flow.ecn));
    ip.total_length = total_length;
    ip.checksum = outer_checksum(adjacency.header_sum, total_length, flow.ecn);
    udp.source_port = be16{flow.source_port};
    udp.length = be16{udp_length};
    vxlan.vni_reserved = wire::be32{vni.value() << 8};
}

/// Encapsulates all frames of the verdict remote.
void encap(Burst& burst, wire::PortRange ports) noexcept;

}  // namespace ferry::engine
