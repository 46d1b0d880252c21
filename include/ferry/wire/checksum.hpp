// The Internet checksum: from scratch, verified, and mended after a change.
#pragma once

#include <span>

#include <ferry/wire/address.hpp>
#include <ferry/wire/bytes.hpp>
#include <ferry/wire/ipv4.hpp>
#include <ferry/wire/udp.hpp>

namespace ferry::wire {

/// A ones' complement sum of 16-bit words (RFC 1071 §1), put together from pieces of any length and alignment. It
/// works on words as they lie in memory, which gives the same bytes on either byte order (RFC 1071 §2 B). The
/// accumulator could overflow only after 2^32 words of 32 bits: 16 GB.
class InternetSum {
public:
    /// Adds bytes that follow those added before. Only after a piece of odd length does the next begin in mid-word.
    InternetSum& add(const void* bytes, std::size_t length) noexcept
    {
        const std::uint64_t piece = sum_of(static_cast<const std::uint8_t*>(bytes), length);
        sum_ += odd_ ? byte_swap(fold(piece)) : piece;
        odd_ ^= length & 1;
        return *this;
    }

    InternetSum& add(std::span<const std::uint8_t> bytes) noexcept { return add(bytes.data(), bytes.size()); }
    InternetSum& add(Ipv4Address address) noexcept { return add(&address, sizeof(address)); }
    InternetSum& add(const Ipv6Address& address) noexcept { return add(&address, sizeof(address)); }
    InternetSum& add(be16 word) noexcept { return add(&word, sizeof(word)); }
    InternetSum& add(be32 words) noexcept { return add(&words, sizeof(words)); }

    /// Returns the sum itself; 0xffff over data that holds its own right checksum.
    be16 sum() const noexcept { return be16::from_raw(fold(sum_)); }

