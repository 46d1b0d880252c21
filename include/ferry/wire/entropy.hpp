// The outer UDP source port: one for all frames of a flow, so that the fabric keeps the flow on one path and in order.
#pragma once

#include <cstdint>

#include <ferry/wire/ethernet.hpp>
#include <ferry/wire/ipv4.hpp>
#include <ferry/wire/ipv6.hpp>
#include <ferry/wire/multiply_fold.hpp>

namespace ferry::wire {

/// The ports from which outer source ports are taken, both ends included. By default the dynamic ports of RFC 6335 §6,
/// as RFC 7348 §5 recommends.
struct PortRange {
    std::uint16_t first = 49152;
    std::uint16_t last = 65535;

    /// Port 0 is reserved (RFC 6335 §6).
    constexpr bool valid() const noexcept { return first != 0 && first <= last; }
    constexpr std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(last) - first + 1; }
    constexpr bool contains(std::uint16_t port) const noexcept { return port >= first && port <= last; }
};

/// A valid range, ready for many frames.
struct PortScale {
    constexpr explicit PortScale(PortRange range) noexcept : first(range.first), size(range.size()) {}

    /// Maps a flow hash to a port of the range: scales the hash, taken as a fraction, which needs no division and uses its
    /// upper bits.
    constexpr std::uint32_t port_of(std::uint32_t flow_hash) const noexcept
    {
        return first + static_cast<std::uint32_t>(static_cast<std::uint64_t>(flow_hash) * size >> 32);
    }

    std::uint32_t first, size;
};

/// The outer source port of a flow, from a valid range.
constexpr std::uint16_t entropy_port(std::uint32_t flow_hash, PortRange range = {}) noexcept
{
    return static_cast<std::uint16_t>(PortScale(range).port_of(flow_hash));
}

