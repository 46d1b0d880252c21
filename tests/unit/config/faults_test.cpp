// Faulty configurations and, line by line, what ferryd says of them.
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "config/parse.hpp"

namespace {

using Lines = std::vector<std::string>;

Lines faults_of(const std::string& text)
{
    const ferryd::ConfigResult result = ferryd::parse_config_text(text, "t");
    Lines lines;
    if (!result)
        for (const ferryd::ConfigError& error : result.error())
            lines.push_back(error.to_string());
    return lines;
}

/// The smallest configuration: 4 lines, without a fault.
const std::string least = "[host]\nvtep = '172.16.0.1'\n[underlay]\ndevice = 'net_null0'\n";

/// What `more`, from line 5 on, adds to it.
Lines faults_after_least(const std::string& more)
{
    return faults_of(least + more);
}

const std::string vtep = "[[vtep]]\naddress = '172.16.0.3'\nmac = '02:00:00:00:00:03'\n";  // 3 lines
const std::string segment = "[[segment]]\nvni = 100\n";                                    // 2 lines

}  // namespace

TEST_CASE("the smallest configuration has no fault")
{
    CHECK(faults_of(least) == Lines{});
}

TEST_CASE("what must be there is asked for")
{
    CHECK(faults_of("") ==
          Lines{"t: host.vtep: is missing; give this host's VTEP address",
                "t: underlay.device: is missing; give DPDK device arguments, such as \"net_af_packet0,iface=eth1\""});
    CHECK(faults_after_least("[[vtep]]\nmac = '02:00:00:00:00:03'\n") ==
          Lines{"t:5:1: vtep.address: is missing; give the remote VTEP's IPv4 address"});
    CHECK(faults_after_least("[[segment]]\n") == Lines{"t:5:1: segment.vni: is missing; give the segment's VNI"});
    CHECK(faults_after_least("[[fdb]]\n") ==
          Lines{"t:5:1: fdb.vni: is missing; give the VNI of a segment",
                "t:5:1: fdb.mac: is missing; give the endpoint's MAC address",
                "t:5:1: fdb.vtep: is missing; give the address of the VTEP behind which the endpoint is"});
    CHECK(faults_after_least("[[port]]\n") ==
          Lines{"t:5:1: port.name: is missing; give the port's name",
                "t:5:1: port.vni: is missing; give the VNI of a segment",
                "t:5:1: port: has neither vhost_user nor device; give a socket's path or DPDK device arguments"});
}

TEST_CASE("each value is held against its range, with its place in the file")
{
    const auto check = [](const std::string& more, const std::string& fault) {
        INFO(more);
        CHECK(faults_after_least(more) == Lines{"t:" + fault});
    };
    check("[[segment]]\nvni = 16777216\n", "6:7: segment.vni: 16777216 is not allowed; a VNI is 0 to 16777215");
    check("[[segment]]\nvni = -1\n", "6:7: segment.vni: -1 is not allowed; a VNI is 0 to 16777215");
    check("[[segment]]\n  vni =   '100'\n", "6:11: segment.vni: must be an integer, not text");
    check(segment + "learning = 1\n", "7:12: segment.learning: must be true or false, not an integer");
    check(segment + "flood = '172.16.0.3'\n", "7:9: segment.flood: must be a list of text in quotes in [ ], not text");
    check(segment + "flood = [3]\n", "7:10: segment.flood: must be text in quotes, not an integer");
    check(vtep + segment + "flood = ['172.16.0.3',\n'172.16.0.3']\n",
          "11:1: segment.flood: \"172.16.0.3\" stands in the list twice");
    check("[[vtep]]\naddress = '172.16.0'\nmac = '02:00:00:00:00:03'\n",
          "6:11: vtep.address: \"172.16.0\" is not an IPv4 address; write one like \"172.16.0.1\"");
    check("[[vtep]]\naddress = '224.0.0.1'\nmac = '02:00:00:00:00:03'\n",
          "6:11: vtep.address: \"224.0.0.1\" is not allowed; a VTEP has a unicast IPv4 address that is not a loopback "
          "one");
    check("[[vtep]]\naddress = '172.16.0.3'\nmac = '03:00:00:00:00:03'\n",
          "7:7: vtep.mac: \"03:00:00:00:00:03\" is not allowed; it is a multicast MAC address, give a unicast one");
    check("[dpdk]\nhugepages = 'yes'\n",
          "6:13: dpdk.hugepages: \"yes\" is not allowed; choose one of \"auto\", \"never\", \"required\"");
    check("[dpdk]\nmemory_mb = 64.0\n", "6:13: dpdk.memory_mb: must be an integer, not a fraction");
    check("[workers]\ncount = 0\n", "6:9: workers.count: 0 is not allowed; give 1 to 64");
    check("[api]\nsocket = 'ferryd.sock'\n",
          "6:10: api.socket: \"ferryd.sock\" is not allowed; a socket's path is absolute");
    check("[api]\nmode = '0999'\n",
          "6:8: api.mode: \"0999\" is not allowed; permissions are octal digits like \"0660\", at most \"0777\"");
    check("[api]\nmode = 660\n", "6:8: api.mode: must be text in quotes, not an integer");
    check("[log]\nlevel = 'loud'\n",
          "6:9: log.level: \"loud\" is not allowed; choose one of \"trace\", \"debug\", \"info\", "
          "\"warn\", \"error\"");
    check("[learning]\nageing_seconds = 4294967296\n",
          "6:18: learning.ageing_seconds: 4294967296 is not allowed; give 0 to 4294967295");
    check("[peers]\ninsecure = true\nlisten = '172.16.0.1'\n",
          "7:10: peers.listen: \"172.16.0.1\" is not an address and port; write one like \"172.16.0.1:4790\" or "
          "\"[2001:db8::1]:4790\"");
    check("[limits]\nsegments = 65535\n", "6:12: limits.segments: 65535 is not allowed; give 1 to 65534");
    check("device = 'net_tap0'\n",
          "5:10: is not TOML: Error while parsing key-value pair: cannot redefine existing string 'device'");
}

