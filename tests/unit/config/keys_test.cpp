// Every key of ferryd.toml(5) is read into its field.
#include <catch2/catch.hpp>

#include "config/parse.hpp"

using namespace ferryd;

namespace {

const char* const every_key = R"(
[host]
name = "S"
vtep = "172.16.0.1"
vxlan_port = 8472
also = ["172.16.0.1:4789", "172.16.9.1"]
entropy_ports = [50000, 50999]
state = "/var/lib/ferry-s"

[dpdk]
hugepages = "never"
memory_mb = 256
buffers = 8192
buffer_size = 2304
pci = true
file_prefix = "ferry-s"
eal_arguments = ["--log-level", "8", "-d", "8"]

[workers]
count = 1
threads = 1
cpus = [0]
poll = "always"

[api]
socket = "/run/ferry/s.sock"
mode = "0600"

[underlay]
device = "net_af_packet0,iface=eth1"
queue_workers = [0, 0]
gateway_mac = "02:00:00:00:00:fe"
xdp_program = "/proc/version"
mtu = 1700
pending_frames = 32

[[vtep]]
address = "172.16.0.3"
mac = "02:00:00:00:00:03"

[[vtep]]
address = "172.16.0.4"

[[segment]]
vni = 100
learning = false
flood = ["172.16.0.4", "172.16.0.3"]

[[segment]]
vni = 0

[[fdb]]
vni = 100
mac = "52:54:00:00:00:09"
vtep = "172.16.0.3"

[[port]]
name = "vm0"
vni = 100
macs = ["52:54:00:00:00:01", "52-54-00-00-00-02"]
vhost_user = "/run/vm0.sock"
mode = "server"
queues = 4
hold_ms = 10000

[[port]]
name = "tap0"
vni = 0
device = "net_tap0,iface=vm1"
held = true
announcements = "frames"
worker = 0

[peers]
listen = "172.16.0.1:4790"
hosts = ["172.16.0.2:4790"]
ca = "/proc/version"
certificate = "/proc/cpuinfo"
key = "/proc/uptime"

[[peers.host]]
address = "[2001:DB8::1]:4790"
vtep = "172.16.0.5"
name = "D"
vnis = [100, "200-299"]

[[peers.host]]
address = "172.16.0.6:4790"
vnis = "all"

[dock]
bytes = 1000000
buffers = 1234

[move]
hold_ms = 1001
arm_ms = 102
merge_ms = 23
plain_ms = 14
detour_ms = 15
lease_ms = 5005
first_label = 0x100000
labels = 4096

[limits]
rows = 1000
transaction_rows = 100
segments = 10
vteps = 11
attachments = 12
flood_remotes = 13
turns = 14
detours = 16

[learning]
ageing_seconds = 60

[log]
level = "debug"
)";

ferry::MacAddress mac(const char* text)
{
    return *ferry::MacAddress::parse(text);
}

ferry::Ipv4Address ipv4(const char* text)
{
    return *ferry::Ipv4Address::parse(text);
}

}  // namespace

