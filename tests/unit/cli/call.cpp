#include "call.hpp"

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace ferryd {

namespace {

/// A stream that writes into memory.
class MemoryFile {
public:
    MemoryFile() : file_(open_memstream(&text_, &size_)) {}
    ~MemoryFile()
    {
        std::fclose(file_);
        std::free(text_);
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    std::FILE* file() { return file_; }
    std::string text()
    {
        std::fflush(file_);
        return {text_, size_};
    }

private:
    char* text_ = nullptr;
    std::size_t size_ = 0;
    std::FILE* file_;
};

Printed run(const std::string& line, Output::Form form, const std::function<Expected<Daemon>()>& connect)
{
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; stream >> word;)
        words.push_back(word);
    MemoryFile out, err;
    Output output(form, out.file(), err.file());
    const ExitCode code = run_words(std::move(words), output, connect);
    return {code, out.text(), err.text()};
}

}  // namespace

Printed call(ControlApi& api, const std::string& line, Output::Form form)
{
    return run(line, form, [&] { return Daemon{&api, [] { return false; }}; });
}

Printed call_nobody(const std::string& line, Output::Form form)
{
    return run(line, form, []() -> Expected<Daemon> {
        return ferry::fail(ferry::ErrorCode::unavailable, "cannot reach ferryd at /s: it is not there");
    });
}

void fill(FakeControl& control)
{
    PortStatus underlay;
    underlay.name = "underlay";
    underlay.kind = "ethdev";
    underlay.device = "net_af_xdp0,iface=eth1";
    underlay.steering = {"native", true, 17};
    underlay.underlay = true;
    underlay.state = "up";
    underlay.kernel_drops = 3;
    underlay.traffic = {1'234'567, 200, 300, 400, {}};
    PortStatus vm;
    vm.name = "vm0";
    vm.kind = "vhost-user";
    vm.device = "/run/vm0.sock";
    vm.vni = vni(100);
    vm.macs = {mac("52:54:00:00:00:01"), mac("52:54:00:00:00:02")};
    vm.state = "up";
    vm.worker = 1;
    vm.migrating = true;
    vm.traffic = {10, 1000, 20, 2000, {{"ring_full", 5}}};
    control.port_list = {underlay, vm};

    control.segment_list = {{vni(100), true, {ipv4("172.16.0.2"), ipv4("172.16.0.3")}, {"vm0"}},
                            {vni(101), false, {}, {}}};
    control.vtep_list = {{{}, {}, 0, {7, 700, 0, 0, {}}},
                         {ipv4("172.16.0.3"), mac("02:00:00:00:00:03"), 1600, {1, 2, 3, 4, {{"frame_too_big", 6}}}, "configured"}};

    FdbStatus remote;
    remote.vni = vni(100);
    remote.mac = mac("52:54:00:00:00:09");
    remote.kind = ferry::RowKind::remote;
    remote.vtep = ipv4("172.16.0.3");
    FdbStatus local = remote;
    local.mac = mac("52:54:00:00:00:01");
    local.kind = ferry::RowKind::local;
    local.origin = ferry::RowOrigin::endpoint;
    local.vtep.reset();
    local.port = "vm0";
    FdbStatus learned = remote;
    learned.mac = mac("52:54:00:00:00:0a");
    learned.origin = ferry::RowOrigin::learned;
    learned.idle_seconds = 12;
    FdbStatus hole = remote;
    hole.mac = mac("52:54:00:00:00:0b");
    hole.kind = ferry::RowKind::blackhole;
    hole.vtep.reset();
    control.row_list = {local, remote, learned, hole};

    control.counters = {1,
                        2,
                        3,
                        4,
                        5,
                        6,
                        7,
                        8,
                        9,
                        10,
                        11,
                        {{"ring_full", 5}, {"frame_too_big", 6}},
                        control.port_list,
                        control.vtep_list,
                        {{0, 3, 1000, 250, 6, 5, 0, {0, 2}}, {1, -1, 0, 0, 0, 0, 0, {}}},
                        {20, 2, 3, 4, 5}};

    control.change = {1'700'000'000'123'456'789, vni(100), mac("52:54:00:00:00:01"), "VTEP 172.16.0.2", "local vm0", 35.25};

    using ferry::move::Phase;
    constexpr std::int64_t start = 1'700'000'000'123'456'789;
    MoveStatus out;
    out.id = 7;
    out.change = 40;
    out.role = MoveStatus::Role::source;
    out.key = {vni(100), mac("52:54:00:00:00:01")};
    out.port = "vm0";
    out.from = ipv4("172.16.0.1");
    out.to = ipv4("172.16.0.2");
    out.to_name = "D";
    out.version = {3, 2, ipv4("172.16.0.2")};
    const auto add = [&](MoveStatus& move, Phase phase, double ms, const char* host = "0.0.0.0", std::uint64_t count = 0) {
        move.phases.push_back({phase, {3, 2, ipv4("172.16.0.2")}, ipv4(host), count,
                               start + static_cast<std::int64_t>(ms * 1e6)});
    };
    add(out, Phase::ring_stopped, 0);
    add(out, Phase::claim_received, 12, "172.16.0.2");
    add(out, Phase::granted, 12.01, "172.16.0.2");
    add(out, Phase::drained, 12.5, "0.0.0.0", 3);
    add(out, Phase::turn_sent, 13, "172.16.0.3");
    add(out, Phase::turn_ended, 250, "172.16.0.3");
    add(out, Phase::closed, 30'250, "0.0.0.0", 4);
    out.ledger.received = 10;
    out.ledger.docked = 3;
    out.ledger.flushed = 3;
    out.ledger.relayed = 4;
    out.ledger.delivered = 1;
    out.ledger.drops = {{"dock_full", 2}};
    out.closed = true;
    out.adds_up = true;
    out.docked_us = 150.0;
    out.redirect_us = 20.0;
    MoveStatus in;
    in.id = 8;
    in.change = 41;
    in.role = MoveStatus::Role::destination;
    in.key = {vni(100), mac("52:54:00:00:00:02")};
    in.port = "vm1";
    in.to = ipv4("172.16.0.1");
    add(in, Phase::ring_started, 0);
    in.ledger.received = 2;
    in.ledger.delivered = 1;
    in.ledger.waiting = 1;
    MoveStatus turn;
    turn.id = 9;
    turn.change = 42;
    turn.role = MoveStatus::Role::sender;
    turn.key = {vni(100), mac("52:54:00:00:00:03")};
    turn.from = ipv4("172.16.0.2");
    turn.to = ipv4("172.16.0.3");
    add(turn, Phase::turn_begun, 0, "172.16.0.3");
    turn.ledger.marked = 5;
    turn.visible_us = 30.0;
    control.move_list = {out, in, turn};

    PeerStatus peer;
    peer.address = "172.16.0.2:4790";
    peer.vtep = ipv4("172.16.0.2");
    peer.name = "D";
    peer.vnis = "all";
    peer.connected = peer.heard = true;
    peer.connected_since_ns = start;
    peer.rtt_us = 250.0;
    peer.datagram_rtt_us = 61.5;
    peer.sent = 1'234;
    peer.sent_by_datagram = 1'000;
    peer.received = 5;
    PeerStatus others;
    others.dropped = 3;
    others.fault = "no peer of VTEP \"172.16.0.9\" is configured here";
    control.peer_list = {peer, others};
}

}  // namespace ferryd
