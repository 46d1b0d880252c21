#include <catch2/catch.hpp>

#include <ferry/wire/announce.hpp>

#include "frames.hpp"

using namespace ferry;
using namespace ferry::test;
using namespace ferry::wire;

namespace {

template <std::size_t size>
Bytes to_bytes(const std::array<std::uint8_t, size>& frame)
{
    return Bytes(frame.begin(), frame.end());
}

/// Returns the only captured frames of an EtherType and, for ARP, an operation.
std::vector<Bytes> captured(const std::string& name, std::uint16_t type, std::uint16_t operation = 0)
{
    std::vector<Bytes> matching;
    for (const Bytes& frame : read_capture(name))
        if (header_at<EthernetHeader>(frame.data()).type.host() == type &&
            (operation == 0 ||
             header_at<ArpPacket>(frame.data() + sizeof(EthernetHeader)).operation.host() == operation))
            matching.push_back(frame);
    return matching;
}

Bytes padded(Bytes frame)
{
    frame.resize(std::max(frame.size(), minimum_frame_size));
    return frame;
}

const MacAddress guest = mac("52:54:00:00:00:01");

}  // namespace

TEST_CASE("a RARP request asks for its own address, as RFC 903 lays it out")
{
    Bytes expected = from_hex("ff ff ff ff ff ff  52 54 00 00 00 01  80 35"
                              "00 01  08 00  06  04  00 03"
                              "52 54 00 00 00 01  00 00 00 00"
                              "52 54 00 00 00 01  00 00 00 00");
    CHECK(to_bytes(make_rarp_request(guest)) == padded(expected));
}

TEST_CASE("a RARP request is byte for byte QEMU's")
{
    const auto frames = captured("announce-qemu", ether_type::rarp);
    REQUIRE(!frames.empty());
    for (const Bytes& frame : frames)
        CHECK(to_bytes(make_rarp_request(guest)) == frame);
}

TEST_CASE("gratuitous ARP names its own address as sender and target, as RFC 5227 wants it")
{
    CHECK(to_bytes(make_gratuitous_arp_request(guest, ipv4("10.55.0.1"))) ==
          padded(from_hex("ff ff ff ff ff ff  52 54 00 00 00 01  08 06"
                          "00 01  08 00  06  04  00 01"
                          "52 54 00 00 00 01  0a 37 00 01"
                          "00 00 00 00 00 00  0a 37 00 01")));
    CHECK(to_bytes(make_gratuitous_arp_reply(guest, ipv4("10.55.0.1"))) ==
          padded(from_hex("ff ff ff ff ff ff  52 54 00 00 00 01  08 06"
                          "00 01  08 00  06  04  00 02"
                          "52 54 00 00 00 01  0a 37 00 01"
                          "52 54 00 00 00 01  0a 37 00 01")));
}

TEST_CASE("a gratuitous ARP request is byte for byte Linux's")
{
    const auto frames = captured("announce-linux", ether_type::arp, arp_operation::request);
    REQUIRE(!frames.empty());
    for (const Bytes& frame : frames)
        CHECK(to_bytes(make_gratuitous_arp_request(guest, ipv4("10.55.0.1"))) == padded(frame));
}

TEST_CASE("a gratuitous ARP reply is byte for byte BusyBox's")
{
    const auto frames = captured("announce-linux", ether_type::arp, arp_operation::reply);
    REQUIRE(!frames.empty());
    for (const Bytes& frame : frames)
        CHECK(to_bytes(make_gratuitous_arp_reply(guest, ipv4("10.55.0.1"))) == padded(frame));
}

TEST_CASE("an unsolicited neighbour advertisement is byte for byte Linux's")
{
    const auto frames = captured("announce-linux", ether_type::ipv6);
    REQUIRE(!frames.empty());
    for (const Bytes& frame : frames)
        CHECK(to_bytes(make_unsolicited_na(guest, ipv6("fd00:55::1"))) == frame);
}

TEST_CASE("a neighbour advertisement passes the checks of RFC 4861 section 7.1.2")
{
    const bool router = GENERATE(false, true);
    const Ipv6Address address = ipv6("fe80::5054:ff:fe00:1");
    const Bytes frame = to_bytes(make_unsolicited_na(guest, address, router));
    CHECK(frame.size() >= minimum_frame_size);

    const auto& ethernet = header_at<EthernetHeader>(frame.data());
    CHECK(ethernet.destination == mac("33:33:00:00:00:01"));
    CHECK(ethernet.source == guest);
    CHECK(ethernet.type.host() == ether_type::ipv6);

    const auto& ip = header_at<Ipv6Header>(frame.data() + 14);
    CHECK(ip.version() == 6);
    CHECK(ip.hop_limit == 255);
    CHECK(ip.next_header == ip_protocol::icmpv6);
    CHECK(ip.payload_length.host() == frame.size() - 54);
    CHECK(ip.source == address);
    CHECK(ip.destination == ipv6("ff02::1"));
    CHECK(verify_transport_checksum(ip.source, ip.destination, ip_protocol::icmpv6, from(frame, 54)));

    const auto& advertisement = header_at<NeighbourAdvertisement>(frame.data() + 54);
    CHECK(advertisement.type == 136);
    CHECK(advertisement.code == 0);
    CHECK(advertisement.flags.host() == (router ? 0xa000'0000u : 0x2000'0000u));
    CHECK(advertisement.target == address);
    CHECK(bytes_of(header_at<LinkLayerAddressOption>(frame.data() + 78)) == from_hex("02 01 52 54 00 00 00 01"));
}
