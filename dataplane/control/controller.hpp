// The one that changes things: owns tables, ports and workers, and the control thread that is their only writer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/control_api.hpp"
#include "control/host_messages.hpp"

namespace ferryd {

class TermFile;

/// All calls of ControlApi may be made by any thread: each runs on the control thread and returns when it is done there;
/// changes return when every worker sees them.
class Controller final : public ControlApi, public HostMessages {
public:
    /// Starts DPDK's devices, workers and the control thread from a checked configuration. EAL must be up. `messenger`
    /// sends to other ferry hosts and `term` keeps this host's term; both may be null, otherwise they must outlive the controller. On failure everything that had been started is stopped again.
    static Expected<std::unique_ptr<Controller>> start(const Config& config, HostMessenger* messenger, TermFile* term);
    /// Stops workers, closes ports, removes sockets. Nothing is left behind.
    ~Controller() override;
    Controller(const Controller&) = delete;
    Controller& operator=(const Controller&) = delete;

    Expected<void> add_port(const PortConfig& port) override;
    Expected<void> remove_port(const std::string& name) override;
    Expected<std::vector<PortStatus>> ports() override;

    Expected<void> add_segment(const SegmentConfig& segment) override;
    Expected<void> remove_segment(ferry::Vni vni) override;
    Expected<void> set_flood(ferry::Vni vni, std::vector<ferry::Ipv4Address> remotes) override;
    Expected<std::vector<SegmentStatus>> segments() override;

    Expected<void> add_vtep(const VtepConfig& vtep) override;
    Expected<void> change_vtep(const VtepConfig& vtep) override;
    Expected<void> remove_vtep(ferry::Ipv4Address address) override;
    Expected<std::vector<VtepStatus>> vteps() override;
    Expected<void> add_local_vtep(const ferry::LocalVtep& vtep) override;
    Expected<void> remove_local_vtep(const ferry::LocalVtep& vtep) override;
    Expected<std::vector<ferry::LocalVtep>> local_vteps() override;

    Expected<FdbChange> set_fdb(ferry::Vni vni, ferry::MacAddress mac, const Place& place, FdbMode mode) override;
    Expected<FdbChange> remove_fdb(ferry::Vni vni, ferry::MacAddress mac) override;
    Expected<std::vector<FdbStatus>> fdb(std::optional<ferry::Vni> vni) override;

    Expected<StatsStatus> stats() override;
    Expected<void> set_worker_threads(std::uint32_t count) override;

    Expected<void> hold_port(const std::string& name) override;
    Expected<void> release_port(const std::string& name) override;
    Expected<std::vector<MoveStatus>> move_statuses(std::uint64_t after) override;
    Expected<std::vector<PeerStatus>> peers() override;

    // What other hosts say. These return at once; what cannot be taken is counted as lost, as on the way.
    void received(ferry::move::Host from, const std::string& name, const ferry::move::Message& message, bool allowed,
                  Way way) override;
    void unreachable(ferry::move::Host host) override;
    void reached(ferry::move::Host host, const std::string& name) override;

private:
    struct Impl;
    explicit Controller(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ferryd
