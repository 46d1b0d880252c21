#include <catch2/catch.hpp>

#include <random>
#include <unordered_set>

#include <ferry/wire/address.hpp>

using namespace ferry;

TEST_CASE("a MAC address reads and writes its six bytes in the order sent")
{
    const auto mac = MacAddress::parse("52:54:00:ab:CD:0f");
    REQUIRE(mac);
    CHECK(mac->bytes == std::array<std::uint8_t, 6>{0x52, 0x54, 0x00, 0xab, 0xcd, 0x0f});
    CHECK(mac->to_string() == "52:54:00:ab:cd:0f");
    CHECK(mac->to_u48() == 0x525400abcd0f);
    CHECK(MacAddress::parse("52-54-00-ab-cd-0f") == mac);
    CHECK(broadcast_mac.to_string() == "ff:ff:ff:ff:ff:ff");
    CHECK(MacAddress{}.to_string() == "00:00:00:00:00:00");
}

TEST_CASE("anything but six pairs of hex digits with one kind of separator is no MAC address")
{
    const char* text = GENERATE("", "52:54:00:00:00", "52:54:00:00:00:0", "52:54:00:00:00:001", "52:54:00:00:00:01 ",
                                " 52:54:00:00:00:01", "52:54:00:00:00:01:02", "525400000001", "5254.0000.0001",
                                "52:54-00:00:00:01", "52-54-00-00-00:01", "5g:54:00:00:00:01", "52:54:00:00:00:0x",
                                "52:54:00:00:00:-1", "52.54.00.00.00.01", "52:54:00:00:00:+1", "0x:54:00:00:00:01");
    INFO(text);
    CHECK_FALSE(MacAddress::parse(text));
}

TEST_CASE("MAC addresses survive text, numbers and sorting")
{
    std::mt19937_64 random(1);
    for (int i = 0; i < 1000; ++i) {
        const std::uint64_t a = random() >> 16, b = random() >> 16;
        const MacAddress mac = MacAddress::from_u48(a);
        CHECK(mac.to_u48() == a);
        CHECK(MacAddress::parse(mac.to_string()) == mac);
        CHECK((mac < MacAddress::from_u48(b)) == (a < b));
    }
}

TEST_CASE("the group bit makes a MAC multicast")
{
    CHECK(broadcast_mac.is_multicast());
    CHECK(MacAddress::parse("33:33:00:00:00:01")->is_multicast());
    CHECK(MacAddress::parse("01:00:5e:00:00:01")->is_multicast());
    CHECK_FALSE(MacAddress::parse("52:54:00:00:00:01")->is_multicast());
    CHECK_FALSE(MacAddress{}.is_multicast());
    CHECK(MacAddress{}.is_zero());
    CHECK_FALSE(broadcast_mac.is_zero());
}

TEST_CASE("an IPv4 address reads and writes dotted quads")
{
    const auto address = Ipv4Address::parse("172.16.0.1");
    REQUIRE(address);
    CHECK(address->host() == 0xac100001);
    CHECK(address->to_string() == "172.16.0.1");
    CHECK(Ipv4Address::parse("0.0.0.0")->is_zero());
    CHECK(Ipv4Address::parse("255.255.255.255")->host() == 0xffffffff);
    CHECK(Ipv4Address::parse("224.0.0.1")->is_multicast());
    CHECK(Ipv4Address::parse("239.255.255.255")->is_multicast());
    CHECK_FALSE(Ipv4Address::parse("223.255.255.255")->is_multicast());
    CHECK_FALSE(Ipv4Address::parse("240.0.0.0")->is_multicast());
}

TEST_CASE("anything but four decimal bytes is no IPv4 address")
{
    const std::string text =
        GENERATE(as<std::string>{}, "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-4", "1.2.3.4 ", " 1.2.3.4",
                 "1.2.3.4/24", "1.2.3.", ".1.2.3", "1..2.3", "0x1.2.3.4", "16909060", "1.2.3.04", "a.b.c.d", "::1",
                 "1.2.3.4.", std::string("1.2.3.4\0", 8), std::string(100, '1'));
    INFO(text);
    CHECK_FALSE(Ipv4Address::parse(text));
}

TEST_CASE("IPv6 text is canonical as RFC 5952 wants it")
{
    // Text as given, and as written.
    const auto [given, canonical] = GENERATE(table<std::string, std::string>({
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},     // RFC 5952 §4.2.3: the first of two equal runs
        {"2001:0db8::0001", "2001:db8::1"},                // §4.1: no leading zeros
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // §4.2.2: one zero group is not shortened
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},           // §4.2.3: the longest run
        {"2001:DB8::AAAA", "2001:db8::aaaa"},              // §4.3: lower case
        {"::", "::"},
        {"::1", "::1"},
        {"fe80::", "fe80::"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},  // §5: a known prefix with an IPv4 address in it
    }));
    INFO(given);
    const auto address = Ipv6Address::parse(given);
    REQUIRE(address);
    CHECK(address->to_string() == canonical);
    CHECK(Ipv6Address::parse(canonical) == address);
}

TEST_CASE("IPv6 addresses keep the order of their bytes")
{
    CHECK(Ipv6Address::parse("102:304:506:708:90a:b0c:d0e:f10")->bytes ==
          std::array<std::uint8_t, 16>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
}

TEST_CASE("anything but the forms of RFC 4291 is no IPv6 address")
{
    const std::string text =
        GENERATE(as<std::string>{}, "", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
                 "12345::", "g::", "fe80::1%eth0", "::1/64", "[::1]", " ::1", "::1 ", "1.2.3.4", "::1.2.3",
                 "::1.2.3.256", std::string("::1\0", 4), std::string(200, ':'));
    INFO(text);
    CHECK_FALSE(Ipv6Address::parse(text));
}

TEST_CASE("random IPv4 and IPv6 addresses survive text")
{
    std::mt19937 random(2);
    for (int i = 0; i < 1000; ++i) {
        const auto v4 = Ipv4Address::from_host(static_cast<std::uint32_t>(random()));
        CHECK(Ipv4Address::parse(v4.to_string()) == v4);

        Ipv6Address v6;
        for (auto& byte : v6.bytes)
            byte = random() % 3 == 0 ? static_cast<std::uint8_t>(random()) : std::uint8_t{0};
        CHECK(Ipv6Address::parse(v6.to_string()) == v6);
    }
}

TEST_CASE("a VNI has 24 bits")
{
    CHECK(Vni::make(0)->value() == 0);
    CHECK(Vni::make(0xffffff)->value() == 0xffffff);
    CHECK_FALSE(Vni::make(0x1000000));
    CHECK_FALSE(Vni::make(0xffffffff));
    CHECK(*Vni::make(100) < *Vni::make(101));
}

TEST_CASE("addresses can be keys of unordered containers")
{
    std::unordered_set<MacAddress> macs{broadcast_mac, broadcast_mac, MacAddress{}};
    CHECK(macs.size() == 2);
    std::unordered_set<Ipv4Address> addresses{Ipv4Address::from_host(1), Ipv4Address::from_host(2)};
    CHECK(addresses.count(Ipv4Address::from_host(2)) == 1);
    std::unordered_set<Vni> vnis{*Vni::make(7), *Vni::make(7)};
    CHECK(vnis.size() == 1);
}