namespace detail {

/// Mixes 128 bits into 32. The constants are odd with about half of their bits set; adding `b` to the product keeps
/// `b` alive where `a` happens to cancel its constant.
constexpr std::uint32_t hash_words(std::uint64_t a, std::uint64_t b) noexcept
{
    const std::uint64_t mixed = multiply_fold(a ^ 0x9e37'79b9'7f4a'7c15, b ^ 0xbf58'476d'1ce4'e5b9) + b;
    return static_cast<std::uint32_t>(multiply_fold(mixed ^ 0x94d0'49bb'1331'11eb, 0xd6e8'feb8'6659'fd93));
}

constexpr bool has_ports(std::uint8_t protocol) noexcept
{
    return protocol == ip_protocol::tcp || protocol == ip_protocol::udp || protocol == ip_protocol::sctp ||
           protocol == ip_protocol::dccp || protocol == ip_protocol::udp_lite;
}

/// Hashes MACs and EtherType; of a frame that ends earlier, the bytes that are there.
inline std::uint32_t hash_ethernet(const std::uint8_t* frame, std::size_t length, std::uint16_t type) noexcept
{
    if (length < sizeof(EthernetHeader)) {
        std::uint8_t padded[16] = {};
        if (length != 0)  // an empty frame may be a null pointer
            std::memcpy(padded, frame, length);
        return hash_words(load<std::uint64_t>(padded), load<std::uint64_t>(padded + 8) ^ length);
    }
    return hash_words(load<std::uint64_t>(frame),
                      load<std::uint32_t>(frame + 8) | static_cast<std::uint64_t>(type) << 32);
}

/// The third word of a flow: both ports and the protocol.
inline std::uint64_t ports_and_protocol(const std::uint8_t* ports, std::uint8_t protocol) noexcept
{
    return static_cast<std::uint64_t>(protocol) << 32 | load<std::uint32_t>(ports);
}
inline std::uint64_t ports_and_protocol(const std::uint8_t* transport, std::size_t left, std::uint8_t protocol) noexcept
{
    if (left >= 4 && has_ports(protocol))
        return ports_and_protocol(transport, protocol);
    return static_cast<std::uint64_t>(protocol) << 32;
}

inline std::uint64_t hash_addresses(const Ipv6Header& ip) noexcept
{
    const std::uint8_t* const addresses = ip.source.bytes.data();
    const std::uint64_t source = multiply_fold(load<std::uint64_t>(addresses) ^ 0xa076'1d64'78bd'642f,
                                               load<std::uint64_t>(addresses + 8) ^ 0xe703'7ed1'a0b4'28db);
    const std::uint64_t destination = multiply_fold(load<std::uint64_t>(addresses + 16) ^ 0x8ebc'6af0'9c88'c6e3,
                                                    load<std::uint64_t>(addresses + 24) ^ 0x5899'65cc'7537'4cc3);
    return source + destination;
}

/// Hashes an IPv6 packet of at least a fixed header. Behind the extension headers that fragments repeat, the ports
/// are found; a fragment's are left out, and so is the next header of its fragment header, which may differ between
/// the fragments of a packet (RFC 8200 §4.5).
inline std::uint32_t hash_ipv6(const std::uint8_t* packet, std::size_t length) noexcept
{
    constexpr int most_extension_headers = 4;
    const auto& ip = header_at<Ipv6Header>(packet);
    std::uint8_t protocol = ip.next_header;
    std::size_t offset = sizeof(Ipv6Header);
    for (int i = 0; i < most_extension_headers; ++i) {
        if (protocol != ip_protocol::hop_by_hop && protocol != ip_protocol::ipv6_routing &&
            protocol != ip_protocol::ipv6_destination_options)
            break;
        if (length - offset < sizeof(Ipv6ExtensionHeader))
            break;
        const auto& extension = header_at<Ipv6ExtensionHeader>(packet + offset);
        if (length - offset < extension.size())
            break;
        protocol = extension.next_header;
        offset += extension.size();
    }
    return hash_words(hash_addresses(ip), ports_and_protocol(packet + offset, length - offset, protocol));
}

}  // namespace detail

/// Returns a hash that is equal for all frames of a flow (RFC 7348 §5: "calculated using a hash of fields from the
/// inner packet"): over addresses, protocol and ports of IPv4 and IPv6, also behind one or two VLAN tags; without the
/// ports for fragments, so that all fragments of a packet hash alike; else over MACs and EtherType. Reads no byte at or
/// beyond `contiguous_length`, and hashes what is there of a shorter frame. Not symmetric, not keyed: it spreads flows
/// and protects nothing. `payload` is what find_ethernet_payload() says of the same bytes.
inline std::uint32_t flow_hash(const std::uint8_t* frame, std::size_t contiguous_length,
                               EthernetPayload payload) noexcept
{
    const std::uint8_t* packet = frame + payload.offset;
    const std::size_t left = contiguous_length - payload.offset;
    if (payload.type == ether_type::ipv4 && left >= sizeof(Ipv4Header)) {
        const auto& ip = header_at<Ipv4Header>(packet);
        const std::size_t header_length = ip.header_length();
        if (ip.version() == 4 && header_length >= sizeof(Ipv4Header)) {
            const std::size_t transport_left = ip.is_fragment() || left < header_length ? 0 : left - header_length;
            return detail::hash_words(load<std::uint64_t>(&ip.source),
                                      detail::ports_and_protocol(packet + header_length, transport_left, ip.protocol));
        }
    } else if (payload.type == ether_type::ipv6 && left >= sizeof(Ipv6Header)) {
        if (header_at<Ipv6Header>(packet).version() == 6)
            return detail::hash_ipv6(packet, left);
    }
    return detail::hash_ethernet(frame, contiguous_length, payload.type);
}

/// The same for nearly all IPv4 packets: without options, no fragment, of a protocol with ports, which are there.
inline std::uint32_t plain_ipv4_flow_hash(const Ipv4Header& ip) noexcept
{
    const auto* const ports = reinterpret_cast<const std::uint8_t*>(&ip) + sizeof(Ipv4Header);
    return detail::hash_words(load<std::uint64_t>(&ip.source), detail::ports_and_protocol(ports, ip.protocol));
}

/// The same for nearly all IPv6 packets: without extension headers, of a protocol with ports, which are there.
inline std::uint32_t plain_ipv6_flow_hash(const Ipv6Header& ip) noexcept
{
    const auto* const ports = reinterpret_cast<const std::uint8_t*>(&ip) + sizeof(Ipv6Header);
    return detail::hash_words(detail::hash_addresses(ip), detail::ports_and_protocol(ports, ip.next_header));
}

inline std::uint32_t flow_hash(const std::uint8_t* frame, std::size_t contiguous_length) noexcept
{
    return flow_hash(frame, contiguous_length, find_ethernet_payload(frame, contiguous_length));
}

}  // namespace ferry::wire
