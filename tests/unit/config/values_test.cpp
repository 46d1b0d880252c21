// The rules of single values, which ferryd.toml, ferryctl and the API share.
#include <tuple>

#include <catch2/catch.hpp>

#include "config/values.hpp"

using namespace ferryd;

TEST_CASE("port names")
{
    for (const char* good : {"a", "vm0", "VM-0_1.2", "0", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
        CHECK(parse_port_name(good));
    for (const char* bad : {"", "-a", ".a", "_a", "a b", "a/b", "ä", "underlay", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
        CHECK(!parse_port_name(bad));
}

TEST_CASE("addresses with ports, in canonical form")
{
    CHECK(parse_endpoint("172.16.0.1:4790").value() == "172.16.0.1:4790");
    CHECK(parse_endpoint("[2001:0DB8::0:1]:1").value() == "[2001:db8::1]:1");
    for (const char* bad : {"", ":", "172.16.0.1", "172.16.0.1:", "172.16.0.1:0", "172.16.0.1:65536", "172.16.0.1:-1",
                            "172.16.0.1:4790 ", "host:4790", "2001:db8::1:4790", "[]:4790", "[172.16.0.1]:4790"})
        CHECK(!parse_endpoint(bad));
}

TEST_CASE("local VTEPs")
{
    const auto address = *ferry::Ipv4Address::parse("172.16.0.9");
    CHECK(parse_local_vtep("172.16.0.9") == ferry::LocalVtep{address, 4789});
    CHECK(parse_local_vtep("172.16.0.9:8472") == ferry::LocalVtep{address, 8472});
    for (const char* bad : {"", ":4789", "172.16.0.9:", "172.16.0.9:0", "172.16.0.9:65536", "172.16.0.9:1:2", "239.1.1.1", "fd00::1"})
        CHECK(!parse_local_vtep(bad));
}

TEST_CASE("devices")
{
    for (const char* good : {"net_null0", "net_af_packet0,iface=eth1", "0000:01:00.0", "01:00.7,a=b"})
        CHECK(parse_device(good));
    for (const char* bad : {"", ",iface=eth1", "eth1", "crypto_null0", "01:00.8", "net_tap0 iface", "net_tap0\n"})
        CHECK(!parse_device(bad));
    CHECK(is_pci_device("0000:01:00.0,x=1"));
    CHECK(!is_pci_device("net_tap0"));
    for (const auto& [device, pci, fits] : {std::tuple("0000:01:00.0", true, true), std::tuple("0000:01:00.0", false, false),
                                           std::tuple("net_af_xdp0,iface=x", true, false), std::tuple("net_af_xdp0,iface=x", false, true),
                                           std::tuple("net_tap0", true, true), std::tuple("net_tap0", false, true)})
        CHECK(at_odds_with_pci(device, pci).has_value() != fits);
    CHECK(device_name("net_tap0,iface=x") == "net_tap0");
}

TEST_CASE("BPF objects stand among device arguments")
{
    CHECK(parse_program_path("/usr/lib/ferry/steer.bpf.o") == std::filesystem::path("/usr/lib/ferry/steer.bpf.o"));
    for (const char* bad : {"", "steer.bpf.o", "/a,b", "/a b", "/a\n", "/lib/"})
        CHECK(!parse_program_path(bad));
}

TEST_CASE("VTEP addresses")
{
    CHECK(parse_vtep_address("10.0.0.1"));
    for (const char* bad : {"0.0.0.0", "255.255.255.255", "127.0.0.1", "239.1.1.1", "10.0.0.256", "10.0.0.1 ", "::1"})
        CHECK(!parse_vtep_address(bad));
}

TEST_CASE("socket permissions")
{
    CHECK(parse_socket_mode("0660").value() == 0660);
    CHECK(parse_socket_mode("777").value() == 0777);
    for (const char* bad : {"", "8", "1000", "0o660", "-1", "0660 "})
        CHECK(!parse_socket_mode(bad));
}

TEST_CASE("a message quotes what it was given, on one line")
{
    CHECK(in_quotes("a\nb\xff") == "\"a\\x0ab\\xff\"");
    CHECK(in_quotes(std::string(100, 'x')) == "\"" + std::string(80, 'x') + "…\"");
}
