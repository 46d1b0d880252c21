// The one that changes things: owns tables, ports and workers, and the control thread that is their only writer.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ferry/error.hpp>

#include "config/config.hpp"
#include "control/status.hpp"

namespace ferryd {

using ferry::Expected;

/// "Endpoint (vni, mac) is at `vtep`, with this version": what ferry hosts tell each other.
struct EndpointPlace {
    ferry::Vni vni;
    ferry::MacAddress mac;
    ferry::Ipv4Address vtep;
    std::uint64_t version = 0;  ///< compared with `host` as tie-break; a lower one is ignored
    std::string host;           ///< name of the host that says it
};

/// Tells the other ferry hosts. Implemented over gRPC by rpc/; the controller calls it on its control thread.
class PeerAnnouncer {
public:
    virtual ~PeerAnnouncer() = default;
    /// Starts telling every peer, repeats until each has answered or a newer place of the endpoint is announced, and
    /// returns at once. `done` is called (any thread) for each peer with its name and whether it has changed its row.
    virtual void announce(const EndpointPlace& place, std::function<void(std::string peer, bool told)> done) = 0;
};

/// All calls but start() and the destructor may be made by any thread: each runs on the control thread and returns when it
/// is done there; changes return when every worker sees them. Errors are the user's to read.
class Controller {
public:
    /// Starts DPDK's devices, workers and the control thread from a checked configuration. EAL must be up. On failure
    /// everything that had been started is stopped again.
    static Expected<std::unique_ptr<Controller>> start(const Config& config, PeerAnnouncer* peers);
    /// Stops workers, closes ports, removes sockets. Nothing is left behind.
    ~Controller();
    Controller(const Controller&) = delete;
    Controller& operator=(const Controller&) = delete;

    Expected<void> add_port(const PortConfig& port);
    Expected<void> remove_port(const std::string& name);
    Expected<std::vector<PortStatus>> ports();

    Expected<void> add_segment(const SegmentConfig& segment);
    Expected<void> remove_segment(ferry::Vni vni);
    Expected<void> set_flood(ferry::Vni vni, std::vector<ferry::Ipv4Address> remotes);
    Expected<std::vector<SegmentStatus>> segments();

    Expected<void> add_vtep(const VtepConfig& vtep);
    Expected<void> change_vtep(const VtepConfig& vtep);
    Expected<void> remove_vtep(ferry::Ipv4Address address);
    Expected<std::vector<VtepStatus>> vteps();

    /// Where a row is to point: a VTEP's address or the name of a local port.
    struct Place {
        std::optional<ferry::Ipv4Address> vtep;
        std::optional<std::string> port;
    };
    enum class FdbMode { add, replace };  ///< add fails with already_exists; replace makes or changes
    /// Returns the event, in which visible_us says how long it took.
    Expected<MoveEvent> set_fdb(ferry::Vni vni, ferry::MacAddress mac, const Place& place, FdbMode mode);
    Expected<MoveEvent> remove_fdb(ferry::Vni vni, ferry::MacAddress mac);
    /// Rows by VNI and MAC; only those of `vni` where it is given.
    Expected<std::vector<FdbStatus>> fdb(std::optional<ferry::Vni> vni);

    Expected<StatsStatus> stats();
    /// The last events, oldest first (bounded: 1,024), of ids above `after`.
    Expected<std::vector<MoveEvent>> moves(std::uint64_t after);

    /// A ferry peer says where an endpoint is. Returns the version that stands afterwards, which is higher than the
    /// given one where the message was old.
    Expected<std::uint64_t> endpoint_moved(const EndpointPlace& place);

private:
    struct Impl;
    explicit Controller(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ferryd
