// The controller's state and its work, all of it on the control thread but what says otherwise.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <ferry/control/learning.hpp>
#include <ferry/control/transaction.hpp>
#include <ferry/table/tables.hpp>

#include "control/control_thread.hpp"
#include "control/controller.hpp"
#include "control/move_log.hpp"
#include "control/place_book.hpp"
#include "control/port_table.hpp"
#include "control/ring_events.hpp"
#include "control/tally.hpp"
#include "host/port_reservation.hpp"
#include "workers/worker_set.hpp"

struct rte_mempool;

namespace ferryd {

/// Where answers of peers come in, which may be after the controller has gone.
struct PeerAnswers {
    std::mutex mutex;
    ControlThread* control = nullptr;  ///< null: nobody listens any more
};

struct Controller::Impl final : RingHost {
    Impl(const Config& wanted, PeerAnnouncer* told)
        : config(wanted), peers(told), places(wanted.limits.rows), ports(wanted.workers.count)
    {
    }

    // start_stop.cpp
    Expected<void> start();
    void stop();
    Expected<void> open_underlay();
    Expected<void> fill_tables();
    void round();

    // port_calls.cpp
    Expected<void> add_port(const PortConfig& port);
    Expected<void> open_port(AttachedPort& port);
    Expected<void> attach(AttachedPort& port);
    Expected<void> remove_port(const std::string& name);
    void detach(AttachedPort& port);
    void rewire();
    std::vector<PortStatus> port_statuses();
    PortStatus status_of_port(const AttachedPort& port);
    PortStatus status_of_underlay();

    // table_calls.cpp
    Expected<void> add_segment(const SegmentConfig& segment);
    Expected<void> remove_segment(ferry::Vni vni);
    Expected<void> set_flood(ferry::Vni vni, std::vector<ferry::Ipv4Address> remotes);
    std::vector<SegmentStatus> segments();
    Expected<void> add_vtep(const VtepConfig& vtep);
    Expected<void> change_vtep(const VtepConfig& vtep);
    Expected<void> remove_vtep(ferry::Ipv4Address address);
    std::vector<VtepStatus> vteps();
    Expected<ferry::AdjacencySpec> adjacency_for(const VtepConfig& vtep) const;
    Expected<ferry::VtepId> vtep_id(ferry::Ipv4Address address) const;
    Expected<const ferry::Segment*> segment(ferry::Vni vni) const;

    /// Commits, and returns when every worker sees it: microseconds since `event`. A failed commit changes nothing.
    Expected<double> commit(ferry::Transaction& transaction, const Stamp& event);
    double wait_until_seen(const ferry::Commit& commit, const Stamp& event);

    // fdb_calls.cpp
    Expected<MoveEvent> set_fdb(ferry::Vni vni, ferry::MacAddress mac, const Place& place, FdbMode mode, const Stamp& asked);
    Expected<MoveEvent> remove_fdb(ferry::Vni vni, ferry::MacAddress mac, const Stamp& asked);
    Expected<std::vector<FdbStatus>> fdb(std::optional<ferry::Vni> vni);
    ferry::Row row(ferry::Vni vni, ferry::MacAddress mac) const;
    std::string describe(ferry::Row row);

    // endpoint_calls.cpp
    void take_ring_events();
    void ring_started(AttachedPort& port, const Stamp& at);
    void ring_stopped(AttachedPort& port, const Stamp& at);
    void announce(std::uint64_t event, const EndpointPlace& place);
    void peer_answered(std::uint64_t event, const EndpointPlace& place, const std::string& peer, bool told, std::uint64_t version);
    Expected<std::uint64_t> endpoint_moved(const EndpointPlace& place, const Stamp& arrived);
    void note_first_deliveries();
    std::vector<MoveEvent> moves(std::uint64_t after);

    // stats_calls.cpp
    StatsStatus stats();
    Tally tally_of(ferry::AttachmentId attachment) const;
    Tally tally_of(ferry::VtepId vtep) const;

    // RingHost, on DPDK's vhost thread too.
    void ring_event(const RingEvent& event) override;
    void wait_until_handed_on() override { workers->wait_until_handed_on(); }

    const Config config;
    PeerAnnouncer* const peers;

    struct FreePool {
        void operator()(rte_mempool* pool) const noexcept;
    };
    std::unique_ptr<rte_mempool, FreePool> pool;
    std::unique_ptr<ferry::Tables> tables;
    std::unique_ptr<ferry::Learner> learner;
    std::unique_ptr<EthdevPort> underlay;
    ferry::MacAddress underlay_mac;
    std::uint64_t underlay_kernel_drops = 0;
    std::unique_ptr<PortReservation> reservation;
    std::unique_ptr<WorkerSet> workers;
    MoveLog log;
    PlaceBook places;
    PortTable ports;
    std::map<ferry::VtepId, Tally> vteps_before;  ///< what a VTEP's number had counted before it
    RingEvents ring_events;
    std::uint64_t next_observation_tsc = 0;
    std::uint32_t last_ageing = 0;
    std::shared_ptr<PeerAnswers> answers = std::make_shared<PeerAnswers>();
    std::unique_ptr<ControlThread> control;  ///< last: it ends before the rest goes
};

}  // namespace ferryd
