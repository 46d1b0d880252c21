// The one that changes things: owns tables, ports and workers, and the control thread that is their only writer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/control_api.hpp"

namespace ferryd {

/// Tells the other ferry hosts. Implemented over gRPC by rpc/; the controller calls it on its control thread.
class PeerAnnouncer {
public:
    virtual ~PeerAnnouncer() = default;
    /// Starts telling every peer, repeats until each has answered or a newer place of the endpoint is announced, and
    /// returns at once. `done` is called (any thread) for each peer with its name, whether it has changed its row, and the
    /// version that stands there, which is higher than the announced one where the announcement was old (a host that
    /// restarted has forgotten its versions), 0 where the peer did not answer. It must not block for long and must not
    /// wait for the thread that calls announce().
    using Done = std::function<void(std::string peer, bool told, std::uint64_t version)>;
    virtual void announce(const EndpointPlace& place, Done done) = 0;
};

/// All calls of ControlApi and PeerApi may be made by any thread: each runs on the control thread and returns when it is done there;
/// changes return when every worker sees them.
class Controller final : public ControlApi, public PeerApi {
public:
    /// Starts DPDK's devices, workers and the control thread from a checked configuration. EAL must be up. `peers` may be
    /// null; otherwise it must outlive the controller. On failure everything that had been started is stopped again.
    static Expected<std::unique_ptr<Controller>> start(const Config& config, PeerAnnouncer* peers);
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

    Expected<MoveEvent> set_fdb(ferry::Vni vni, ferry::MacAddress mac, const Place& place, FdbMode mode) override;
    Expected<MoveEvent> remove_fdb(ferry::Vni vni, ferry::MacAddress mac) override;
    Expected<std::vector<FdbStatus>> fdb(std::optional<ferry::Vni> vni) override;

    Expected<StatsStatus> stats() override;
    Expected<std::vector<MoveEvent>> moves(std::uint64_t after) override;

    Expected<std::uint64_t> endpoint_moved(const EndpointPlace& place) override;

private:
    struct Impl;
    explicit Controller(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ferryd
