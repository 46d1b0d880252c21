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
    underlay.device = "net_af_packet0,iface=eth1";
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
                         {ipv4("172.16.0.3"), mac("02:00:00:00:00:03"), 1600, {1, 2, 3, 4, {{"frame_too_big", 6}}}}};

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
                        {{0, 3, 1000, 250, 6}, {1, -1, 0, 0, 0}}};

    control.event.id = 7;
    control.event.cause = MoveEvent::Cause::ring_start;
    control.event.time_ns = 1'700'000'000'123'456'789;
    control.event.vni = vni(100);
    control.event.mac = mac("52:54:00:00:00:01");
    control.event.from = "VTEP 172.16.0.2";
    control.event.to = "local vm0";
    control.event.version = 3;
    control.event.visible_us = 35.25;
    control.event.peers_told = {"172.16.0.2:4790"};
    control.event.peers_failed = {"172.16.0.4:4790"};
    control.event.first_delivery_ms = 1.5;
    control.event.network_added_ms = 0.25;
    MoveEvent plain;
    plain.id = 8;
    plain.vni = vni(100);
    plain.mac = mac("52:54:00:00:00:01");
    plain.from = "-";
    plain.to = "-";
    control.event_list = {control.event, plain};
}

}  // namespace ferryd
