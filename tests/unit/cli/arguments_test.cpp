// What each command makes of its words.
#include <catch2/catch.hpp>

#include "call.hpp"

using namespace ferryd;

namespace {

/// Runs a line that must be understood and accepted, and print nothing, as text.
void quiet(FakeControl& control, const std::string& line)
{
    INFO(line);
    const Printed printed = call(control, line);
    CHECK(printed.code == ExitCode::ok);
    CHECK(printed.out.empty());
    CHECK(printed.err.empty());
}

}  // namespace

TEST_CASE("fdb")
{
    FakeControl c;
    quiet(c, "fdb add 52:54:00:00:00:09 vni 100 vtep 172.16.0.3");
    CHECK(c.mac == mac("52:54:00:00:00:09"));
    CHECK(c.vni == vni(100));
    CHECK(c.place.vtep == ipv4("172.16.0.3"));
    CHECK(!c.place.port);
    CHECK(c.mode == ControlApi::FdbMode::add);

    quiet(c, "fdb replace 52-54-00-00-00-0A port vm0 vni 16777215");
    CHECK(c.mac == mac("52:54:00:00:00:0a"));
    CHECK(c.vni == vni(16'777'215));
    CHECK(!c.place.vtep);
    CHECK(c.place.port == "vm0");
    CHECK(c.mode == ControlApi::FdbMode::replace);

    quiet(c, "fdb replace 52:54:00:00:00:09 --vni 1 --dst 172.16.0.4");
    CHECK(c.place.vtep == ipv4("172.16.0.4"));

    quiet(c, "fdb del 52:54:00:00:00:07 vni 5");
    CHECK(c.mac == mac("52:54:00:00:00:07"));
    CHECK(c.vni == vni(5));

    quiet(c, "fdb show vni 9");
    CHECK(c.vni == vni(9));
    quiet(c, "fdb");
    CHECK(c.vni == std::nullopt);
}

TEST_CASE("vni")
{
    FakeControl c;
    quiet(c, "vni add 100");
    CHECK(c.segment->vni == vni(100));
    CHECK(c.segment->learning);
    CHECK(c.segment->flood.empty());
    quiet(c, "vni add 0 learning off flood 172.16.0.2,172.16.0.3");
    CHECK(!c.segment->learning);
    CHECK(c.segment->flood == std::vector{ipv4("172.16.0.2"), ipv4("172.16.0.3")});
    quiet(c, "vni add 1 flood 172.16.0.2 172.16.0.3 learning on");
    CHECK(c.segment->learning);
    CHECK(c.segment->flood.size() == 2);
    quiet(c, "vni add 1 --flood 172.16.0.2 --flood 172.16.0.3");
    CHECK(c.segment->flood.size() == 2);
    quiet(c, "vni flood 7 172.16.0.5");
    CHECK(c.vni == vni(7));
    CHECK(c.flood == std::vector{ipv4("172.16.0.5")});
    quiet(c, "vni flood 7 none");
    CHECK(c.flood.empty());
    quiet(c, "vni del 8");
    CHECK(c.vni == vni(8));
}

TEST_CASE("vtep")
{
    FakeControl c;
    quiet(c, "vtep add 172.16.0.3");
    CHECK(c.vtep->address == ipv4("172.16.0.3"));
    CHECK(!c.vtep->mac);
    quiet(c, "vtep change 172.16.0.3 mac 02:00:00:00:00:03");
    CHECK(c.changed_vtep);
    CHECK(c.vtep->mac == mac("02:00:00:00:00:03"));
    quiet(c, "vtep del 172.16.0.4");
    CHECK(c.removed_vtep == ipv4("172.16.0.4"));
}

TEST_CASE("port")
{
    FakeControl c;
    quiet(c, "port add vm0 vni 100 vhost-user /run/vm0.sock");
    CHECK(c.port->name == "vm0");
    CHECK(c.port->vni == vni(100));
    CHECK(c.port->macs.empty());
    CHECK(std::get<VhostUserPort>(c.port->kind).socket == "/run/vm0.sock");
    CHECK(std::get<VhostUserPort>(c.port->kind).client);
    CHECK(std::get<VhostUserPort>(c.port->kind).queues == 1);
    quiet(c, "port add vm0 vni 100 mac 52:54:00:00:00:01 52:54:00:00:00:02 vhost-user /s server queues 16");
    CHECK(c.port->macs == std::vector{mac("52:54:00:00:00:01"), mac("52:54:00:00:00:02")});
    CHECK(!std::get<VhostUserPort>(c.port->kind).client);
    CHECK(std::get<VhostUserPort>(c.port->kind).queues == 16);
    quiet(c, "port add tap0 device net_tap0,iface=tap0 vni 1");
    CHECK(std::get<DevicePort>(c.port->kind).device == "net_tap0,iface=tap0");
    CHECK(!c.port->hold_ms);
    quiet(c, "port add tap0 device net_tap0,iface=tap0 vni 1 hold-ms 5000");
    CHECK(c.port->hold_ms == 5'000U);
    CHECK(!c.port->held);
    quiet(c, "port add tap0 device net_tap0,iface=tap0 vni 1 held");
    CHECK(c.port->held);
    CHECK(c.port->announcements == AnnouncementSource::kernel);
    quiet(c, "port add tap0 device net_tap0,iface=tap0 vni 1 announcements frames");
    CHECK(c.port->announcements == AnnouncementSource::frames);
    CHECK_FALSE(c.port->worker);
    quiet(c, "port add tap0 device net_tap0,iface=tap0 vni 1 worker 3");
    CHECK(c.port->worker == 3U);
    quiet(c, "port del tap0");
    CHECK(c.removed_port == "tap0");
}

TEST_CASE("workers")
{
    FakeControl c;
    quiet(c, "workers threads 2");
    CHECK(c.worker_threads == 2);
}

TEST_CASE("move")
{
    FakeControl c;
    quiet(c, "move show --after 12");
    CHECK(c.after == 12);
    quiet(c, "move show after 13");
    CHECK(c.after == 13);
    quiet(c, "move");
    CHECK(c.after == 0);
}

TEST_CASE("names may be shortened and have the other tools' aliases")
{
    FakeControl c;
    quiet(c, "f s");
    quiet(c, "f list");
    quiet(c, "vn a 100");
    quiet(c, "vt delete 172.16.0.4");
    quiet(c, "po d tap0");
    quiet(c, "h tap1");
    CHECK(c.held_port == "tap1");
    quiet(c, "rel tap2");
    CHECK(c.released_port == "tap2");
    quiet(c, "m");
}
