// Explicit congestion notification through the tunnel (RFC 6040).
#pragma once

#include <optional>

#include <ferry/wire/checksum.hpp>
#include <ferry/wire/ethernet.hpp>
#include <ferry/wire/ipv4.hpp>
#include <ferry/wire/ipv6.hpp>

namespace ferry::wire {

/// The ECN field: the low two bits of an IPv4 TOS or an IPv6 traffic class (RFC 3168 §5).
enum class Ecn : std::uint8_t {
    not_ect = 0,  ///< the sender does not know ECN: congestion can only be told by dropping
    ect1 = 1,
    ect0 = 2,
    ce = 3,  ///< congestion experienced
};

inline constexpr std::uint8_t ecn_mask = 0x03;

constexpr Ecn ecn_of(std::uint8_t tos) noexcept { return static_cast<Ecn>(tos & ecn_mask); }

/// Returns `tos` with its ECN field replaced and its DSCP kept.
constexpr std::uint8_t with_ecn(std::uint8_t tos, Ecn ecn) noexcept
{
    return static_cast<std::uint8_t>((tos & ~ecn_mask) | static_cast<std::uint8_t>(ecn));
}

/// Returns the outer ECN field for an inner one: normal mode copies it (RFC 6040 §4.1, figure 3).
constexpr Ecn ecn_encapsulate(Ecn inner) noexcept { return inner; }

/// Returns the ECN field that the inner packet leaves the tunnel with, or nullopt when it must be dropped
/// (RFC 6040 §4.2, figure 4).
constexpr std::optional<Ecn> ecn_decapsulate(Ecn inner, Ecn outer) noexcept
{
    if (outer == Ecn::ce)
        return inner == Ecn::not_ect ? std::nullopt : std::optional{Ecn::ce};
    if (outer == Ecn::ect1 && inner == Ecn::ect0)
        return Ecn::ect1;
    return inner;
}

/// Returns the TOS or traffic class of the IP packet in an Ethernet frame, looking through VLAN tags; 0 when the frame
/// carries no IP or ends before the field. Reads no byte at or beyond `length`. `payload` is what
/// find_ethernet_payload() says of the same bytes.
inline std::uint8_t inner_tos(const std::uint8_t* frame, std::size_t length, EthernetPayload payload) noexcept
{
    if (length - payload.offset < 2)
        return 0;
    const std::uint8_t* ip = frame + payload.offset;
    const int version = ip[0] >> 4;
    if (payload.type == ether_type::ipv4 && version == 4)
        return ip[1];
    if (payload.type == ether_type::ipv6 && version == 6)
        return static_cast<std::uint8_t>(ip[0] << 4 | ip[1] >> 4);
    return 0;
}

inline std::uint8_t inner_tos(const std::uint8_t* frame, std::size_t length) noexcept
{
    return inner_tos(frame, length, find_ethernet_payload(frame, length));
}

/// Returns the TOS for the outer header around an inner Ethernet frame: `dscp_tos` with the inner ECN field, or
/// not-ECT when the frame carries no IP (RFC 6040 §4.1).
inline std::uint8_t outer_tos_for(const std::uint8_t* frame, std::size_t length, std::uint8_t dscp_tos) noexcept
{
    return with_ecn(dscp_tos, ecn_encapsulate(ecn_of(inner_tos(frame, length))));
}

/// Brings the outer header's congestion mark into the inner Ethernet frame, in place, and mends an IPv4 header's
/// checksum (RFC 6040 §4.2, RFC 1624). Frames without a whole IP header are left alone. Returns false when the frame
/// must be dropped. `length` is what lies contiguously at `frame`; nothing beyond is read or written.
inline bool apply_outer_ecn(std::uint8_t* frame, std::size_t length, std::uint8_t outer_tos) noexcept
{
    const Ecn outer = ecn_of(outer_tos);
    if (outer == Ecn::not_ect || outer == Ecn::ect0)  // whole columns of the table that change nothing
        return true;

    const EthernetPayload payload = find_ethernet_payload(frame, length);
    const std::size_t left = length - payload.offset;
    if (payload.type == ether_type::ipv4 && left >= sizeof(Ipv4Header)) {
        auto& ip = header_at<Ipv4Header>(frame + payload.offset);
        if (ip.version() != 4)
            return true;
        const auto after = ecn_decapsulate(ecn_of(ip.tos), outer);
        if (!after)
            return false;
        const std::uint8_t tos = with_ecn(ip.tos, *after);
        const auto first_word = [&ip](std::uint8_t value) {
            return be16{static_cast<std::uint16_t>(ip.version_ihl << 8 | value)};
        };
        ip.checksum = update_checksum(ip.checksum, first_word(ip.tos), first_word(tos));
        ip.tos = tos;
    } else if (payload.type == ether_type::ipv6 && left >= sizeof(Ipv6Header)) {
        auto& ip = header_at<Ipv6Header>(frame + payload.offset);
        if (ip.version() != 6)
            return true;
        const auto after = ecn_decapsulate(ecn_of(ip.traffic_class()), outer);
        if (!after)
            return false;
        ip.set_traffic_class(with_ecn(ip.traffic_class(), *after));
    }
    return true;
}

}  // namespace ferry::wire
