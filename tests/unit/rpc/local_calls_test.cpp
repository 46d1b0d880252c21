// Every call of the API over a real Unix socket: what the client asks reaches the control, what that answers comes
// back.
#include <catch2/catch.hpp>

#include "served.hpp"

using namespace ferryd;

namespace {

ferry::Vni vni(std::uint32_t value)
{
    return *ferry::Vni::make(value);
}
ferry::MacAddress mac(const char* text)
{
    return *ferry::MacAddress::parse(text);
}
TrafficStatus traffic(std::uint64_t from)
{
    return {from, from + 1, from + 2, from + 3, {{"ring_full", from + 4}, {"hairpin", from + 5}}};
}

void check_same(const TrafficStatus& a, const TrafficStatus& b)
{
    CHECK(a.in_frames == b.in_frames);
    CHECK(a.in_bytes == b.in_bytes);
    CHECK(a.out_frames == b.out_frames);
    CHECK(a.out_bytes == b.out_bytes);
    CHECK(a.drops == b.drops);
}

PortStatus some_port()
{
    PortStatus port;
    port.name = "vm0";
    port.kind = "vhost-user";
    port.device = "/run/vm0.sock";
    port.underlay = false;
    port.vni = vni(100);
    port.macs = {mac("52:54:00:00:00:01"), mac("52:54:00:00:00:02")};
    port.state = "waiting";
    port.worker = 3;
    port.migrating = true;
    port.kernel_drops = 17;
    port.traffic = traffic(1000);
    port.steering = {"generic", true, 4};
    port.host_interface = {"underlay0", "down", traffic(1500)};
    return port;
}

void check_same(const PortStatus& a, const PortStatus& b)
{
    CHECK(a.name == b.name);
    CHECK(a.kind == b.kind);
    CHECK(a.device == b.device);
    CHECK(a.underlay == b.underlay);
    CHECK(a.vni == b.vni);
    CHECK(a.macs == b.macs);
    CHECK(a.state == b.state);
    CHECK(a.worker == b.worker);
    CHECK(a.migrating == b.migrating);
    CHECK(a.kernel_drops == b.kernel_drops);
    check_same(a.traffic, b.traffic);
    CHECK(a.steering == b.steering);
    CHECK(a.announcements == b.announcements);
    REQUIRE(a.host_interface.has_value());
    REQUIRE(b.host_interface.has_value());
    CHECK(a.host_interface->name == b.host_interface->name);
    CHECK(a.host_interface->state == b.host_interface->state);
    check_same(a.host_interface->traffic, b.host_interface->traffic);
}

VtepStatus some_vtep()
{
    return {ipv4("172.16.0.3"), mac("02:00:00:00:00:03"), 1600, traffic(2000), "unresolved", "172.16.0.254", "no answer"};
}

void check_same(const VtepStatus& a, const VtepStatus& b)
{
    CHECK(a.address == b.address);
    CHECK(a.next_hop == b.next_hop);
    CHECK(a.mtu == b.mtu);
    CHECK(a.state == b.state);
    CHECK(a.via == b.via);
    CHECK(a.reason == b.reason);
    check_same(a.traffic, b.traffic);
}

}  // namespace

TEST_CASE("ports")
{
    Served s;
    PortConfig port{"vm0", vni(100), {mac("52:54:00:00:00:01")}, VhostUserPort{"/run/vm0.sock", false, 4}};
    REQUIRE(s.client->add_port(port));
    REQUIRE(s.control.port);
    CHECK(s.control.port->name == "vm0");
    CHECK(s.control.port->vni == vni(100));
    CHECK(s.control.port->macs == port.macs);
    REQUIRE(std::holds_alternative<VhostUserPort>(s.control.port->kind));
    CHECK(std::get<VhostUserPort>(s.control.port->kind).socket == "/run/vm0.sock");
    CHECK(!std::get<VhostUserPort>(s.control.port->kind).client);
    CHECK(std::get<VhostUserPort>(s.control.port->kind).queues == 4);

    port.kind = DevicePort{"net_tap0,iface=x"};
    REQUIRE(s.client->add_port(port));
    REQUIRE(std::holds_alternative<DevicePort>(s.control.port->kind));
    CHECK(std::get<DevicePort>(s.control.port->kind).device == "net_tap0,iface=x");
    CHECK(s.control.port->announcements == AnnouncementSource::kernel);
    CHECK_FALSE(s.control.port->worker);
    port.worker = 0;
    port.announcements = AnnouncementSource::frames;
    REQUIRE(s.client->add_port(port));
    CHECK(s.control.port->announcements == AnnouncementSource::frames);
    CHECK(s.control.port->worker == 0U);

    REQUIRE(s.client->remove_port("vm0"));
    CHECK(s.control.removed_port == "vm0");

    s.control.port_list = {some_port(), some_port()};
    s.control.port_list[1].underlay = true;
    const auto ports = s.client->ports();
    REQUIRE(ports);
    REQUIRE(ports->size() == 2);
    check_same((*ports)[0], s.control.port_list[0]);
    check_same((*ports)[1], s.control.port_list[1]);
}

