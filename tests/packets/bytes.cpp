#include "bytes.hpp"

#include <algorithm>
#include <cstdio>

namespace ferry::test {
namespace {

Bytes of(const Mac& mac) { return Bytes(mac.begin(), mac.end()); }
Bytes of(const Ip4& address) { return Bytes(address.begin(), address.end()); }
Bytes u8(unsigned value) { return {static_cast<std::uint8_t>(value)}; }

}  // namespace

Bytes join(std::initializer_list<Bytes> parts)
{
    Bytes all;
    for (const Bytes& part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

Bytes u16(std::uint32_t value) { return {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)}; }

Bytes u32(std::uint32_t value) { return join({u16(value >> 16), u16(value)}); }

Bytes pattern(std::size_t count, std::uint8_t first)
{
    Bytes bytes(count);
    for (std::size_t i = 0; i < count; ++i)
        bytes[i] = static_cast<std::uint8_t>(first + i * 7 + i / 256);
    return bytes;
}

Bytes with(Bytes frame, std::size_t offset, const Bytes& bytes)
{
    for (std::size_t i = 0; i < bytes.size(); ++i)
        frame.at(offset + i) = bytes[i];
    return frame;
}

Bytes first(const Bytes& frame, std::size_t length)
{
    return Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length));
}

std::uint16_t naive_checksum(const Bytes& bytes)
{
    unsigned sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        sum += i % 2 == 0 ? bytes[i] * 256u : bytes[i];
        if (sum > 0xffff)
            sum -= 0xffff;
    }
    return static_cast<std::uint16_t>(0xffff - sum);
}

Bytes ethernet(const Mac& destination, const Mac& source, std::uint16_t type, const Bytes& payload)
{
    return join({of(destination), of(source), u16(type), payload});
}

Bytes ipv4(const Ipv4& fields, const Bytes& payload)
{
    const std::size_t length = 20 + fields.options.size() + payload.size();
    const auto header = [&](unsigned checksum) {
        return join({u8(fields.version_ihl), u8(fields.tos),
                     u16(fields.total_length.value_or(static_cast<std::uint16_t>(length))), u16(fields.id),
                     u16(fields.flags_fragment), u8(fields.ttl), u8(fields.protocol), u16(checksum), of(fields.source),
                     of(fields.destination), fields.options});
    };
    return join({header(fields.checksum.value_or(naive_checksum(header(0)))), payload});
}

Bytes ipv6(const Ipv6& fields, const Bytes& payload)
{
    const auto address = [](std::uint8_t end) {
        Bytes bytes(16);
        bytes[0] = 0xfd;
        bytes[15] = end;
        return bytes;
    };
    return join({u32(0x6000'0000u | std::uint32_t{fields.traffic_class} << 20),
                 u16(static_cast<std::uint32_t>(payload.size())), u8(fields.next_header), u8(64),
                 address(fields.source_end), address(fields.destination_end), payload});
}

Bytes udp(std::uint16_t source, std::uint16_t destination, const Bytes& payload)
{
    return join({u16(source), u16(destination), u16(static_cast<std::uint32_t>(8 + payload.size())), u16(0), payload});
}

Bytes vxlan(const Vxlan& fields, const Bytes& inner)
{
    const Bytes payload =
        join({u32(std::uint32_t{fields.flags} << 24 | fields.reserved), u32(fields.vni << 8 | fields.last), inner});
    const std::uint32_t length = fields.udp_length.value_or(static_cast<std::uint16_t>(8 + payload.size()));
    const auto datagram = [&](unsigned checksum) {
        return join({u16(fields.source_port), u16(fields.port), u16(length), u16(checksum), payload});
    };
    unsigned checksum = fields.udp_checksum.value_or(0);
    if (fields.with_udp_checksum) {
        checksum =
            naive_checksum(join({of(fields.ip.source), of(fields.ip.destination), u16(17), u16(length), datagram(0)}));
        if (checksum == 0)
            checksum = 0xffff;
    }
    return ethernet(fields.destination, fields.source, fields.type,
                    join({ipv4(fields.ip, datagram(checksum)), fields.padding}));
}

std::string hex(const Bytes& bytes)
{
    std::string text = std::to_string(bytes.size()) + " bytes";
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        char digits[8];
        std::snprintf(digits, sizeof(digits), "%c%02x", i % 16 == 0 ? '\n' : ' ', static_cast<unsigned>(bytes[i]));
        text += digits;
    }
    return text;
}

}  // namespace ferry::test