TEST_CASE("a host interface is a name, and for an underlay that ferryd has alone")
{
    const auto faults = [](const std::string& device, const std::string& name) {
        return faults_of("[host]\nvtep = '172.16.0.1'\n[underlay]\ndevice = '" + device + "'\nhost_interface = '" + name +
                         "'\n");
    };
    for (const char* alone : {"net_tap0,iface=x", "net_memif0", "net_pcap0,rx_pcap=x,tx_pcap=y"})
        CHECK(faults(alone, "underlay0") == Lines{});
    const std::string small = "\n[dpdk]\nbuffer_size = 1749\n[underlay]\nmtu = 1600\ndevice = 'net_null0'\n";
    CHECK(faults_of("[host]\nvtep = '172.16.0.1'" + small) == Lines{});
    CHECK(faults_of("[host]\nvtep = '172.16.0.1'" + small + "host_interface = 'underlay0'\n") ==
          Lines{"t:4:15: dpdk.buffer_size: 1749 is too small for an underlay of MTU 1600; give at least 1750"});
    const std::string place = "t:5:18: underlay.host_interface: ";
    for (const char* kernels : {"net_af_packet0", "net_af_xdp0", "net_pcap0"})
        CHECK(faults(std::string(kernels) + ",iface=eth1", "underlay0") ==
              Lines{place + "is not for " + kernels + ", whose interface stays the kernel's; leave it out"});
    for (const char* name : {"", "sixteen-letters-", "a b", "a/b", "a:b", "tap%d", ".", ".."})
        CHECK(faults("net_null0", name) == Lines{place + '"' + name +
                                                 "\" is not an interface's name; give 1 to 15 characters without spaces, "
                                                 "'/', ':' and '%'"});
}

TEST_CASE("a socket's path has at most 107 bytes")
{
    const std::string longest = "/" + std::string(106, 'p');
    CHECK(faults_after_least("[api]\nsocket = '" + longest + "'\n") == Lines{});
    const Lines faults = faults_after_least("[api]\nsocket = '" + longest + "p'\n");
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].find("t:6:10: api.socket:") == 0);
    CHECK(faults[0].find("has 108 bytes; a socket's path has at most 107") != std::string::npos);
}

TEST_CASE("an unknown key is a fault, with the nearest one that exists")
{
    CHECK(faults_after_least("[workers]\nconut = 1\n") ==
          Lines{"t:6:1: workers.conut: is not a key; did you mean \"count\"?"});
    CHECK(faults_after_least("[workers]\nnumber = 1\n") ==
          Lines{"t:6:1: workers.number: is not a key; known are count, cpus, poll, threads"});
    CHECK(faults_after_least("[pears]\n") == Lines{"t:5:2: pears: is not a key; did you mean \"peers\"?"});
    CHECK(faults_after_least(segment + "leaning = false\n") ==
          Lines{"t:7:1: segment.leaning: is not a key; did you mean \"learning\"?"});
}

