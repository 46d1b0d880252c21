#include <catch2/catch.hpp>

#include <random>

#include <ferry/wire/checksum.hpp>

#include "frames.hpp"

using namespace ferry;
using namespace ferry::test;
using namespace ferry::wire;

namespace {

/// The checksum as RFC 1071 section 4.1 computes it, one big-endian word after the other.
std::uint16_t naive_checksum(std::span<const std::uint8_t> bytes)
{
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += i % 2 == 0 ? static_cast<std::uint32_t>(bytes[i]) << 8 : bytes[i];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

Bytes random_bytes(std::mt19937& random, std::size_t size)
{
    Bytes bytes(size);
    for (auto& byte : bytes)
        byte = static_cast<std::uint8_t>(random());
    return bytes;
}

Ipv4Header random_ipv4_header(std::mt19937& random)
{
    Bytes bytes = random_bytes(random, sizeof(Ipv4Header));
    bytes[0] = ipv4_version_ihl;
    auto& header = header_at<Ipv4Header>(bytes.data());
    header.checksum = ipv4_header_checksum(header);
    return header;
}

}  // namespace

TEST_CASE("the example of RFC 1071 section 3 adds up")
{
    const Bytes bytes = from_hex("00 01 f2 03 f4 f5 f6 f7");
    CHECK(InternetSum{}.add(bytes).sum().host() == 0xddf2);
    CHECK(internet_checksum(bytes).host() == 0x220d);
    // The same bytes at an odd start, as the RFC's second column sums them.
    CHECK(InternetSum{}.add(from_hex("00")).add(bytes).sum().host() == 0xf2dd);
}

TEST_CASE("the checksum agrees with a naive one at every length and alignment")
{
    std::mt19937 random(3);
    for (std::size_t length = 0; length <= 200; ++length) {
        for (std::size_t offset = 0; offset < 16; ++offset) {
            const Bytes bytes = random_bytes(random, offset + length);
            const auto data = from(bytes, offset);
            if (internet_checksum(data).host() != naive_checksum(data))
                FAIL("length " << length << ", offset " << offset);
        }
    }
    for (std::size_t length : {1500u, 9000u, 65535u}) {
        const Bytes ones(length, 0xff);  // the most carries
        CHECK(internet_checksum(ones).host() == naive_checksum(ones));
        const Bytes bytes = random_bytes(random, length);
        CHECK(internet_checksum(bytes).host() == naive_checksum(bytes));
    }
}

TEST_CASE("the checksum reads nothing beyond its data")
{
    for (std::size_t length = 0; length <= 100; ++length) {
        const Bytes bytes(length, 0x5a);
        GuardedCopy copy(bytes);
        CHECK(internet_checksum({copy.data(), length}).host() == naive_checksum(bytes));
    }
}

TEST_CASE("a sum is the same however its data is cut into pieces")
{
    std::mt19937 random(4);
    const Bytes bytes = random_bytes(random, 75);
    const auto data = std::span{bytes};
    for (std::size_t first = 0; first <= bytes.size(); ++first)
        for (std::size_t second = first; second <= bytes.size(); ++second) {
            InternetSum sum;
            sum.add(data.first(first)).add(data.subspan(first, second - first)).add(data.subspan(second));
            if (sum.checksum().host() != naive_checksum(data))
                FAIL("cut at " << first << " and " << second);
        }
}

TEST_CASE("the example of RFC 1624 section 4 is updated to plus zero")
{
    // A field of 0x5555 becomes 0x3285; equation 2 would give 0xffff.
    CHECK(update_checksum(be16{0xdd2f}, be16{0x5555}, be16{0x3285}).host() == 0x0000);
}

TEST_CASE("an updated IPv4 header checksum is the one computed anew")
{
    std::mt19937 random(5);
    for (int i = 0; i < 10000; ++i) {
        Ipv4Header header = random_ipv4_header(random);
        const be16 id{static_cast<std::uint16_t>(random())};
        const auto source = Ipv4Address::from_host(static_cast<std::uint32_t>(random()));

        be16 updated = update_checksum(header.checksum, header.id, id);
        header.id = id;
        CHECK(updated == ipv4_header_checksum(header));

        updated = update_checksum(updated, header.source.value, source.value);
        header.source = source;
        CHECK(updated == ipv4_header_checksum(header));
    }
}

TEST_CASE("an IPv4 header checksum verifies, with options too, until a bit flips")
{
    std::mt19937 random(6);
    for (std::size_t length = 20; length <= 60; length += 4) {
        Bytes header = random_bytes(random, length);
        header[0] = static_cast<std::uint8_t>(0x40 | length / 4);
        auto& ip = header_at<Ipv4Header>(header.data());
        ip.checksum = ipv4_header_checksum(header);
        CHECK(ip.checksum.host() ==
              naive_checksum(concat({Bytes(header.begin(), header.begin() + 10), from_hex("00 00"),
                                     Bytes(header.begin() + 12, header.end())})));
        CHECK(verify_ipv4_header_checksum(header));
        for (std::size_t bit = 0; bit < length * 8; ++bit) {
            header[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
            CHECK_FALSE(verify_ipv4_header_checksum(header));
            header[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        }
    }
}

TEST_CASE("UDP checksums cover the pseudo-header of RFC 768 and of RFC 8200")
{
    const auto source4 = ipv4("10.1.2.3"), destination4 = ipv4("10.4.5.6");
    const auto source6 = ipv6("2001:db8::1"), destination6 = ipv6("2001:db8::2");
    std::mt19937 random(7);
    for (std::size_t payload = 0; payload < 64; ++payload) {
        Bytes datagram = udp_datagram(49152, 4789, random_bytes(random, payload));
        const auto length = static_cast<std::uint16_t>(datagram.size());

        const Bytes pseudo4 =
            concat({bytes_of(source4), bytes_of(destination4), from_hex("00 11"), bytes_of(be16{length})});
        const std::uint16_t checksum4 = naive_checksum(concat({pseudo4, datagram}));
        const Bytes pseudo6 =
            concat({bytes_of(source6), bytes_of(destination6), bytes_of(be32{length}), from_hex("00 00 00 11")});
        const std::uint16_t checksum6 = naive_checksum(concat({pseudo6, datagram}));

        auto& checksum = header_at<UdpHeader>(datagram.data()).checksum;
        checksum = be16{0x1234};  // what stands there does not count
        CHECK(udp_checksum_ipv4(source4, destination4, datagram).host() == checksum4);
        CHECK(udp_checksum_ipv6(source6, destination6, datagram).host() == checksum6);

        checksum = be16{checksum4};
        CHECK(verify_udp_checksum_ipv4(source4, destination4, datagram));
        CHECK_FALSE(verify_udp_checksum_ipv4(source4, ipv4("10.4.5.7"), datagram));
        checksum = be16{checksum6};
        CHECK(verify_udp_checksum_ipv6(source6, destination6, datagram));
        CHECK_FALSE(verify_udp_checksum_ipv6(source6, ipv6("2001:db8::3"), datagram));
    }
}

TEST_CASE("a UDP checksum that comes out as zero is sent as all ones")
{
    const auto source = ipv4("10.1.2.3"), destination = ipv4("10.4.5.6");
    Bytes datagram = udp_datagram(49152, 4789, from_hex("00 00"));
    // Put the complement of the sum into the payload: the whole then sums to all ones, whose complement is zero.
    const be16 rest = udp_checksum_ipv4(source, destination, datagram);
    header_at<be16>(datagram.data() + 8) = rest;
    CHECK(udp_checksum_ipv4(source, destination, datagram).host() == 0xffff);
    header_at<UdpHeader>(datagram.data()).checksum = be16{0xffff};
    CHECK(verify_udp_checksum_ipv4(source, destination, datagram));
}

TEST_CASE("no UDP checksum is valid over IPv4 and not over IPv6")
{
    const Bytes datagram = udp_datagram(49152, 4789, from_hex("01 02 03"));
    CHECK(verify_udp_checksum_ipv4(ipv4("10.1.2.3"), ipv4("10.4.5.6"), datagram));
    CHECK_FALSE(verify_udp_checksum_ipv6(ipv6("2001:db8::1"), ipv6("2001:db8::2"), datagram));

    // Not even where zero happens to make the sum come out right.
    Bytes zero_sum = udp_datagram(49152, 4789, from_hex("00 00"));
    header_at<be16>(zero_sum.data() + 8) = udp_checksum_ipv6(ipv6("2001:db8::1"), ipv6("2001:db8::2"), zero_sum);
    REQUIRE(verify_transport_checksum(ipv6("2001:db8::1"), ipv6("2001:db8::2"), ip_protocol::udp, zero_sum));
    CHECK_FALSE(verify_udp_checksum_ipv6(ipv6("2001:db8::1"), ipv6("2001:db8::2"), zero_sum));
}
