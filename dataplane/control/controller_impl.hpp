// The controller's state and its work, all of it on the control thread but what says otherwise.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <ferry/control/learning.hpp>
#include <ferry/control/transaction.hpp>
#include <ferry/table/tables.hpp>

#include "control/control_thread.hpp"
#include "control/controller.hpp"
#include "control/inbox.hpp"
#include "control/moves.hpp"
#include "control/port_table.hpp"
#include "control/ring_events.hpp"
#include "control/tally.hpp"
#include "host/port_reservation.hpp"
#include "host/term_file.hpp"
#include "ports/tap_port.hpp"
#include "underlay/follower.hpp"
#include "underlay/next_hop_table.hpp"
#include "workers/worker_set.hpp"
#include "xdp/announcements.hpp"

struct rte_mempool;

namespace ferryd {

struct Controller::Impl final : RingHost {
    Impl(const Config& wanted, HostMessenger* told, TermFile* term)
        : config(wanted), messenger(told), term_file(term), ports(wanted.workers.count, wanted.underlay.queue_workers)
    {
    }

    // start_stop.cpp
    Expected<void> start();
    void stop();
    Expected<void> open_underlay();
    Expected<void> open_host_interface();
    Expected<void> prepare_moves();
    void note_ferry_vteps();
    Expected<void> fill_tables();
    void round();

    // port_calls.cpp
    Expected<void> add_port(const PortConfig& port);
    Expected<void> open_port(AttachedPort& port);
    Expected<void> attach(AttachedPort& port);
    Expected<AttachedPort*> port_named(const std::string& name);
    Expected<void> remove_port(const std::string& name);
    void know_endpoints(AttachedPort& port);
    void forget_endpoints(AttachedPort& port);
    void clear_gates(AttachedPort& port);
    void wait_for_flushes(const AttachedPort& port);
    void detach(AttachedPort& port);
    void rewire();
    std::vector<PortStatus> port_statuses();
    PortStatus status_of_port(const AttachedPort& port);
    PortStatus status_of_underlay();
    HostInterfaceStatus status_of_host_interface() const;

    // table_calls.cpp
    Expected<void> add_segment(const SegmentConfig& segment);
    Expected<void> remove_segment(ferry::Vni vni);
    Expected<void> set_flood(ferry::Vni vni, std::vector<ferry::Ipv4Address> remotes);
    std::vector<SegmentStatus> segments();
    Expected<void> add_vtep(const VtepConfig& vtep);
    Expected<void> change_vtep(const VtepConfig& vtep);
    Expected<void> remove_vtep(ferry::Ipv4Address address);
    std::vector<VtepStatus> vteps();

    // local_vteps.cpp
    Expected<void> open_local_vteps();
    Expected<std::unique_ptr<PortReservation>> reserve(const ferry::LocalVtep& vtep) const;
    Expected<void> add_local_vtep(const ferry::LocalVtep& vtep);
    Expected<void> take_vxlan_at(const ferry::LocalVtep& vtep);
    Expected<void> remove_local_vtep(const ferry::LocalVtep& vtep);
    std::vector<ferry::LocalVtep> local_vteps() const;
    VtepStatus status_of_vtep(const ferry::Adjacency& adjacency) const;
    Expected<ferry::VtepId> vtep_id(ferry::Ipv4Address address) const;
    Expected<const ferry::Segment*> segment(ferry::Vni vni) const;

    /// Commits, and returns when every worker sees it: microseconds since `event`. A failed commit changes nothing.
    Expected<double> commit(ferry::Transaction& transaction, const Stamp& event);
    double wait_until_seen(const ferry::Commit& commit, const Stamp& event);

    // next_hops.cpp
    Expected<ferry::AdjacencySpec> adjacency_for(const VtepConfig& vtep);
    ferry::AdjacencySpec incomplete_adjacency() const;
    ferry::AdjacencySpec adjacency_by(const NextHop& next_hop) const;
    std::optional<ferry::MacAddress> configured_next_hop(const VtepConfig& vtep) const;
    Expected<void> start_follower();
    void follow_next_hop(const VtepConfig& vtep);
    void forget_next_hop(ferry::Ipv4Address address, ferry::VtepId id);
    void take_next_hops();
    bool enter(ferry::Transaction& transaction, const NextHop& next_hop);

    // fdb_calls.cpp
    Expected<FdbChange> set_fdb(ferry::Vni vni, ferry::MacAddress mac, const Place& place, FdbMode mode, const Stamp& asked);
    Expected<FdbChange> remove_fdb(ferry::Vni vni, ferry::MacAddress mac, const Stamp& asked);
    Expected<std::vector<FdbStatus>> fdb(std::optional<ferry::Vni> vni);
    ferry::Row row(ferry::Vni vni, ferry::MacAddress mac) const;
    std::string describe(ferry::Row row);
    std::optional<ferry::VtepId> vtep_behind(ferry::Row row) const;
    FdbChange changed(ferry::Vni vni, ferry::MacAddress mac, ferry::Row from, ferry::Row to, const Stamp& asked, double visible_us);

    // move_calls.cpp
    void take_ring_events();
    void port_started(AttachedPort& port, const Stamp& at);
    void port_stopped(AttachedPort& port, const Stamp& at);
    bool is_pinned(const AttachedPort& port, ferry::MacAddress mac);
    void admit(AttachedPort& port);
    ferry::move::Place place_of(ferry::Row row) const;
    ferry::move::Host host_of(ferry::VtepId vtep) const;
    void finish_before(std::set<ferry::move::Key>& told, const ferry::move::Key& key, Way way = Way::datagram);
    void take_gate_news();
    void take_relay_news();
    void tell_machine(const GateNews& news);
    bool follows(ferry::FdbKey key, ferry::Row present, ferry::Row seen);
    void look_after_moves();
    void take_messages();
    void unreachable(ferry::move::Host host);
    Expected<void> hold_port(const std::string& name);
    Expected<void> release_port(const std::string& name);
    void release(AttachedPort& port, const Stamp& at);
    std::vector<MoveStatus> move_statuses(std::uint64_t after);