TEST_CASE("sections that stand once and lists of sections are told apart")
{
    CHECK(faults_of("[[host]]\nvtep = '172.16.0.1'\n[underlay]\ndevice = 'net_null0'\n") ==
          Lines{"t: host.vtep: is missing; give this host's VTEP address",
                "t:1:1: host: is a section that stands once; write [host] and its keys below"});
    CHECK(faults_after_least("[segment]\nvni = 1\n") ==
          Lines{"t:5:1: segment: may stand several times; write [[segment]] and its keys below, for each"});
}

TEST_CASE("duplicates are faults")
{
    const auto check = [](const std::string& more, const std::string& fault) {
        INFO(more);
        CHECK(faults_after_least(more) == Lines{"t:" + fault});
    };
    const auto port = [](const char* name, const char* kind, const char* macs = "") {
        return std::string("[[port]]\nvni = 100\nname = '") + name + "'\n" + kind + "\n" + macs + "\n";  // 5 lines
    };
    check(vtep + vtep, "9:11: vtep.address: 172.16.0.3 is taken already");
    check(segment + segment, "8:7: segment.vni: VNI 100 is taken already");
    const std::string row = "[[fdb]]\nvni = 100\nmac = '02:00:00:00:01:01'\nvtep = '172.16.0.3'\n";
    check(vtep + segment + row + row, "16:7: fdb.mac: 02:00:00:00:01:01 of VNI 100 is taken already");
    check(segment + port("a", "vhost_user = '/s'") + port("a", "vhost_user = '/t'"),
          "14:8: port.name: \"a\" is taken already");
    check(segment + port("a", "vhost_user = '/s'") + port("b", "vhost_user = '/s'"),
          "15:14: port.vhost_user: \"/s\" is taken already");
    check(segment + port("a", "vhost_user = '/run/ferry/ferryd.sock'"),
          "10:14: port.vhost_user: \"/run/ferry/ferryd.sock\" is taken already");
    check(segment + port("a", "device = 'net_tap0,iface=a'") + port("b", "device = 'net_tap0,iface=b'"),
          "15:10: port.device: \"net_tap0\" is taken already");
    check(segment + port("a", "device = 'net_null0'"), "10:10: port.device: \"net_null0\" is taken already");
    check(segment + port("a", "vhost_user = '/s'", "macs = ['02:00:00:00:00:0a']") +
              port("b", "vhost_user = '/t'", "macs = ['02:00:00:00:00:0b', '02:00:00:00:00:0A']"),
          "16:30: port.macs: 02:00:00:00:00:0a of VNI 100 is taken already");
    check("[workers]\ncount = 2\ncpus = [0, 0]\n", "7:12: workers.cpus: CPU 0 is taken already");
    check("[peers]\nlisten = '172.16.0.1:1'\ninsecure = true\nhosts = ['172.16.0.2:1', '172.16.0.2:1']\n",
          "8:26: peers.hosts: \"172.16.0.2:1\" stands in the list twice");
    check("[peers]\nlisten = '172.16.0.1:1'\ninsecure = true\nhosts = ['172.16.0.2:1', '172.16.0.1:1']\n",
          "8:26: peers.hosts: 172.16.0.1:1 is this host's own address; hosts are the others");
}

TEST_CASE("references lead somewhere")
{
    CHECK(faults_after_least(segment + "flood = ['172.16.0.4']\n") ==
          Lines{"t:7:10: segment.flood: there is no VTEP 172.16.0.4; add a [[vtep]] with address = \"172.16.0.4\""});
    CHECK(faults_after_least(vtep + "[[fdb]]\nvni = 7\nmac = '02:00:00:00:01:01'\nvtep = '172.16.0.4'\n") ==
          Lines{"t:9:7: fdb.vni: there is no segment of VNI 7; add a [[segment]] with vni = 7",
                "t:11:8: fdb.vtep: there is no VTEP 172.16.0.4; add a [[vtep]] with address = \"172.16.0.4\""});
    CHECK(faults_after_least("[[port]]\nname = 'a'\nvni = 7\ndevice = 'net_tap0'\n") ==
          Lines{"t:7:7: port.vni: there is no segment of VNI 7; add a [[segment]] with vni = 7"});
    CHECK(faults_after_least("[[vtep]]\naddress = '172.16.0.1'\nmac = '02:00:00:00:00:03'\n") ==
          Lines{"t:6:11: vtep.address: 172.16.0.1 is this host's own VTEP; [[vtep]] is for the others"});
    CHECK(faults_after_least("[[vtep]]\naddress = '172.16.0.3'\n") ==
          Lines{"t:5:1: vtep: has no mac, and [underlay] has no gateway_mac and no interface (iface=, or host_interface) "
                "that the kernel could tell one for; give a mac"});
    CHECK(faults_of("[host]\nvtep = '172.16.0.1'\n[underlay]\ndevice = 'net_af_packet0,iface=eth1'\n[[vtep]]\naddress = '172.16.0.3'\n") ==
          Lines{});
    CHECK(faults_after_least("gateway_mac = '02:00:00:00:00:01'\n[[vtep]]\naddress = '172.16.0.3'\n") == Lines{});
}