TEST_CASE("every key reaches its field")
{
    const ConfigResult result = parse_config_text(every_key, "t");
    if (!result)
        for (const ConfigError& error : result.error())
            UNSCOPED_INFO(error.to_string());
    REQUIRE(result);
    const Config& c = *result;

    CHECK(c.host.name == "S");
    CHECK(c.host.vtep == ipv4("172.16.0.1"));
    CHECK(c.host.vxlan_port == 8472);
    CHECK(c.host.also == std::vector<ferry::LocalVtep>{{c.host.vtep, 4789}, {*ferry::Ipv4Address::parse("172.16.9.1"), 4789}});
    CHECK(c.host.entropy_ports.first == 50000);
    CHECK(c.host.entropy_ports.last == 50999);

    CHECK(c.dpdk.hugepages == Hugepages::never);
    CHECK(c.dpdk.memory_mb == 256);
    CHECK(c.dpdk.buffers == 8192);
    CHECK(c.dpdk.buffer_size == 2304);
    CHECK(c.dpdk.pci);
    CHECK(c.dpdk.file_prefix == "ferry-s");
    CHECK(c.dpdk.eal_arguments == std::vector<std::string>{"--log-level", "8", "-d", "8"});

    CHECK(c.workers.count == 1);
    CHECK(c.workers.threads == 1U);
    CHECK(c.workers.cpus == std::vector<std::uint32_t>{0});
    CHECK(c.workers.poll == WorkersConfig::Poll::always);

    CHECK(c.api.socket == "/run/ferry/s.sock");
    CHECK(c.api.mode == 0600);

    CHECK(c.underlay.device == "net_af_packet0,iface=eth1");
    CHECK(c.underlay.queue_workers == std::vector<std::uint32_t>{0, 0});
    CHECK(c.underlay.gateway_mac == mac("02:00:00:00:00:fe"));
    CHECK(c.underlay.xdp_program == "/proc/version");
    CHECK(c.underlay.mtu == 1700);
    CHECK(c.underlay.pending_frames == 32);

    REQUIRE(c.vteps.size() == 2);
    CHECK(c.vteps[0].address == ipv4("172.16.0.3"));
    CHECK(c.vteps[0].mac == mac("02:00:00:00:00:03"));
    CHECK(c.vteps[1].mac == std::nullopt);

    REQUIRE(c.segments.size() == 2);
    CHECK(c.segments[0].vni.value() == 100);
    CHECK(!c.segments[0].learning);
    CHECK(c.segments[0].flood == std::vector{ipv4("172.16.0.4"), ipv4("172.16.0.3")});
    CHECK(c.segments[1].vni.value() == 0);
    CHECK(c.segments[1].learning);

    REQUIRE(c.fdb.size() == 1);
    CHECK(c.fdb[0].vni.value() == 100);
    CHECK(c.fdb[0].mac == mac("52:54:00:00:00:09"));
    CHECK(c.fdb[0].vtep == ipv4("172.16.0.3"));

    REQUIRE(c.ports.size() == 2);
    CHECK(c.ports[0].name == "vm0");
    CHECK(c.ports[0].macs == std::vector{mac("52:54:00:00:00:01"), mac("52:54:00:00:00:02")});
    REQUIRE(std::holds_alternative<VhostUserPort>(c.ports[0].kind));
    CHECK(std::get<VhostUserPort>(c.ports[0].kind).socket == "/run/vm0.sock");
    CHECK(!std::get<VhostUserPort>(c.ports[0].kind).client);
    CHECK(std::get<VhostUserPort>(c.ports[0].kind).queues == 4);
    CHECK(c.ports[1].vni.value() == 0);
    REQUIRE(std::holds_alternative<DevicePort>(c.ports[1].kind));
    CHECK(std::get<DevicePort>(c.ports[1].kind).device == "net_tap0,iface=vm1");

    CHECK(c.peers.listen == "172.16.0.1:4790");
    REQUIRE(c.peers.hosts.size() == 3);
    CHECK(c.peers.hosts[0].address == "172.16.0.2:4790");
    CHECK(c.peers.hosts[0].vtep.to_string() == "172.16.0.2");
    CHECK(!c.peers.hosts[0].name);
    CHECK(c.peers.hosts[0].vnis.to_string() == "all");
    CHECK(c.peers.hosts[1].address == "[2001:db8::1]:4790");
    CHECK(c.peers.hosts[1].vtep.to_string() == "172.16.0.5");
    CHECK(c.peers.hosts[1].name == "D");
    CHECK(c.peers.hosts[1].vnis.to_string() == "100, 200-299");
    CHECK(c.peers.hosts[2].vtep.to_string() == "172.16.0.6");
    CHECK(c.peers.hosts[2].vnis == VniSet::all());
    CHECK(!c.peers.insecure);
    REQUIRE(c.peers.tls);
    CHECK(c.peers.tls->ca == "/proc/version");
    CHECK(c.peers.tls->certificate == "/proc/cpuinfo");
    CHECK(c.peers.tls->key == "/proc/uptime");

    CHECK(c.limits.rows == 1000);
    CHECK(c.limits.transaction_rows == 100);
    CHECK(c.limits.segments == 10);
    CHECK(c.limits.vteps == 11);
    CHECK(c.limits.attachments == 12);
    CHECK(c.limits.flood_remotes == 13);
    CHECK(c.limits.turns == 14);
    CHECK(c.limits.detours == 16);
    CHECK(c.limits.first_label == 0x100000);
    CHECK(c.limits.labels == 4096);
    CHECK(c.host.state == "/var/lib/ferry-s");
    CHECK(c.ports[0].hold_ms == 10'000U);
    CHECK(!c.ports[1].hold_ms);
    CHECK(!c.ports[0].held);
    CHECK(c.ports[1].held);
    CHECK(c.ports[0].announcements == AnnouncementSource::kernel);
    CHECK(c.ports[1].announcements == AnnouncementSource::frames);
    CHECK_FALSE(c.ports[0].worker);
    CHECK(c.ports[1].worker == 0U);
    CHECK(c.dock.bytes == 1'000'000);
    CHECK(c.dock.buffers == 1'234);
    CHECK(c.move.hold_ms == 1'001);
    CHECK(c.move.arm_ms == 102);
    CHECK(c.move.merge_ms == 23);
    CHECK(c.move.plain_ms == 14);
    CHECK(c.move.detour_ms == 15);
    CHECK(c.move.lease_ms == 5'005);
    CHECK(c.ageing_seconds == 60);
    CHECK(c.log_level == "debug");
}

TEST_CASE("the host's interface reaches its field, and is none where it is left out")
{
    const std::string underlay = "[host]\nvtep = '172.16.0.1'\n[underlay]\ndevice = 'net_null0'\n";
    const ConfigResult with = parse_config_text(underlay + "host_interface = 'underlay0'\n", "t");
    REQUIRE(with);
    CHECK(with->underlay.host_interface == "underlay0");
    const ConfigResult without = parse_config_text(underlay, "t");
    REQUIRE(without);
    CHECK(without->underlay.host_interface.empty());
}

TEST_CASE("what is left out has its default")
{
    const ConfigResult result =
        parse_config_text("[host]\nvtep = '172.16.0.1'\n[underlay]\ndevice = 'net_null0'\n[[segment]]\nvni = 5\n"
                          "[[port]]\nname = 'p'\nvni = 5\nvhost_user = '/s'\n",
                          "t");
    REQUIRE(result);
    CHECK(!result->host.name.empty());
    CHECK(result->host.vxlan_port == 4789);
    CHECK(result->host.also.empty());
    CHECK(result->host.entropy_ports.first == 49152);
    CHECK(result->api.socket == "/run/ferry/ferryd.sock");
    CHECK(result->api.mode == 0660);
    CHECK(result->workers.poll == WorkersConfig::Poll::automatic);
    CHECK(result->underlay.mtu == 1600);
    CHECK(result->underlay.pending_frames == 16);
    CHECK(std::get<VhostUserPort>(result->ports[0].kind).client);
    CHECK(std::get<VhostUserPort>(result->ports[0].kind).queues == 1);
    CHECK(result->host.state == "/var/lib/ferry");
    CHECK(result->dock.bytes == 67'108'864);
    CHECK(result->dock.buffers == 13'312);
    CHECK(result->move.hold_ms == 2'000);
    CHECK(result->move.detour_ms == 2'000);
    CHECK(result->move.lease_ms == 30'000);
    CHECK(result->peers.listen.empty());
    CHECK(!result->peers.tls);
    CHECK(result->ageing_seconds == 300);
    CHECK(result->log_level == "info");
}

TEST_CASE("the example that is installed can be used as it is")
{
    const ConfigResult result = parse_config_file(FERRY_EXAMPLE_CONFIG);
    if (!result)
        for (const ConfigError& error : result.error())
            UNSCOPED_INFO(error.to_string());
    REQUIRE(result);
    CHECK(!result->ports.empty());
}
