// What the daemon can be asked: the seam between the API service (rpc/) and the controller.
#pragma once

#include <cstdint>
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

/// What an operator can ask. Every call may be made by any thread and returns when it is done; changes return when every worker sees them. Errors
/// are the user's to read.
class ControlApi {
public:
    virtual ~ControlApi() = default;

    virtual Expected<void> add_port(const PortConfig& port) = 0;
    virtual Expected<void> remove_port(const std::string& name) = 0;
    virtual Expected<std::vector<PortStatus>> ports() = 0;

    virtual Expected<void> add_segment(const SegmentConfig& segment) = 0;
    virtual Expected<void> remove_segment(ferry::Vni vni) = 0;
    virtual Expected<void> set_flood(ferry::Vni vni, std::vector<ferry::Ipv4Address> remotes) = 0;
    virtual Expected<std::vector<SegmentStatus>> segments() = 0;

    virtual Expected<void> add_vtep(const VtepConfig& vtep) = 0;
    virtual Expected<void> change_vtep(const VtepConfig& vtep) = 0;
    virtual Expected<void> remove_vtep(ferry::Ipv4Address address) = 0;
    virtual Expected<std::vector<VtepStatus>> vteps() = 0;

    /// Where a row is to point: a VTEP's address or the name of a local port.
    struct Place {
        std::optional<ferry::Ipv4Address> vtep;
        std::optional<std::string> port;
    };
    enum class FdbMode { add, replace };  ///< add fails with already_exists; replace makes or changes
    /// Returns the event, in which visible_us says how long it took.
    virtual Expected<MoveEvent> set_fdb(ferry::Vni vni, ferry::MacAddress mac, const Place& place, FdbMode mode) = 0;
    virtual Expected<MoveEvent> remove_fdb(ferry::Vni vni, ferry::MacAddress mac) = 0;
    /// Rows by VNI and MAC; only those of `vni` where it is given.
    virtual Expected<std::vector<FdbStatus>> fdb(std::optional<ferry::Vni> vni) = 0;

    virtual Expected<StatsStatus> stats() = 0;
    /// The last events, oldest first (bounded: 1,024), of ids above `after`.
    virtual Expected<std::vector<MoveEvent>> moves(std::uint64_t after) = 0;
};

/// What another ferry host can ask of this one. Called by any thread.
class PeerApi {
public:
    virtual ~PeerApi() = default;

    /// A ferry peer says where an endpoint is. Returns the version that stands afterwards, which is higher than the
    /// given one where the message was old.
    virtual Expected<std::uint64_t> endpoint_moved(const EndpointPlace& place) = 0;
};

}  // namespace ferryd