TEST_CASE("a faulty definition is one fault, not one for each reference to it")
{
    CHECK(faults_after_least("[[segment]]\nvni = 16777216\n[[port]]\nname = 'a'\nvni = 7\ndevice = 'net_tap0'\n")
              .size() == 1);
    CHECK(faults_after_least("[[vtep]]\naddress = 'x'\nmac = '02:00:00:00:00:03'\n" + segment +
                             "flood = ['172.16.0.3']\n")
              .size() == 1);
}

TEST_CASE("further local VTEPs are neither the host's own nor a remote one")
{
    const auto faults = [](const std::string& also, const std::string& more = "") {
        return faults_of("[host]\nvtep = '172.16.0.1'\nalso = [" + also + "]\n[underlay]\ndevice = 'net_null0'\n" + more);
    };
    CHECK(faults("'172.16.0.1:8472', '172.16.0.9'") == Lines{});
    CHECK(faults("'172.16.0.9', '172.16.0.1'") == Lines{"t:3:23: host.also: is vtep and vxlan_port, which need not be here"});
    CHECK(faults("'172.16.0.3'", vtep) ==
          Lines{"t:7:11: vtep.address: 172.16.0.3 is this host's own VTEP; [[vtep]] is for the others"});
    CHECK(faults("'172.16.0.9', '172.16.0.9'").size() == 1);
    std::string many;
    for (int i = 0; i < 17; ++i)
        many += (i > 0 ? ", '172.16.0.9:" : "'172.16.0.9:") + std::to_string(5000 + i) + "'";
    CHECK(faults(many) == Lines{"t:3:8: host.also: has 17 local VTEPs; 16 are the most"});
}

TEST_CASE("values that belong together fit")
{
    const auto check = [](const std::string& text, const std::string& fault) {
        INFO(text);
        CHECK(faults_after_least(text) == Lines{"t:" + fault});
    };
    check("[workers]\ncount = 2\ncpus = [0]\n",
          "7:8: workers.cpus: has 1 CPUs for 2 workers; name one for each thread that may run them, or leave cpus out");
    check("[workers]\ncount = 2\nthreads = 3\n", "7:11: workers.threads: 3 threads for 2 workers; a worker is run by one thread");
    check("queue_workers = [0, 1]\n",
          "5:21: underlay.queue_workers: there is no worker 1; workers.count is 1, and they are numbered from 0 on");
    check("[[port]]\nname = 'a'\nvni = 100\nvhost_user = '/s'\nworker = 1\n" + segment,
          "9:10: port.worker: there is no worker 1; workers.count is 1, and they are numbered from 0 on");
    check("[dpdk]\nmemory_mb = 32\n",
          "6:13: dpdk.memory_mb: 32 MiB do not hold 16384 buffers of 2176 bytes; they take 38 MiB");
    check("mtu = 9000\n[dpdk]\nbuffer_size = 2176\n",
          "7:15: dpdk.buffer_size: 2176 is too small for an underlay of MTU 9000; give at least 9142");
    check("[host.more]\n", "5:7: host.more: is not a key; known are also, entropy_ports, name, state, vtep, vxlan_port");
    check("[limits]\nrows = 100\n", "5:1: limits.transaction_rows: 16384 is more than limits.rows, which is 100");
    check("[limits]\nsegments = 1\n" + segment + "[[segment]]\nvni = 101\n",
          "6:12: limits.segments: 1 is too low; the configuration has 2 segments");
    check("[[port]]\nname = 'a'\nvni = 100\ndevice = '0000:01:00.0'\n" + segment,
          "8:10: port.device: is a PCI device; set pci = true under [dpdk]");
    check("[dpdk]\npci = true\n[[port]]\nname = 'a'\nvni = 100\ndevice = 'net_af_xdp0,iface=x'\n" + segment,
          "10:10: port.device: is of AF_XDP, whose buffers the kernel must find without the gaps that PCI devices need; leave out pci "
          "under [dpdk], or use net_af_packet");
    check("[[port]]\nname = 'a'\nvni = 100\ndevice = 'net_tap0'\nqueues = 2\n" + segment,
          "9:10: port.queues: is for vhost_user ports only");
    check("[[port]]\nname = 'a'\nvni = 100\nvhost_user = '/s'\nheld = true\n" + segment,
          "9:8: port.held: is for device ports only; a vhost_user port's rings tell when its VM runs");
    check("[[port]]\nname = 'a'\nvni = 100\nvhost_user = '/s'\nannouncements = 'kernel'\n" + segment,
          "9:17: port.announcements: is for device ports only; a vhost_user port's rings tell when its VM runs");
    check("[[port]]\nname = 'a'\nvni = 100\nvhost_user = '/s'\ndevice = 'net_tap0'\n" + segment,
          "9:10: port.device: is not allowed beside vhost_user; a port is one or the other");
}

