// Small things that the wire tests share: bytes of structs, made-up frames, memory whose end is guarded.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <span>
#include <string_view>

#include <ferry/wire/checksum.hpp>
#include <ferry/wire/ethernet.hpp>
#include <ferry/wire/ipv6.hpp>
#include <ferry/wire/udp.hpp>

#include "capture.hpp"

namespace ferry::test {

template <wire::WireStruct Header>
Bytes bytes_of(const Header& header)
{
    const auto* first = reinterpret_cast<const std::uint8_t*>(&header);
    return Bytes(first, first + sizeof(header));
}

/// Takes "08 00 00 00 12 34 56 00"; anything but hex digits only separates.
inline Bytes from_hex(std::string_view text)
{
    Bytes bytes;
    int high = -1;
    for (char c : text) {
        const int digit = detail::hex_digit(c);
        if (digit < 0)
            continue;
        if (high < 0) {
            high = digit;
        } else {
            bytes.push_back(static_cast<std::uint8_t>(high << 4 | digit));
            high = -1;
        }
    }
    return bytes;
}

inline Bytes concat(std::initializer_list<Bytes> parts)
{
    Bytes all;
    for (const Bytes& part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

inline std::span<const std::uint8_t> from(const Bytes& frame, std::size_t offset)
{
    return std::span{frame}.subspan(offset);
}

inline MacAddress mac(std::string_view text) { return MacAddress::parse(text).value(); }
inline Ipv4Address ipv4(std::string_view text) { return Ipv4Address::parse(text).value(); }
inline Ipv6Address ipv6(std::string_view text) { return Ipv6Address::parse(text).value(); }

/// A copy of some bytes that ends where an unreadable page begins: one byte read or written beyond is a fault, with and
/// without AddressSanitizer.
class GuardedCopy {
public:
    explicit GuardedCopy(std::span<const std::uint8_t> bytes)
        : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
          size_((bytes.size() + page_ - 1) / page_ * page_ + 2 * page_),
          memory_(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    {
        if (memory_ == MAP_FAILED)
            throw std::bad_alloc();
        auto* end = static_cast<std::uint8_t*>(memory_) + size_ - page_;
        if (mprotect(end, page_, PROT_NONE) != 0)
            throw std::bad_alloc();
        data_ = end - bytes.size();
        if (!bytes.empty())
            std::memcpy(data_, bytes.data(), bytes.size());
    }
    GuardedCopy(const GuardedCopy&) = delete;
    GuardedCopy& operator=(const GuardedCopy&) = delete;
    ~GuardedCopy() { munmap(memory_, size_); }

    std::uint8_t* data() noexcept { return data_; }

private:
    std::size_t page_;
    std::size_t size_;
    void* memory_;
    std::uint8_t* data_ = nullptr;
};

/// What stands between the EtherType of a MAC header and an IP packet.
enum class Tags { none, vlan, qinq };

/// Returns MACs, `tags` and the EtherType `type`.
inline Bytes ethernet_start(Tags tags, std::uint16_t type)
{
    using namespace wire;
    const auto header = [](std::uint16_t next) {
        return bytes_of(EthernetHeader{mac("02:00:00:00:00:02"), mac("02:00:00:00:00:01"), be16{next}});
    };
    const auto tag = [](std::uint16_t tci, std::uint16_t next) { return bytes_of(VlanTag{be16{tci}, be16{next}}); };
    switch (tags) {
    case Tags::none:
        return header(type);
    case Tags::vlan:
        return concat({header(ether_type::vlan), tag(0xa007, type)});
    case Tags::qinq:
        return concat({header(ether_type::qinq), tag(0x0008, ether_type::vlan), tag(0x0009, type)});
    }
    return {};
}

/// Returns an IPv4 packet with a right header checksum.
inline Bytes ipv4_packet(wire::Ipv4Header header, const Bytes& payload)
{
    header.total_length = wire::be16{static_cast<std::uint16_t>(sizeof(header) + payload.size())};
    header.checksum = wire::ipv4_header_checksum(header);
    return concat({bytes_of(header), payload});
}

inline Bytes ipv6_packet(wire::Ipv6Header header, const Bytes& payload)
{
    header.payload_length = wire::be16{static_cast<std::uint16_t>(payload.size())};
    return concat({bytes_of(header), payload});
}

/// Returns a UDP header for two ports with `payload` behind it, without a checksum.
inline Bytes udp_datagram(std::uint16_t source, std::uint16_t destination, const Bytes& payload)
{
    using wire::be16;
    const auto length = static_cast<std::uint16_t>(sizeof(wire::UdpHeader) + payload.size());
    return concat({bytes_of(wire::UdpHeader{be16{source}, be16{destination}, be16{length}, be16{}}), payload});
}

}  // namespace ferry::test
