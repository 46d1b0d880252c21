// What the daemon can be asked: the seam between the API service (rpc/) and the controller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ferry/error.hpp>

#include "config/config.hpp"
#include "control/move_status.hpp"
#include "control/status.hpp"

namespace ferryd {

using ferry::Expected;

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

    /// VXLAN that arrives there is this host's from now on. Fails with invalid_argument (its address is a remote VTEP's),
    /// already_exists, table_full, and in_use or unavailable as PortReservation does, whose sentence says why.
    virtual Expected<void> add_local_vtep(const ferry::LocalVtep& vtep) = 0;
    /// Fails with not_found, invalid_argument where it is host.vtep, which stays.
    virtual Expected<void> remove_local_vtep(const ferry::LocalVtep& vtep) = 0;
    /// The host's own first.
    virtual Expected<std::vector<ferry::LocalVtep>> local_vteps() = 0;

    /// Where a row is to point: a VTEP's address or the name of a local port.
    struct Place {
        std::optional<ferry::Ipv4Address> vtep;
        std::optional<std::string> port;
    };
    enum class FdbMode { add, replace };  ///< add fails with already_exists; replace makes or changes
    /// Returns what was changed, in which visible_us says how long it took.
    virtual Expected<FdbChange> set_fdb(ferry::Vni vni, ferry::MacAddress mac, const Place& place, FdbMode mode) = 0;
    virtual Expected<FdbChange> remove_fdb(ferry::Vni vni, ferry::MacAddress mac) = 0;
    /// Rows by VNI and MAC; only those of `vni` where it is given.
    virtual Expected<std::vector<FdbStatus>> fdb(std::optional<ferry::Vni> vni) = 0;

    virtual Expected<StatsStatus> stats() = 0;
    /// So many threads run the workers from now on; no frame is lost and none overtaken meanwhile. Fails with
    /// invalid_argument unless it is 1 to the number of workers, or where workers.cpus names a CPU that may not be used,
    /// and with unavailable where the system gives no more threads; nothing is changed then.
    virtual Expected<void> set_worker_threads(std::uint32_t count) = 0;

    /// Stops the attachment's way in as if its ring had stopped: frames are docked. Returns when every worker does so.
    /// Fails with not_found, and in_use where it is held already, or its ring is stopped anyway. For an attachment
    /// without rings, before its VM is paused; one with rings needs nobody to say so.
    virtual Expected<void> hold_port(const std::string& name) = 0;
    /// The opposite: as if its ring had started, which asks for the endpoint where another host has it. Returns when
    /// every worker has been told; fails with not_found, and in_use where the attachment is not held.
    virtual Expected<void> release_port(const std::string& name) = 0;
    /// The last moves (bounded: 1,024), oldest first, of which something has become known since change number `after`.
    /// Who follows asks again with the highest `change` of the answer.
    virtual Expected<std::vector<MoveStatus>> move_statuses(std::uint64_t after) = 0;
    /// The configured peers, in the configuration's order.
    virtual Expected<std::vector<PeerStatus>> peers() = 0;
};

}  // namespace ferryd
