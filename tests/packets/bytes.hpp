// Frames built byte by byte, by a path of its own: nothing here comes from ferry's wire floor, so that the tests do not
// compare ferry's arithmetic with itself.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::test {

using Bytes = std::vector<std::uint8_t>;
using Mac = std::array<std::uint8_t, 6>;
using Ip4 = std::array<std::uint8_t, 4>;

Bytes join(std::initializer_list<Bytes> parts);

/// Big-endian bytes of a number.
Bytes u16(std::uint32_t value);
Bytes u32(std::uint32_t value);

/// `count` bytes that differ from their neighbours.
Bytes pattern(std::size_t count, std::uint8_t first = 1);

/// Replaces bytes from `offset` on.
Bytes with(Bytes frame, std::size_t offset, const Bytes& bytes);
/// The first `length` bytes.
Bytes first(const Bytes& frame, std::size_t length);

/// The Internet checksum as RFC 1071 §4.1 spells it: 16-bit words of bytes, high byte first, added one after another.
std::uint16_t naive_checksum(const Bytes& bytes);

/// An Ethernet frame; `type` may be followed by anything.
Bytes ethernet(const Mac& destination, const Mac& source, std::uint16_t type, const Bytes& payload);

/// Fields of an IPv4 packet; what is not set is computed right.
struct Ipv4 {
    std::uint8_t version_ihl = 0x45;
    std::uint8_t tos = 0;
    std::optional<std::uint16_t> total_length;
    std::uint16_t id = 0;
    std::uint16_t flags_fragment = 0;
    std::uint8_t ttl = 64;
    std::uint8_t protocol = 17;
    std::optional<std::uint16_t> checksum;
    Ip4 source{}, destination{};
    Bytes options;
};
Bytes ipv4(const Ipv4& fields, const Bytes& payload);

/// An IPv6 packet without extension headers.
struct Ipv6 {
    std::uint8_t traffic_class = 0;
    std::uint8_t next_header = 17;
    std::uint8_t source_end = 1, destination_end = 2;  ///< last byte of fd00::X
};
Bytes ipv6(const Ipv6& fields, const Bytes& payload);

/// A UDP datagram whose checksum says that there is none.
Bytes udp(std::uint16_t source, std::uint16_t destination, const Bytes& payload);

/// Everything that VXLAN puts around an inner frame. What is not set is computed right; the UDP checksum is none.
struct Vxlan {
    Mac destination{}, source{};
    std::uint16_t type = 0x0800;
    Ipv4 ip;
    std::uint16_t source_port = 50'000, port = 4789;
    std::optional<std::uint16_t> udp_length, udp_checksum;
    bool with_udp_checksum = false;  ///< a right one
    std::uint8_t flags = 0x08;
    std::uint32_t reserved = 0;  ///< the 24 bits behind the flags
    std::uint32_t vni = 0;
    std::uint8_t last = 0;  ///< the reserved byte behind the VNI
    Bytes padding;          ///< behind the IP packet
};
Bytes vxlan(const Vxlan& fields, const Bytes& inner);

/// "00 01 02 …", sixteen a line, for messages.
std::string hex(const Bytes& bytes);

}  // namespace ferry::test