    // announcement_calls.cpp
    void watch(AttachedPort& port);
    void forget(AttachedPort& port);
    void take_announcements();
    void take(const announcement& seen);
    bool is_here(const AttachedPort& port, const ferry::move::Key& key, ferry::Row present) const;
    AnnouncementStatus announcement_status() const;

    // move_actions.cpp
    void apply(Way way = Way::datagram);
    void act(const ferry::move::Discard& wanted);
    void act(const ferry::move::Replay& wanted);
    void act(const ferry::move::BeginClaim& wanted);
    void act(const ferry::move::Open& wanted);
    void act(const ferry::move::Drain& wanted);
    void act(const ferry::move::Expect& wanted);
    void act(const ferry::move::BeginTurn& wanted);
    void act(const ferry::move::Flip& wanted);
    void act(const ferry::move::EndTurn& wanted);
    void act(const ferry::move::PointTo& wanted);
    void act(const ferry::move::FinishClaim& wanted);
    void act(const ferry::move::DemoteLabels& wanted);
    void act(const ferry::move::FreeLabels& wanted);
    void act(const ferry::move::FinishRelay& wanted);
    void act(const ferry::move::Withdraw& wanted);
    void act(const ferry::move::Announce& wanted);
    void act(const ferry::move::Silence& wanted);
    void act(const ferry::move::KeepTerm& wanted);

    // detour_actions.cpp
    void act(const ferry::move::BeginDetour& wanted);
    void act(const ferry::move::EndDetour& wanted);
    void act(const ferry::move::OpenExit& wanted);
    void act(const ferry::move::CloseExit& wanted);
    void change_detour(const ferry::move::Key& key, ferry::VtepId peer, const std::optional<ferry::Detour>& detour);
    void close_exit(ferry::Vni label);
    void close_exits_of(ferry::VtepId vtep);

    // move_actions.cpp
    void command(const GateCommand& command);
    void command(const ferry::move::Key& key, GateCommand wanted);
    bool set_row(const ferry::move::Key& key, ferry::Row wanted);
    void finish_what_waited();
    void finish_flips();
    void look_after_unseen();
    void let_send(const ferry::move::Key& key);
    void end_turn(const ferry::move::Key& key, ferry::TurnId turn);
    void point_to(const ferry::move::Key& key, ferry::move::Host to);
    void close_relay(const ferry::move::Key& key);
    void free_later(const ferry::move::Labels& labels);
    void wait_for_workers();

    // move_words.cpp
    void act(const ferry::move::Send& wanted);
    void act(const ferry::move::Note& wanted);
    void send_what_waits();
    void send_what_waits(ferry::move::Host to, std::vector<ferry::move::Message>& messages);
    void log_what_happened();

    // stats_calls.cpp
    StatsStatus stats();
    std::vector<WorkerStatus> worker_statuses();
    Expected<void> set_worker_threads(std::uint32_t count);
    Tally tally_of(ferry::AttachmentId attachment) const;
    Tally tally_of(ferry::VtepId vtep) const;

    // RingHost, on DPDK's vhost thread too.
    void ring_event(const RingEvent& event) override;
    void wait_until_handed_on() override { workers->wait_until_handed_on(); }
    void wake_workers() noexcept override { workers->wake(); }

    const Config config;
    HostMessenger* const messenger;
    TermFile* const term_file;

    struct FreePool {
        void operator()(rte_mempool* pool) const noexcept;
    };
    std::unique_ptr<rte_mempool, FreePool> pool;
    std::unique_ptr<ferry::Tables> tables;
    std::unique_ptr<ferry::Learner> learner;
    std::unique_ptr<EthdevPort> underlay;
    std::unique_ptr<TapPort> host_interface;  ///< null: the kernel has the underlay's interface itself, or none
    ferry::MacAddress underlay_mac;
    std::uint64_t underlay_kernel_drops = 0;
    std::vector<std::pair<ferry::LocalVtep, std::unique_ptr<PortReservation>>> reservations;  ///< without those that could not be made
    std::unique_ptr<ferry::move::DockBudget> dock;
    ferry::move::GateTimes gate_times;
    std::unique_ptr<std::atomic<bool>[]> ferry_vteps;  ///< by VtepId: its host marks its frames
    std::unique_ptr<GateShared> gate_shared;
    std::unique_ptr<Moves> moves;
    std::unique_ptr<NextHopTable> next_hop_table;
    std::map<ferry::Ipv4Address, NextHop> next_hops;  ///< of the VTEPs that are followed, by their address
    std::set<ferry::Ipv4Address> changed_next_hops;   ///< which the tables do not have yet
    std::unique_ptr<UnderlayFollower> follower;       ///< null: no VTEP has been followed yet
    std::unique_ptr<WorkerSet> workers;
    PortTable ports;
    std::map<ferry::VtepId, Tally> vteps_before;  ///< what a VTEP's number had counted before it
    RingEvents ring_events;
    Inbox inbox;
    std::uint64_t next_observation_tsc = 0;
    std::uint32_t last_ageing = 0;
    std::unique_ptr<Announcements> announcements;  ///< null: no port's are to be seen, or the kernel refuses
    bool announcements_refused = false;
    AnnouncementStatus announced;
    std::unique_ptr<ControlThread> control;  ///< last: it ends before the rest goes
};

}  // namespace ferryd
