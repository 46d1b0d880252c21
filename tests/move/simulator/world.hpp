// All hosts, what is between them, the VMs, and the checks.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "books.hpp"
#include "clock.hpp"
#include "host.hpp"
#include "options.hpp"
#include "random.hpp"

namespace ferry::sim {

/// An endpoint's VM, as its orchestrator knows it.
struct Vm {
    unsigned host = 0;
    bool running = false;
    bool hurried = false;               ///< moved on within a few T_plain of its arrival: plain senders' order is not promised
    Time started = -1'000'000'000;      ///< where it is
    Time opened = -1'000'000'000;       ///< the last claim
    unsigned moves_left = 0;
    std::string broken;                 ///< why the premise does not hold for it; empty where it does
    std::set<unsigned> sender_hosts, been_on;
    std::vector<std::uint32_t> flows;
    move::Version granted;              ///< the highest so far
    move::Host granted_to{};
    std::uint64_t messages = 0, moves = 0;
};

struct PlainRow {
    unsigned to = 0;
    bool is_static = false;
    Time heard = 0;
};

struct Result {
    std::vector<std::string> failures;
    std::uint64_t frames = 0, delivered = 0, moves = 0, messages = 0, timed_out = 0;
    std::size_t remembered = 0;         ///< endpoints, by all machines together
    Time longest_claim = 0;
};

class World {
public:
    explicit World(const Options& options);
    Result run();

    // For hosts.
    void send_packet(const Packet& packet);
    void send_message(unsigned from, unsigned to, const move::Message& message);
    void announce(unsigned endpoint, unsigned from);
    void deliver(SimEndpoint& endpoint, FrameId frame);
    void drop(FrameId frame, Fate why);
    void opened(SimEndpoint& endpoint);
    void noted(unsigned host, const move::Note& note);
    void check_room_for_order(SimEndpoint& endpoint);
    void break_premise(unsigned endpoint, const std::string& why);
    void fail(const std::string& what);
    void trace(const std::string& line) const;
    void trace_frame(FrameId frame, const std::string& what, unsigned host) const;

    bool is_ferry(unsigned host) const { return host < ferry_hosts; }
    SimHost& host(unsigned index) { return *hosts_[index]; }
    static move::Host address(unsigned host) { return Ipv4Address::from_host(0x0a00'0001 + host); }
    static unsigned host_of(move::Host address) { return address.host() - 0x0a00'0001; }
    static VtepId vtep(unsigned host) { return VtepId{host + 1}; }
    static unsigned host_of(VtepId vtep) { return index_of(vtep) - 1; }
    static move::Key key(unsigned endpoint)
    {
        return {*Vni::make(100), MacAddress::from_u48(0x5254'0000'0000 + endpoint)};
    }
    static unsigned endpoint_of(const move::Key& key)
    {
        return static_cast<unsigned>(key.mac.to_u48() - 0x5254'0000'0000);
    }
    std::vector<move::Host> peers_of(unsigned host);

    const Options options;
    Random random;
    Clock clock;
    Books books;
    move::Times times;
    move::GateTimes gate_times;
    unsigned ferry_hosts = 0, dock_frames = 0;
    unsigned full_ports = 0;  ///< percent of a dock's bursts that the underlay has not room for
    std::uint32_t most_keys = 0;

private:
    // scenario.cpp
    void choose();
    void build();
    void start_flow(std::uint32_t flow, Time until);
    void send_frame(std::uint32_t flow);
    void plan_move(unsigned endpoint, Time after);
    void move_vm(unsigned endpoint);
    void stop_vm(unsigned endpoint);
    void start_vm(unsigned endpoint, unsigned host);
    void plan_faults();
    void crash(unsigned host, Time down);
    void cut(unsigned one, unsigned other, Time length);
    bool knows(unsigned host, unsigned endpoint);

    // checks.cpp
    void check(Result& result);
    void check_one_owner(unsigned endpoint, unsigned host);

    bool is_cut(unsigned one, unsigned other) const;
    Time message_delay();

    std::vector<std::unique_ptr<SimHost>> hosts_;
    std::vector<Vm> vms_;
    std::vector<std::map<unsigned, PlainRow>> plain_rows_;  ///< by plain host
    std::map<std::tuple<unsigned, unsigned, std::uint32_t>, Time> paths_;
    std::map<std::pair<unsigned, unsigned>, unsigned> cuts_;
    std::vector<std::string> failures_;
    unsigned lost_messages_ = 0, doubled_messages_ = 0, late_messages_ = 0, lost_frames_ = 0;  ///< percent; frames: per 10,000
    Time shortest_way_ = 0, longest_way_ = 0, traffic_ends_ = 0, flow_gap_ = 0;
    Faults faults_ = Faults::none;
    std::uint64_t messages_ = 0, moves_ = 0, timed_out_ = 0;
    Time longest_claim_ = 0;
};

}  // namespace ferry::sim