TEST_CASE("segments")
{
    Served s;
    REQUIRE(s.client->add_segment({vni(0xff'ffff), false, {ipv4("172.16.0.3"), ipv4("172.16.0.2")}}));
    REQUIRE(s.control.segment);
    CHECK(s.control.segment->vni == vni(0xff'ffff));
    CHECK(!s.control.segment->learning);
    CHECK(s.control.segment->flood == std::vector{ipv4("172.16.0.3"), ipv4("172.16.0.2")});

    REQUIRE(s.client->set_flood(vni(5), {ipv4("172.16.0.2")}));
    CHECK(s.control.vni == vni(5));
    CHECK(s.control.flood == std::vector{ipv4("172.16.0.2")});
    REQUIRE(s.client->set_flood(vni(5), {}));
    CHECK(s.control.flood.empty());

    REQUIRE(s.client->remove_segment(vni(0)));
    CHECK(s.control.vni == vni(0));

    s.control.segment_list = {{vni(1), true, {ipv4("172.16.0.2")}, {"vm0", "vm1"}}, {vni(2), false, {}, {}}};
    const auto segments = s.client->segments();
    REQUIRE(segments);
    REQUIRE(segments->size() == 2);
    CHECK((*segments)[0].vni == vni(1));
    CHECK((*segments)[0].learning);
    CHECK((*segments)[0].flood == std::vector{ipv4("172.16.0.2")});
    CHECK((*segments)[0].ports == std::vector<std::string>{"vm0", "vm1"});
    CHECK(!(*segments)[1].learning);
}

TEST_CASE("VTEPs")
{
    Served s;
    REQUIRE(s.client->add_vtep({ipv4("172.16.0.3"), mac("02:00:00:00:00:03")}));
    CHECK(!s.control.changed_vtep);
    CHECK(s.control.vtep->address == ipv4("172.16.0.3"));
    CHECK(s.control.vtep->mac == mac("02:00:00:00:00:03"));
    REQUIRE(s.client->change_vtep({ipv4("172.16.0.4"), std::nullopt}));
    CHECK(s.control.changed_vtep);
    CHECK(s.control.vtep->address == ipv4("172.16.0.4"));
    CHECK(s.control.vtep->mac == std::nullopt);
    REQUIRE(s.client->remove_vtep(ipv4("172.16.0.5")));
    CHECK(s.control.removed_vtep == ipv4("172.16.0.5"));

    s.control.vtep_list = {{{}, {}, 0, traffic(1)}, some_vtep()};
    const auto vteps = s.client->vteps();
    REQUIRE(vteps);
    REQUIRE(vteps->size() == 2);
    check_same((*vteps)[0], s.control.vtep_list[0]);
    check_same((*vteps)[1], s.control.vtep_list[1]);
}

TEST_CASE("local VTEPs")
{
    Served s;
    REQUIRE(s.client->add_local_vtep({ipv4("172.16.0.9"), 8472}));
    CHECK(s.control.local_vtep == ferry::LocalVtep{ipv4("172.16.0.9"), 8472});
    REQUIRE(s.client->remove_local_vtep({ipv4("172.16.0.9")}));
    CHECK(s.control.removed_local_vtep == ferry::LocalVtep{ipv4("172.16.0.9"), 4789});
    s.control.local_list = {{ipv4("172.16.0.1"), 4789}, {ipv4("172.16.0.1"), 8472}};
    const auto vteps = s.client->local_vteps();
    REQUIRE(vteps);
    CHECK(*vteps == s.control.local_list);

    v1::LocalVtep message;
    message.set_address("172.16.0.9");
    CHECK(from_message(message)->port == 4789);
    for (const std::uint32_t port : {0u, 65'536u, 4'294'967'295u}) {
        message.set_port(port);
        CHECK(from_message(message).error().code == ferry::ErrorCode::invalid_argument);
    }
}

TEST_CASE("rows")
{
    Served s;
    s.control.change = {1'700'000'000'123'456'789, vni(100), mac("52:54:00:00:00:01"), "VTEP 172.16.0.2", "-", 35.25};
    const auto added = s.client->set_fdb(vni(100), mac("52:54:00:00:00:01"), {ipv4("172.16.0.3"), std::nullopt},
                                         ControlApi::FdbMode::add);
    REQUIRE(added);
    CHECK(added->time_ns == s.control.change.time_ns);
    CHECK(added->vni == vni(100));
    CHECK(added->mac == mac("52:54:00:00:00:01"));
    CHECK(added->from == "VTEP 172.16.0.2");
    CHECK(added->to == "-");
    CHECK(added->visible_us == 35.25);
    s.control.change.visible_us.reset();
    CHECK(s.control.vni == vni(100));
    CHECK(s.control.mac == mac("52:54:00:00:00:01"));
    CHECK(s.control.place.vtep == ipv4("172.16.0.3"));
    CHECK(s.control.place.port == std::nullopt);
    CHECK(s.control.mode == ControlApi::FdbMode::add);

    REQUIRE(s.client->set_fdb(vni(100), mac("52:54:00:00:00:02"), {std::nullopt, "vm0"}, ControlApi::FdbMode::replace));
    CHECK(s.control.place.vtep == std::nullopt);
    CHECK(s.control.place.port == "vm0");
    CHECK(s.control.mode == ControlApi::FdbMode::replace);

    const auto removed = s.client->remove_fdb(vni(101), mac("52:54:00:00:00:03"));
    REQUIRE(removed);
    CHECK(!removed->visible_us);
    CHECK(s.control.vni == vni(101));
    CHECK(s.control.mac == mac("52:54:00:00:00:03"));
}

TEST_CASE("a table of many messages arrives whole and in order")
{
    Served s;
    using ferry::RowKind;
    using ferry::RowOrigin;
    for (std::uint32_t i = 0; i < 5000; ++i) {
        FdbStatus row;
        row.vni = vni(i);
        row.mac = ferry::MacAddress::from_u48(0x5254'0000'0000 + i);
        row.kind = i % 3 == 0 ? RowKind::local : i % 3 == 1 ? RowKind::remote : RowKind::blackhole;
        row.origin = i % 4 == 0 ? RowOrigin::permanent : i % 4 == 1 ? RowOrigin::endpoint : RowOrigin::learned;
        if (row.kind == RowKind::local)
            row.port = "vm" + std::to_string(i);
        if (row.kind == RowKind::remote)
            row.vtep = ferry::Ipv4Address::from_host(0xac10'0000 + i);
        row.idle_seconds = i;
        s.control.row_list.push_back(row);
    }
    const auto rows = s.client->fdb(std::nullopt);
    REQUIRE(rows);
    CHECK(s.control.vni == std::nullopt);
    REQUIRE(rows->size() == 5000);
    int wrong = 0;
    for (std::size_t i = 0; i < 5000; ++i) {
        const FdbStatus &a = (*rows)[i], &b = s.control.row_list[i];
        wrong += !(a.vni == b.vni && a.mac == b.mac && a.kind == b.kind && a.origin == b.origin && a.vtep == b.vtep &&
                   a.port == b.port && a.idle_seconds == b.idle_seconds);
    }
    CHECK(wrong == 0);
    REQUIRE(s.client->fdb(vni(0)));
    CHECK(s.control.vni == vni(0));
}

TEST_CASE("counters")
{
    Served s;
    StatsStatus& c = s.control.counters;
    c = {1,
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
         {{"no_buffer", 12}},
         {some_port()},
         {some_vtep()},
         {{0, 3, 4, 5, 6, 2}, {1, -1, 7, 8, 9, 10, 11, {0, 5}}},
         {13, 14, 15, 16, 17}};
    const auto stats = s.client->stats();
    REQUIRE(stats);
    CHECK(stats->underlay_in_frames == 1);
    CHECK(stats->passed == 2);
    CHECK(stats->encapsulated == 3);
    CHECK(stats->decapsulated == 4);
    CHECK(stats->replicated == 5);
    CHECK(stats->local_switched == 6);
    CHECK(stats->learn_overflow == 7);
    CHECK(stats->learned == 8);
    CHECK(stats->learned_moved == 9);
    CHECK(stats->aged == 10);
    CHECK(stats->learning_refused == 11);
    CHECK(stats->announcements == AnnouncementStatus{13, 14, 15, 16, 17});
    CHECK(stats->drops == DropCounts{{"no_buffer", 12}});
    REQUIRE(stats->ports.size() == 1);
    check_same(stats->ports[0], c.ports[0]);
    REQUIRE(stats->vteps.size() == 1);
    check_same(stats->vteps[0], c.vteps[0]);
    REQUIRE(stats->workers.size() == 2);
    CHECK(stats->workers[0].cpu == 3);
    CHECK(stats->workers[1].index == 1);
    CHECK(stats->workers[1].cpu == -1);
    CHECK(stats->workers[1].loops == 7);
    CHECK(stats->workers[1].idle_loops == 8);
    CHECK(stats->workers[1].sleeps == 9);
    CHECK(stats->workers[1].wakes == 10);
    CHECK(stats->workers[1].thread == 11);
    CHECK(stats->workers[1].underlay_queues == std::vector<std::uint32_t>{0, 5});
}

TEST_CASE("threads of workers")
{
    Served s;
    REQUIRE(s.client->set_worker_threads(3));
    CHECK(s.control.worker_threads == 3);
    s.control.error = ferry::Error{ferry::ErrorCode::invalid_argument, "too many"};
    const auto refused = s.client->set_worker_threads(9);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().sentence == "too many");
}