    /// Returns the complement of the sum, which is what a header carries.
    be16 checksum() const noexcept { return be16::from_raw(static_cast<std::uint16_t>(~fold(sum_))); }

private:
    /// Brings a sum of 32-bit words down to 16 bits with end-around carry.
    static constexpr std::uint16_t fold(std::uint64_t sum) noexcept
    {
        sum = (sum & 0xffff'ffff) + (sum >> 32);
        sum = (sum & 0xffff'ffff) + (sum >> 32);
        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        return static_cast<std::uint16_t>(sum);
    }

    /// Adds up 32-bit words, which leaves the carries of a whole frame in the upper half. Four sums side by side keep
    /// the additions independent.
    static std::uint64_t sum_of(const std::uint8_t* bytes, std::size_t length) noexcept
    {
        std::uint64_t a = 0, b = 0, c = 0, d = 0;
        for (; length >= 16; bytes += 16, length -= 16) {
            a += load<std::uint32_t>(bytes);
            b += load<std::uint32_t>(bytes + 4);
            c += load<std::uint32_t>(bytes + 8);
            d += load<std::uint32_t>(bytes + 12);
        }
        for (; length >= 4; bytes += 4, length -= 4)
            a += load<std::uint32_t>(bytes);
        if (length >= 2) {
            b += load<std::uint16_t>(bytes);
            bytes += 2;
            length -= 2;
        }
        if (length != 0) {
            const std::uint8_t padded[2] = {*bytes, 0};
            c += load<std::uint16_t>(padded);
        }
        return a + b + c + d;
    }

    std::uint64_t sum_ = 0;
    bool odd_ = false;
};

/// Returns the Internet checksum of `bytes` (RFC 1071).
inline be16 internet_checksum(std::span<const std::uint8_t> bytes) noexcept
{
    return InternetSum{}.add(bytes).checksum();
}

/// Returns the checksum that an IPv4 header must carry (RFC 791 §3.1); what its checksum field holds now does not
/// matter. `header` is the header with its options, 20 bytes or more.
inline be16 ipv4_header_checksum(std::span<const std::uint8_t> header) noexcept
{
    return InternetSum{}.add(header.data(), 10).add(header.data() + 12, header.size() - 12).checksum();
}

/// As above, for a header without options.
inline be16 ipv4_header_checksum(const Ipv4Header& header) noexcept
{
    return ipv4_header_checksum(std::span{reinterpret_cast<const std::uint8_t*>(&header), sizeof(header)});
}

/// True when an IPv4 header's checksum is right (RFC 1071 §1, step 3). `header` is the header with its options.
inline bool verify_ipv4_header_checksum(std::span<const std::uint8_t> header) noexcept
{
    return InternetSum{}.add(header).sum().raw() == 0xffff;
}

/// As above, for a header without options. Written out because every frame that is received pays for it.
inline bool verify_ipv4_header_checksum(const Ipv4Header& header) noexcept
{
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&header);
    const std::uint64_t sum = std::uint64_t{load<std::uint32_t>(bytes)} + load<std::uint32_t>(bytes + 4) +
                        load<std::uint32_t>(bytes + 8) + load<std::uint32_t>(bytes + 12) + load<std::uint32_t>(bytes + 16);
    return sum % 0xffff == 0 && sum != 0;  // carries that come round make arithmetic modulo 2^16 - 1
}

/// Returns the sum of the pseudo-header that TCP, UDP and others over IPv4 include (RFC 768, RFC 9293 §3.1).
/// `length` is that of transport header and payload in bytes.
inline InternetSum pseudo_header_sum(Ipv4Address source, Ipv4Address destination, std::uint8_t protocol,
                                     std::size_t length) noexcept
{
    return InternetSum{}.add(source).add(destination).add(be16{protocol}).add(be16{static_cast<std::uint16_t>(length)});
}

/// The same for IPv6 (RFC 8200 §8.1); `protocol` is the next header value of the transport protocol itself.
inline InternetSum pseudo_header_sum(const Ipv6Address& source, const Ipv6Address& destination, std::uint8_t protocol,
                                     std::size_t length) noexcept
{
    return InternetSum{}.add(source).add(destination).add(be32{static_cast<std::uint32_t>(length)}).add(be32{protocol});
}

/// True when the checksum inside a TCP, UDP or ICMPv6 segment is right. `segment` is transport header and payload,
/// without Ethernet padding. `Address` is Ipv4Address or Ipv6Address. It does not know UDP's "no checksum".
template <typename Address>
bool verify_transport_checksum(const Address& source, const Address& destination, std::uint8_t protocol,
                               std::span<const std::uint8_t> segment) noexcept
{
    return pseudo_header_sum(source, destination, protocol, segment.size()).add(segment).sum().raw() == 0xffff;
}

namespace detail {

template <typename Address>
be16 udp_checksum(const Address& source, const Address& destination, std::span<const std::uint8_t> datagram) noexcept
{
    const be16 checksum = pseudo_header_sum(source, destination, ip_protocol::udp, datagram.size())
                              .add(datagram.data(), 6)
                              .add(datagram.data() + 8, datagram.size() - 8)
                              .checksum();
    return checksum.raw() == 0 ? be16{0xffff} : checksum;
}

}  // namespace detail

/// Returns the checksum that a UDP datagram over IPv4 must carry (RFC 768); what its checksum field holds now does not
/// matter. `datagram` is UDP header and payload, 8 bytes or more. Never 0, which would mean "none".
inline be16 udp_checksum_ipv4(Ipv4Address source, Ipv4Address destination,
                              std::span<const std::uint8_t> datagram) noexcept
{
    return detail::udp_checksum(source, destination, datagram);
}

/// The same over IPv6 (RFC 8200 §8.1).
inline be16 udp_checksum_ipv6(const Ipv6Address& source, const Ipv6Address& destination,
                              std::span<const std::uint8_t> datagram) noexcept
{
    return detail::udp_checksum(source, destination, datagram);
}

/// True when a UDP datagram over IPv4 carries a right checksum, or none (RFC 768).
inline bool verify_udp_checksum_ipv4(Ipv4Address source, Ipv4Address destination,
                                     std::span<const std::uint8_t> datagram) noexcept
{
    return header_at<UdpHeader>(datagram.data()).checksum.raw() == 0 ||
           verify_transport_checksum(source, destination, ip_protocol::udp, datagram);
}

/// True when a UDP datagram over IPv6 carries a right checksum. None is not valid there (RFC 8200 §8.1); a tunnel end
/// that accepts none (RFC 6935 §5) looks for it first.
inline bool verify_udp_checksum_ipv6(const Ipv6Address& source, const Ipv6Address& destination,
                                     std::span<const std::uint8_t> datagram) noexcept
{
    return header_at<UdpHeader>(datagram.data()).checksum.raw() != 0 &&
           verify_transport_checksum(source, destination, ip_protocol::udp, datagram);
}

/// Returns the checksum after a 16-bit word of the data it covers changed from `before` to `after`:
/// HC' = ~(~HC + ~m + m') (RFC 1624 §3, equation 3). The word must lie at an even offset. A UDP datagram without a
/// checksum has none to update.
constexpr be16 update_checksum(be16 checksum, be16 before, be16 after) noexcept
{
    std::uint32_t sum = static_cast<std::uint16_t>(~checksum.raw()) + static_cast<std::uint32_t>(after.raw()) +
                        static_cast<std::uint16_t>(~before.raw());
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return be16::from_raw(static_cast<std::uint16_t>(~sum));
}

/// The same for two words that lie side by side, such as an IPv4 address.
constexpr be16 update_checksum(be16 checksum, be32 before, be32 after) noexcept
{
    const auto low = [](be32 v) { return be16::from_raw(static_cast<std::uint16_t>(v.raw())); };
    const auto high = [](be32 v) { return be16::from_raw(static_cast<std::uint16_t>(v.raw() >> 16)); };
    return update_checksum(update_checksum(checksum, low(before), low(after)), high(before), high(after));
}

}  // namespace ferry::wire