TEST_CASE("host-to-host messages are under TLS, or in plain text where that is said")
{
    CHECK(faults_after_least("[peers]\nlisten = '172.16.0.1:4790'\n") ==
          Lines{"t:5:1: peers.ca: is missing; give the file of the authority that signed the hosts' certificates, or "
                "insecure = "
                "true for plain text",
                "t:5:1: peers.certificate: is missing; give this host's certificate file, or insecure = true for plain "
                "text",
                "t:5:1: peers.key: is missing; give the file of the certificate's private key, or insecure = true for "
                "plain "
                "text"});
    CHECK(faults_after_least("[peers]\nlisten = '172.16.0.1:4790'\ninsecure = true\n") == Lines{});
    const Lines both =
        faults_after_least("[peers]\nlisten = '172.16.0.1:4790'\ninsecure = true\nca = '/proc/version'\n");
    CHECK(both == Lines{"t:7:12: peers.insecure: must not be true where ca, certificate or key is given; choose TLS or "
                        "plain text"});
    const std::string there = "ca = '/proc/version'\ncertificate = '/proc/version'\n";
    CHECK(faults_after_least("[peers]\nlisten = '172.16.0.1:4790'\n" + there + "key = '/proc/none'\n") ==
          Lines{"t:9:7: peers.key: \"/proc/none\" cannot be read; give a file in PEM"});
    CHECK(faults_after_least("[peers]\nhosts = ['172.16.0.2:4790']\ninsecure = true\n") ==
          Lines{"t:5:1: peers.listen: is missing; give the address and port on which the other hosts reach this one"});
}

TEST_CASE("the number of peers is bounded")
{
    const auto with_hosts = [](int count) {
        std::string hosts;
        for (int i = 0; i < count; ++i)
            hosts += "'10.0." + std::to_string(i / 100) + "." + std::to_string(i % 100 + 1) + ":4790', ";
        return faults_after_least("[peers]\nlisten = '172.16.0.1:4790'\ninsecure = true\nhosts = [" + hosts + "]\n");
    };
    CHECK(with_hosts(256) == Lines{});
    CHECK(with_hosts(257) == Lines{"t:8:9: peers.hosts: has 257 hosts; give 256 at most"});
}

