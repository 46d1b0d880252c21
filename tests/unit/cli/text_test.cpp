// What people read.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <ctime>

#include "call.hpp"

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
          "ADDRESS     NEXT HOP            MTU  IN FRAMES  IN BYTES  OUT FRAMES  OUT BYTES  DROPS\n"
          "(others)    -                     0          7       700           0          0      0\n"
          "172.16.0.3  02:00:00:00:00:03  1600          1         2           3          4      6\n");
    CHECK(text("port show") == "NAME      VNI  STATE         KIND        WORKER  IN FRAMES  OUT FRAMES  DROPS  MACS    "
                               "                             "
                               "DEVICE\n"
                               "underlay    -  up            ethdev           0  1,234,567         300      3  -       "
                               "                             "
                               "net_af_packet0,iface=eth1\n"
                               "vm0       100  up,migrating  vhost-user       1         10          20      5  "
                               "52:54:00:00:00:01,52:54:00:00:00:02  "
                               "/run/vm0.sock\n");
}

TEST_CASE("counters are explained")
{
    const std::string stats = text("stats");
    CHECK(stats.find("FRAMES  WHAT\n     1  received from the underlay\n") == 0);
    CHECK(stats.find("    11  dropped; ferryctl stats show drops says why\n") != std::string::npos);
    CHECK(stats.find("\nlearned 8, moved 9, aged 10, refused 11, overflown 7\n") != std::string::npos);
    CHECK(stats.find("worker 0 on CPU 3: 1,000 rounds, 25.0 % of them idle, 6 sleeps\n") != std::string::npos);
    CHECK(stats.find("worker 1: 0 rounds, 0.0 % of them idle, 0 sleeps\n") != std::string::npos);

    const std::string drops = text("stats show drops");
    CHECK(drops.find("FRAMES  REASON         MEANING\n") == 0);
    CHECK(drops.find("     5  ring_full      The guest's receive ring had no room") != std::string::npos);
    CHECK(drops.find("     6  frame_too_big  VTEP 172.16.0.3\n") != std::string::npos);
    CHECK(drops.find("     5  ring_full      port vm0\n") != std::string::npos);
    FakeControl nothing;
    CHECK(call(nothing, "stats show drops").out == "no frame was dropped\n");
    CHECK(drops.find("     3  (kernel)       port underlay, before ferryd could take them\n") != std::string::npos);
}

TEST_CASE("events are a line each")
{
    setenv("TZ", "UTC", 1);
    tzset();
    CHECK(text("move show") ==
          "7 2023-11-14 22:13:20.123456 ring_start 52:54:00:00:00:01 vni 100 VTEP 172.16.0.2 -> local vm0 version 3 "
          "visible "
          "35.2us told 172.16.0.2:4790 failed 172.16.0.4:4790 first-delivery 1.500ms network-added 0.250ms\n"
          "8 1970-01-01 00:00:00.000000 manual 52:54:00:00:00:01 vni 100 - -> - version 0\n");
}
