// The configuration of ferryd as typed values. config/parse.cpp makes it from TOML and checks it as a whole.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <ferry/table/tables.hpp>
#include <ferry/wire/address.hpp>
#include <ferry/wire/entropy.hpp>

#include "config/vni_set.hpp"

namespace ferryd {

struct HostConfig {
    std::string name;          ///< how this host is called in messages; default: the kernel's host name
    ferry::Ipv4Address vtep;   ///< this host's VTEP address; the kernel holds it too
    std::uint16_t vxlan_port = 4789;
    std::vector<ferry::LocalVtep> also;  ///< where it takes VXLAN besides
    ferry::wire::PortRange entropy_ports{};
    std::filesystem::path state = "/var/lib/ferry";  ///< folder of what survives a restart

    ferry::LocalVtep own_vtep() const noexcept { return {vtep, vxlan_port}; }
};

enum class Hugepages { automatic, never, required };

struct DpdkConfig {
    Hugepages hugepages = Hugepages::automatic;  ///< automatic: where enough of them are free
    std::uint32_t memory_mb = 128;               ///< EAL's memory, in MiB
    std::uint32_t buffers = 16'384;              ///< mbufs in the pool
    std::uint16_t buffer_size = 2'176;           ///< data room of one mbuf in bytes, headroom included
    bool pci = false;                            ///< probe PCI devices
    std::string file_prefix;                     ///< default: ferryd-<pid>
    std::vector<std::string> eal_arguments;      ///< further arguments for EAL, as they are
};

struct WorkersConfig {
    std::uint32_t count = 1;
    std::optional<std::uint32_t> threads;  ///< that run them at first; nothing: one for each
    std::vector<std::uint32_t> cpus;       ///< thread i runs on cpus[i]; empty: where the kernel puts it
    enum class Poll { automatic, always } poll = Poll::automatic;  ///< automatic: they sleep when nothing comes

    std::uint32_t first_threads() const noexcept { return threads.value_or(count); }
};

struct ApiConfig {
    std::filesystem::path socket = "/run/ferry/ferryd.sock";
    std::uint32_t mode = 0660;  ///< permissions of the socket
};

struct UnderlayConfig {
    std::string device;                             ///< DPDK device arguments, such as "net_af_packet0,iface=eth1"
    std::vector<std::uint32_t> queue_workers;       ///< who polls receive queue i; empty: a queue for each worker
    std::optional<ferry::MacAddress> gateway_mac;   ///< next hop of VTEPs that name none; without it the kernel tells
    std::uint16_t mtu = 1600;                       ///< largest outer IP packet in bytes
    std::uint32_t pending_frames = 16;              ///< that wait for a VTEP's next hop, at each worker
    std::string host_interface;                     ///< the kernel's interface for what is not ferry's; empty: none
    std::filesystem::path xdp_program;              ///< BPF object that steers an AF_XDP device; default: the installed one
};

struct SegmentConfig {
    ferry::Vni vni;
    bool learning = true;
    std::vector<ferry::Ipv4Address> flood;  ///< remotes that get BUM frames
};

struct VtepConfig {
    ferry::Ipv4Address address;
    std::optional<ferry::MacAddress> mac;   ///< next hop; default: the underlay's gateway_mac, or the kernel's
};

/// A row that stands until an operator changes it.
struct FdbConfig {
    ferry::Vni vni;
    ferry::MacAddress mac;
    ferry::Ipv4Address vtep;
};

struct VhostUserPort {
    std::filesystem::path socket;
    bool client = true;         ///< QEMU is the server and ferryd connects, again and again; false: the other way round
    std::uint16_t queues = 1;   ///< queue pairs at most
};
struct DevicePort {
    std::string device;         ///< DPDK device arguments
};

/// Who sees that a device port's VM announces itself (RARP, gratuitous ARP, unsolicited neighbour advertisement).
enum class AnnouncementSource {
    kernel,  ///< also a program on the device's kernel interface, where it has one: an announcement there starts the endpoint
    frames,  ///< workers alone, which learn from frames once they poll the port
};

struct PortConfig {
    std::string name;
    ferry::Vni vni;
    std::vector<ferry::MacAddress> macs;  ///< empty: any, learned
    std::variant<VhostUserPort, DevicePort> kind;
    std::optional<std::uint32_t> hold_ms = std::nullopt;  ///< instead of move.hold_ms
    bool held = false;  ///< devices: its VM does not run here until the port is released
    AnnouncementSource announcements = AnnouncementSource::kernel;  ///< devices
    std::optional<std::uint32_t> worker = std::nullopt;             ///< that owns it; none: the one with the fewest queues
};

/// Files in PEM.
struct TlsConfig {
    std::filesystem::path ca, certificate, key;
};

/// Another ferry host.
struct PeerHost {
    std::string address;              ///< "address:port"
    ferry::Ipv4Address vtep;
    std::optional<std::string> name;  ///< which its certificate must carry; none: the certificate must carry the address
    VniSet vnis = VniSet::all();      ///< of whose endpoints it may claim
};

struct PeersConfig {
    std::string listen;              ///< "address:port"; empty: no peers
    std::vector<PeerHost> hosts;
    bool insecure = false;           ///< plain text, only where this is set
    bool datagrams = true;           ///< beside the streams, where the other host answers them
    std::optional<TlsConfig> tls;    ///< mutual TLS otherwise
};

/// Frames that wait for an endpoint which moves; bounds for all of this host's endpoints together.
struct DockConfig {
    std::uint64_t bytes = 64u << 20;  ///< of frames
    std::uint32_t buffers = 13'312;   ///< default: dpdk.buffers less what receiving needs; see default_dock_buffers()
};

/// Times in milliseconds. The labels are limits.first_label and limits.labels.
struct MoveConfig {
    std::uint32_t hold_ms = 2'000;    ///< a stopped ring's frames wait so long to be claimed
    std::uint32_t arm_ms = 200;       ///< a sender marks at least so long before it turns
    std::uint32_t merge_ms = 20;      ///< direct frames wait so long for those that come by the old host
    std::uint32_t plain_ms = 10;      ///< the same for senders that cannot mark
    std::uint32_t detour_ms = 2'000;  ///< a plain VTEP that comes by the relay for longer is sent to by way of it
    std::uint32_t lease_ms = 30'000;  ///< nobody has come by the relay for so long: the books are closed
};

/// What of `buffers` the dock may have, so that `workers` can go on receiving and sending: each has 1,024 buffers in its
/// receive queue, as many in its transmit queue, and up to 1,024 in its cache, its bursts and the queues to others. A
/// quarter at least, however few there are.
constexpr std::uint32_t default_dock_buffers(std::uint32_t buffers, std::uint32_t workers) noexcept
{
    const std::uint32_t kept = workers * 3'072;
    return std::max(buffers / 4, buffers - std::min(buffers, kept));
}

struct Config {
    HostConfig host;
    DpdkConfig dpdk;
    WorkersConfig workers;
    ApiConfig api;
    UnderlayConfig underlay;
    std::vector<VtepConfig> vteps;
    std::vector<SegmentConfig> segments;
    std::vector<FdbConfig> fdb;
    std::vector<PortConfig> ports;
    PeersConfig peers;
    DockConfig dock;
    MoveConfig move;
    ferry::TableLimits limits;
    std::uint32_t ageing_seconds = 300;
    std::string log_level = "info";  ///< trace, debug, info, warn, error
};

}  // namespace ferryd
