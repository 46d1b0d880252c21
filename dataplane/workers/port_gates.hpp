// The gates of one port's endpoints: where frames wait while a VM moves.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include <ferry/move/gate.hpp>
#include <ferry/wire/address.hpp>

#include "ports/port.hpp"

struct rte_mbuf;

namespace ferryd {

class GateWorker;
class PortGates;

/// One endpoint's. Its worker's thread, but for counters(), which any may read.
class EndpointGate final : private ferry::move::GateOutput<rte_mbuf*> {
public:
    using Gate = ferry::move::Gate<rte_mbuf*>;

    EndpointGate(PortGates& port, ferry::MacAddress mac, GateWorker& worker);

    ferry::MacAddress mac() const noexcept { return mac_; }
    ferry::move::Key key() const noexcept;
    PortGates& port() noexcept { return port_; }
    /// The one whose thread the gate is used on.
    GateWorker& worker() noexcept { return worker_; }
    Gate& gate() noexcept { return gate_; }
    const ferry::move::GateCounters& counters() const noexcept { return gate_.counters(); }
    /// Whether what a stopped ring refuses waits. Not before the VM has been here, nor when its ring has been stopped for so
    /// long that the dock was given up.
    bool docks() const noexcept { return docks_; }
    void set_docks(bool docks) noexcept { docks_ = docks; }
    /// Where what leaves by flush and relay goes.
    void set_new_host(ferry::VtepId to, ferry::Vni flush, ferry::Vni relay) noexcept
    {
        to_ = to;
        flush_ = flush;
        relay_ = relay;
    }

private:
    friend class GateWorker;
    using Docked = ferry::move::Docked<rte_mbuf*>;
    std::size_t to_ring(const Docked* frames, std::size_t count) override;
    std::size_t to_host(ferry::Via label, Docked* frames, std::size_t count) override;
    bool may_flush() const override;
    std::int64_t flushed_at() const override;
    void drop(ferry::move::GateDrop why, const Docked& frame) override;
    void event(const ferry::move::GateEvent& event) override;
    bool is_ferry(ferry::VtepId peer) const override;

    PortGates& port_;
    const ferry::MacAddress mac_;
    GateWorker& worker_;
    ferry::VtepId to_ = ferry::VtepId::none;
    ferry::Vni flush_, relay_;
    bool docks_ = true;
    bool busy_ = false;     ///< its port counts it among the busy ones
    bool touched_ = false;  ///< by the burst that GateWorker has at hand
    bool listed_ = false;   ///< GateWorker looks after it each round
    Gate gate_;
};

/// A port's. Made by the control thread, then the owner worker's until no worker knows the port any more.
class PortGates {
public:
    /// A gate for each of `macs`, or one for all where there are none. `worker` owns the port. May throw std::bad_alloc.
    PortGates(Port& port, ferry::AttachmentId attachment, ferry::Vni vni, std::span<const ferry::MacAddress> macs,
              GateWorker& worker);
    PortGates(const PortGates&) = delete;
    PortGates& operator=(const PortGates&) = delete;

    /// The gate of frames for `mac`: that of broadcast, multicast and addresses not named is the first.
    EndpointGate& gate_of(ferry::MacAddress mac) noexcept;
    std::span<const std::unique_ptr<EndpointGate>> gates() const noexcept { return gates_; }

    /// False in ordinary times: frames may go straight to the port.
    bool busy() const noexcept { return busy_gates_ > 0; }
    /// True where a frame that the port refuses for `reason` waits instead of being dropped.
    bool docks(ferry::DropReason reason) const noexcept
    {
        return reason == ferry::DropReason::ring_stopped || (reason == ferry::DropReason::ring_full && port_.migrating());
    }
    Port& port() noexcept { return port_; }
    ferry::AttachmentId attachment() const noexcept { return attachment_; }
    ferry::Vni vni() const noexcept { return vni_; }

private:
    friend class GateWorker;

    Port& port_;
    const ferry::AttachmentId attachment_;
    const ferry::Vni vni_;
    std::vector<std::unique_ptr<EndpointGate>> gates_;
    std::unordered_map<ferry::MacAddress, EndpointGate*> by_mac_;
    std::size_t busy_gates_ = 0;  ///< that are not ordinary
};

}  // namespace ferryd
