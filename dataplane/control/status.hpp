// What ferryd tells about itself: plain values, made on the control thread, carried by the API.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ferry/table/row.hpp>
#include <ferry/wire/address.hpp>

namespace ferryd {

/// Drops by the name of their reason; only those that are not 0.
using DropCounts = std::map<std::string, std::uint64_t>;

struct TrafficStatus {
    std::uint64_t in_frames = 0, in_bytes = 0, out_frames = 0, out_bytes = 0;
    DropCounts drops;
};

/// How the kernel gives an AF_XDP port its frames.
struct SteeringStatus {
    std::string mode;           ///< who runs it: "native" (driver), "generic" (network stack), "offload" (device)
    bool zero_copy = false;     ///< the device writes into ferryd's memory
    std::uint32_t program = 0;  ///< the program's number, as bpftool-prog(8) has it
    bool operator==(const SteeringStatus&) const = default;
};

/// The host's interface on an underlay that ferryd has alone.
struct HostInterfaceStatus {
    std::string name;       ///< the kernel's interface
    std::string state;      ///< "up" or "down"
    TrafficStatus traffic;  ///< "in" came from the kernel and left by the underlay
};

struct PortStatus {
    std::string name, kind, device;  ///< kind: "vhost-user" or "ethdev"; device: socket path or device arguments
    bool underlay = false;
    ferry::Vni vni;                  ///< attachments only
    std::vector<ferry::MacAddress> macs;
    std::string state;               ///< "up", "down" (link), "held", "waiting" (for its vhost peer), "stopped" (ring)
    std::uint32_t worker = 0;        ///< the worker that polls it
    bool migrating = false;          ///< the vhost feature VHOST_F_LOG_ALL is on
    std::uint64_t kernel_drops = 0;  ///< frames the kernel dropped before ferry could take them, where it tells
    TrafficStatus traffic;
    std::optional<SteeringStatus> steering = std::nullopt;  ///< where a program of ferryd's chooses the port's frames
    std::string announcements = {};  ///< "kernel": a program on its kernel interface sees them; empty: none does
    std::optional<HostInterfaceStatus> host_interface = std::nullopt;  ///< of the underlay
};

struct FdbStatus {
    ferry::Vni vni;
    ferry::MacAddress mac;
    ferry::RowKind kind = ferry::RowKind::absent;
    ferry::RowOrigin origin = ferry::RowOrigin::permanent;
    std::optional<ferry::Ipv4Address> vtep;  ///< kind remote
    std::optional<std::string> port;         ///< kind local
    std::uint32_t idle_seconds = 0;          ///< learned rows
};

struct SegmentStatus {
    ferry::Vni vni;
    bool learning = true;
    std::vector<ferry::Ipv4Address> flood;
    std::vector<std::string> ports;
};

struct VtepStatus {
    ferry::Ipv4Address address;  ///< 0.0.0.0 sums up frames from VTEPs that are not in the table
    ferry::MacAddress next_hop;  ///< zero where it is not known
    std::uint16_t mtu = 0;
    TrafficStatus traffic;
    std::string state{};         ///< "configured", or a NextHopState's name
    std::string via{};           ///< address of the next hop, where the kernel tells; otherwise empty
    std::string reason{};        ///< a sentence, where frames cannot leave
};

/// Another ferry host, as the configuration has it and as it is found.
struct PeerStatus {
    std::string address;        ///< "address:port"
    ferry::Ipv4Address vtep;
    std::string name;           ///< as configured, otherwise as it calls itself; empty: not heard of yet
    std::string vnis;           ///< which it may claim: "all", or "100, 200-299"
    bool connected = false;     ///< messages can be sent to it
    bool heard = false;         ///< it has a connection to this host
    std::optional<std::int64_t> connected_since_ns;  ///< CLOCK_REALTIME
    std::optional<double> rtt_us;                    ///< of the last probe on the stream
    std::optional<double> datagram_rtt_us;           ///< of the last one by datagram; nothing: they are not answered
    std::uint64_t sent = 0, received = 0;            ///< messages
    std::uint64_t sent_by_datagram = 0;              ///< of those
    std::uint64_t dropped = 0;  ///< messages that were never sent: the queue was full, or the connection broke
    std::string fault;          ///< why it is not connected, or is refused; empty: nothing is wrong
};

struct WorkerStatus {
    std::uint32_t index = 0;
    int cpu = -1;  ///< of its thread; -1: where the kernel puts it
    std::uint64_t loops = 0, idle_loops = 0;
    std::uint64_t sleeps = 0;  ///< of its thread, while it ran the worker
    std::uint64_t wakes = 0;   ///< of these: something in a queue of the thread's workers ended it
    std::uint32_t thread = 0;  ///< that runs it
    std::vector<std::uint32_t> underlay_queues = {};  ///< the underlay's receive queues that it polls
};

/// Announcements that programs on kernel interfaces saw.
struct AnnouncementStatus {
    std::uint64_t seen = 0;     ///< ferryd was told of
    std::uint64_t started = 0;  ///< of these: an endpoint runs here since
    std::uint64_t refused = 0;  ///< of these: not a MAC of the port, or another port has it, or its permanent row stands
    std::uint64_t lost = 0;     ///< not told: the ring buffer was full
    std::uint64_t limited = 0;  ///< not told: too many in a second on one interface
    bool operator==(const AnnouncementStatus&) const = default;
};

struct StatsStatus {
    std::uint64_t underlay_in_frames = 0, passed = 0, encapsulated = 0, decapsulated = 0, replicated = 0, local_switched = 0;
    std::uint64_t learn_overflow = 0, learned = 0, learned_moved = 0, aged = 0, learning_refused = 0;
    DropCounts drops;
    std::vector<PortStatus> ports;
    std::vector<VtepStatus> vteps;
    std::vector<WorkerStatus> workers;
    AnnouncementStatus announcements = {};
};

/// What an operator changed in the forwarding table.
struct FdbChange {
    std::int64_t time_ns = 0;          ///< CLOCK_REALTIME of the call
    ferry::Vni vni;
    ferry::MacAddress mac;
    std::string from, to;              ///< "local PORT", "VTEP address" or "-"
    std::optional<double> visible_us;  ///< from the call to the moment from which every worker sees the new row
};

}  // namespace ferryd