TEST_CASE("a peer is one host, in one place, and not this one")
{
    const std::string peers = "[peers]\nlisten = '172.16.0.1:1'\ninsecure = true\n";  // lines 5 to 7
    const auto check = [&](const std::string& more, const Lines& faults) {
        INFO(more);
        CHECK(faults_of("[host]\nvtep = '172.16.0.1'\nname = 'S'\n[underlay]\ndevice = 'net_null0'\n" + peers + more) ==
              faults);
    };
    const std::string d = "[[peers.host]]\naddress = '10.0.0.2:1'\nvtep = '172.16.0.2'\nname = 'D'\n";  // from line 9 on
    check(d + "vnis = [1, '2-3', '4']\n", {});
    check("[[peers.host]]\n", {"t:9:1: peers.host.address: is missing; give the address and port on which the host is reached"});
    check("[[peers.host]]\naddress = '[2001:db8::1]:1'\n",
          {"t:9:1: peers.host: has no vtep, and its address is none; give vtep"});
    check("hosts = ['[2001:db8::1]:1']\n", {"t:9:9: peers.hosts: [2001:db8::1]:1 is not the address of a VTEP; write "
                                            "[[peers.host]] with address and vtep"});
    check(d + "[[peers.host]]\naddress = '10.0.0.3:1'\nvtep = '172.16.0.2'\nname = 'D'\n",
          {"t:15:8: peers.host.vtep: 172.16.0.2 is taken already", "t:16:8: peers.host.name: \"D\" is taken already"});
    check("hosts = ['10.0.0.2:1']\n" + d, {"t:11:11: peers.host.address: 10.0.0.2:1 is taken already"});
    check("[[peers.host]]\naddress = '10.0.0.1:1'\nvtep = '172.16.0.1'\nname = 'S'\n",
          {"t:11:8: peers.host.vtep: 172.16.0.1 is this host's own VTEP; hosts are the others",
           "t:12:8: peers.host.name: \"S\" is this host's own name"});
    check(d + "vnis = ['3-2']\n",
          {"t:13:9: peers.host.vnis: \"3-2\" is not a range of VNIs; write one like \"200-299\", from 0 to 16777215"});
    check(d + "vnis = [16777216]\n", {"t:13:9: peers.host.vnis: 16777216 is not allowed; a VNI is 0 to 16777215"});
    check(d + "vnis = 'some'\n",
          {"t:13:8: peers.host.vnis: must be a list of VNIs and ranges, such as [100, \"200-299\"], or \"all\""});
    check("host = 'D'\n",
          {"t:9:8: peers.host: may stand several times; write [[peers.host]] and its keys below, for each"});
}

TEST_CASE("what is reserved for moves is not a segment's, and receiving keeps its buffers")
{
    CHECK(faults_after_least("[[segment]]\nvni = 15728640\n") ==
          Lines{"t:6:7: segment.vni: 15728640 is among the VNIs 15728640 to 15794175, which are reserved for moves; see "
                "move.first_label"});
    CHECK(faults_after_least("[[segment]]\nvni = 15794176\n") == Lines{});
    CHECK(faults_after_least("[move]\nfirst_label = 101\nlabels = 3\n") ==
          Lines{"t:6:15: move.first_label: 101 is odd; give an even VNI",
                "t:7:10: move.labels: 3 is odd; a move takes two labels"});
    CHECK(faults_after_least("[move]\nfirst_label = 0xffff00\nlabels = 256\n") ==
          Lines{"t:7:10: move.labels: 256 labels from 16776960 on go beyond VNI 16777214"});
    CHECK(faults_after_least("[move]\nfirst_label = 0xffff00\nlabels = 254\n") == Lines{});
    CHECK(faults_after_least("[dock]\nbuffers = 13313\n") ==
          Lines{"t:6:11: dock.buffers: 13313 leave receiving too few of the 16384 buffers; give 13312 at most, or raise "
                "dpdk.buffers"});
    CHECK(faults_after_least("[dpdk]\nbuffers = 1024\n[dock]\nbuffers = 256\n") == Lines{});
    CHECK(faults_of("[host]\nvtep = '172.16.0.1'\nstate = 'here'\n[underlay]\ndevice = 'net_null0'\n") ==
          Lines{"t:3:9: host.state: \"here\" is not allowed; give the absolute path of a folder"});
}

TEST_CASE("all faults are told at once, in the order of the file")
{
    const Lines faults =
        faults_after_least("[workers]\ncount = 0\n[[segment]]\nvni = -1\n[[segment]]\nvni = 1.5\n[lmits]\n");
    REQUIRE(faults.size() == 4);
    CHECK(std::is_sorted(faults.begin(), faults.end(), [](const std::string& a, const std::string& b) {
        return std::stoi(a.substr(2)) < std::stoi(b.substr(2));
    }));
}

TEST_CASE("a file that cannot be read is a fault of its own")
{
    const ferryd::ConfigResult none = ferryd::parse_config_file("/proc/none.toml");
    REQUIRE(!none);
    REQUIRE(none.error().size() == 1);
    CHECK(none.error()[0].to_string() == "/proc/none.toml: cannot be opened: No such file or directory");
    const ferryd::ConfigResult folder = ferryd::parse_config_file("/proc");
    REQUIRE(!folder);
    CHECK(folder.error()[0].to_string() == "/proc: is not a file");
}
