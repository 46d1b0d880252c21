// The configuration of ferryd as typed values. config/parse.cpp makes it from TOML and checks it as a whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <ferry/table/tables.hpp>
#include <ferry/wire/address.hpp>
#include <ferry/wire/entropy.hpp>

namespace ferryd {

struct HostConfig {
    std::string name;          ///< how this host is called in messages; default: the kernel's host name
    ferry::Ipv4Address vtep;   ///< this host's VTEP address; the kernel holds it too
    std::uint16_t vxlan_port = 4789;
    ferry::wire::PortRange entropy_ports{};
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
    std::vector<std::uint32_t> cpus;   ///< worker i runs on cpus[i]; empty: where the kernel puts it
    enum class Idle { yield, poll } idle = Idle::yield;  ///< what a worker does when nothing comes
};

struct ApiConfig {
    std::filesystem::path socket = "/run/ferry/ferryd.sock";
    std::uint32_t mode = 0660;  ///< permissions of the socket
};

struct UnderlayConfig {
    std::string device;                             ///< DPDK device arguments, such as "net_af_packet0,iface=eth1"
    std::optional<ferry::MacAddress> gateway_mac;   ///< next hop of VTEPs that name none
    std::uint16_t mtu = 1600;                       ///< largest outer IP packet in bytes
};

struct SegmentConfig {
    ferry::Vni vni;
    bool learning = true;
    std::vector<ferry::Ipv4Address> flood;  ///< remotes that get BUM frames
};

struct VtepConfig {
    ferry::Ipv4Address address;
    std::optional<ferry::MacAddress> mac;   ///< next hop on the underlay; default: the underlay's gateway_mac
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

struct PortConfig {
    std::string name;
    ferry::Vni vni;
    std::vector<ferry::MacAddress> macs;  ///< empty: any, learned
    std::variant<VhostUserPort, DevicePort> kind;
};

/// Files in PEM.
struct TlsConfig {
    std::filesystem::path ca, certificate, key;
};

struct PeersConfig {
    std::string listen;              ///< "address:port"; empty: no peers
    std::vector<std::string> hosts;  ///< "address:port" of each other ferry host
    bool insecure = false;           ///< plain text, only where this is set
    std::optional<TlsConfig> tls;    ///< mutual TLS otherwise
};

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
    ferry::TableLimits limits;
    std::uint32_t ageing_seconds = 300;
    std::string log_level = "info";  ///< trace, debug, info, warn, error
};

}  // namespace ferryd
