// What people read.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <ctime>

#include "call.hpp"
#include "cli/move_text.hpp"

using namespace ferryd;

namespace {

std::string text(const std::string& line)
{
    FakeControl control;
    fill(control);
    const Printed printed = call(control, line);
    CHECK(printed.code == ExitCode::ok);
    CHECK(printed.err.empty());
    return printed.out;
}

}  // namespace

TEST_CASE("rows look like bridge fdb's")
{
    CHECK(text("fdb show") == "52:54:00:00:00:01 vni 100 port vm0 endpoint\n"
                              "52:54:00:00:00:09 vni 100 dst 172.16.0.3 permanent\n"
                              "52:54:00:00:00:0a vni 100 dst 172.16.0.3 learned idle 12s\n"
                              "52:54:00:00:00:0b vni 100 blackhole permanent\n");
}

TEST_CASE("segments are a line each")
{
    CHECK(text("vni show") == "100 learning on flood 172.16.0.2,172.16.0.3 ports vm0\n"
                              "101 learning off flood - ports -\n");
}

TEST_CASE("VTEPs and ports are tables")
{
    CHECK(text("vtep show") ==
          "ADDRESS     NEXT HOP           VIA  STATE        MTU  IN FRAMES  IN BYTES  OUT FRAMES  OUT BYTES  DROPS  WHY\n"
          "(others)    -                  -    -              0          7       700           0          0      0  -\n"
          "172.16.0.3  02:00:00:00:00:03  -    configured  1600          1         2           3          4      6  -\n");
    CHECK(text("port show") == "NAME      VNI  STATE         KIND        WORKER  IN FRAMES  OUT FRAMES  DROPS  MACS    "
                               "                             "
                               "DEVICE\n"
                               "underlay    -  up            ethdev           0  1,234,567         300      3  -       "
                               "                             "
                               "net_af_xdp0,iface=eth1 (native XDP, zero copy, program 17)\n"
                               "vm0       100  up,migrating  vhost-user       1         10          20      5  "
                               "52:54:00:00:00:01,52:54:00:00:00:02  "
                               "/run/vm0.sock\n");
}

TEST_CASE("the host's interface has a line behind the underlay port's, and its drops a place")
{
    FakeControl control;
    fill(control);
    control.port_list[0].host_interface = {"underlay0", "up", {1'000, 2, 3, 4, {{"transmit_failed", 9}}}};
    const std::string ports = call(control, "port show").out;
    const std::size_t line = ports.find("\nunderlay0    -  up            tap              -      1,000           3      9  -  ");
    CHECK(line != std::string::npos);
    CHECK(ports.find("the host's, on the underlay\nvm0 ") != std::string::npos);
    control.counters.ports = control.port_list;
    CHECK(call(control, "stats show drops").out.find("9  transmit_failed  to the host's interface underlay0\n") !=
          std::string::npos);
}

TEST_CASE("counters are explained")
{
    const std::string stats = text("stats");
    CHECK(stats.find("FRAMES  WHAT\n     1  received from the underlay\n") == 0);
    CHECK(stats.find("    11  dropped; ferryctl stats show drops says why\n") != std::string::npos);
    CHECK(stats.find("\nlearned 8, moved 9, aged 10, refused 11, overflown 7\n") != std::string::npos);
    CHECK(stats.find("announcements on kernel interfaces: seen 20, started 2, refused 3, lost 4, limited 5\n") !=
          std::string::npos);
    CHECK(stats.find("worker 0 on CPU 3: 1,000 rounds, 25.0 % of them idle, 6 sleeps\n") != std::string::npos);
    CHECK(stats.find("worker 1: 0 rounds, 0.0 % of them idle, 0 sleeps\n") != std::string::npos);

    const std::string workers = text("workers");
    CHECK(workers.find("WORKER  THREAD  CPU  IDLE ROUNDS  SLEEPS  UNDERLAY QUEUES  PORTS\n") == 0);
    CHECK(workers.find("     0       0    3       25.0 %       6  0,2              -\n") != std::string::npos);
    CHECK(workers.find("     1       0  any            -       0  -                vm0\n") != std::string::npos);

    const std::string drops = text("stats show drops");
    CHECK(drops.find("FRAMES  REASON         MEANING\n") == 0);
    CHECK(drops.find("     5  ring_full      The guest's receive ring had no room") != std::string::npos);
    CHECK(drops.find("     6  frame_too_big  VTEP 172.16.0.3\n") != std::string::npos);
    CHECK(drops.find("     5  ring_full      port vm0\n") != std::string::npos);
    FakeControl nothing;
    CHECK(call(nothing, "stats show drops").out == "no frame was dropped\n");
    CHECK(drops.find("     3  (kernel)       port underlay, before ferryd could take them\n") != std::string::npos);
}

TEST_CASE("a move is a timeline and a ledger")
{
    setenv("TZ", "UTC", 1);
    tzset();
    CHECK(text("moves") ==
          "7 source 52:54:00:00:00:01 vni 100 port vm0 172.16.0.1 -> D (172.16.0.2) moved, since "
          "2023-11-14 22:13:20.123456\n"
          "       +0.000 ms  the VM stopped here\n"
          "       +0.150 ms  first frame docked\n"
          "      +12.000 ms  claimed by D (172.16.0.2)\n"
          "      +12.010 ms  granted to D (172.16.0.2)\n"
          "      +12.030 ms  first frame sent to the new host\n"
          "      +12.500 ms  dock empty (flushed 3)\n"
          "      +13.000 ms  sender told to turn: 172.16.0.3\n"
          "     +250.000 ms  sender has turned: 172.16.0.3\n"
          "   +30250.000 ms  books closed (relayed 4)\n"
          "  frames: received 10 = delivered 1 + flushed 3 + relayed 4 + dropped by dock_full 2; docked 3; adds up\n"
          "8 destination 52:54:00:00:00:02 vni 100 port vm1 - -> 172.16.0.1 claiming, since "
          "2023-11-14 22:13:20.123456\n"
          "       +0.000 ms  the VM started here\n"
          "  frames: received 2 = delivered 1 + waiting 1; not closed yet\n"
          "9 sender 52:54:00:00:00:03 vni 100 172.16.0.2 -> 172.16.0.3 turning, since 2023-11-14 22:13:20.123456\n"
          "       +0.000 ms  told to turn to 172.16.0.3\n"
          "       +0.030 ms  every worker sees the new row\n"
          "  frames: marked 5\n");
}

TEST_CASE("each phase has words, and each state a name")
{
    for (int i = 0; i <= static_cast<int>(ferry::move::Phase::turned_alone); ++i) {
        MoveStatus move;
        move.phases.push_back({static_cast<ferry::move::Phase>(i), {}, ipv4("172.16.0.9"), 3, 1});
        REQUIRE(timeline_of(move).size() == 1);
        CHECK(timeline_of(move)[0].find("unknown") == std::string::npos);
        CHECK(timeline_of(move)[0].find("+0.000 ms  ") != std::string::npos);
    }
    const auto state = [](MoveStatus::Role role, std::vector<ferry::move::Phase> phases, bool closed = false) {
        MoveStatus move;
        move.role = role;
        move.closed = closed;
        for (const ferry::move::Phase phase : phases)
            move.phases.push_back({phase, {}, {}, 0, 0});
        return std::string(state_of(move));
    };
    using enum ferry::move::Phase;
    using Role = MoveStatus::Role;
    CHECK(state(Role::source, {ring_stopped}) == "held");
    CHECK(state(Role::source, {ring_stopped, granted}) == "draining");
    CHECK(state(Role::source, {ring_stopped, granted, drained}) == "relaying");
    CHECK(state(Role::source, {ring_stopped, granted, drained, ferry::move::Phase::closed}, true) == "moved");
    CHECK(state(Role::source, {ring_stopped, ring_started, replayed}, true) == "cancelled");
    CHECK(state(Role::source, {ring_stopped, hold_expired}, true) == "expired");
    CHECK(state(Role::destination, {ring_started, claim_sent}) == "claiming");
    CHECK(state(Role::destination, {ring_started, grant_received}) == "merging");
    CHECK(state(Role::destination, {ring_started, grant_received, opened, settled}, true) == "moved");
    CHECK(state(Role::destination, {ring_started, taken, opened}, true) == "taken");
    CHECK(state(Role::sender, {turn_begun}) == "turning");
    CHECK(state(Role::sender, {turn_begun, turned, turn_over}, true) == "turned");
}

TEST_CASE("a ledger that does not add up says so")
{
    MoveStatus move;
    move.ledger.received = 5;
    move.ledger.flush_received = 2;
    move.ledger.flush_told = 3;
    move.ledger.delivered = 5;
    move.adds_up = false;
    CHECK(ledger_text(move) == "frames: received 5, flush 2 of 3 = delivered 5; DOES NOT ADD UP");
}

TEST_CASE("peers are a table")
{
    CHECK(text("peers") ==
          "NAME  VTEP        ADDRESS          STATE         RTT  DATAGRAM   SENT  RECEIVED  DROPPED  VNIS  FAULT\n"
          "D     172.16.0.2  172.16.0.2:4790  up       0.250 ms  0.061 ms  1,234         5        0  all   -\n"
          "-     0.0.0.0     -                refused         -         -      0         0        3  -     "
          "no peer of VTEP \"172.16.0.9\" is configured here\n");
}
