// The JSON that programs depend on, key by key.
#include <catch2/catch.hpp>

#include "call.hpp"

using namespace ferryd;

namespace {

Json json(FakeControl& control, const std::string& line)
{
    const Printed printed = call(control, line, Output::Form::json);
    INFO(line << ": " << printed.out);
    CHECK(printed.code == ExitCode::ok);
    CHECK(printed.err.empty());
    REQUIRE(!printed.out.empty());
    CHECK(printed.out.find('\n') == printed.out.size() - 1);
    return Json::parse(printed.out);
}

const Json vm_port =
    Json::parse(R"({"name":"vm0","kind":"vhost-user","device":"/run/vm0.sock","underlay":false,"vni":100,
    "macs":["52:54:00:00:00:01","52:54:00:00:00:02"],"state":"up","worker":1,"migrating":true,"kernel_drops":0,
    "in_frames":10,"in_bytes":1000,"out_frames":20,"out_bytes":2000,"drops":{"ring_full":5}})");
const Json underlay_port = Json::parse(R"({"name":"underlay","kind":"ethdev","device":"net_af_xdp0,iface=eth1",
    "underlay":true,"vni":null,"macs":[],"state":"up","worker":0,"migrating":false,"kernel_drops":3,
    "steering":{"mode":"native","zero_copy":true,"program":17},
    "in_frames":1234567,"in_bytes":200,"out_frames":300,"out_bytes":400,"drops":{}})");
const Json other_vteps = Json::parse(R"({"address":"0.0.0.0","next_hop":"00:00:00:00:00:00","mtu":0,
    "in_frames":7,"in_bytes":700,"out_frames":0,"out_bytes":0,"drops":{}})");
const Json third_vtep = Json::parse(R"({"address":"172.16.0.3","next_hop":"02:00:00:00:00:03","mtu":1600,"state":"configured",
    "in_frames":1,"in_bytes":2,"out_frames":3,"out_bytes":4,"drops":{"frame_too_big":6}})");
const Json change = Json::parse(R"({"time_ns":1700000000123456789,"vni":100,"mac":"52:54:00:00:00:01",
    "from":"VTEP 172.16.0.2","to":"local vm0","visible_us":35.25})");

}  // namespace

TEST_CASE("lists as JSON")
{
    FakeControl control;
    CHECK(json(control, "port show") == Json::array());
    CHECK(json(control, "fdb show") == Json::array());
    CHECK(json(control, "moves show") == Json::array());
    CHECK(json(control, "peers") == Json::array());
    fill(control);
    CHECK(json(control, "port show") == Json::array({underlay_port, vm_port}));
    control.port_list[0].host_interface = {"underlay0", "up", {1, 2, 3, 4, {{"transmit_failed", 9}}}};
    Json with_host = underlay_port;
    with_host["host_interface"] = Json::parse(R"({"name":"underlay0","state":"up","in_frames":1,"in_bytes":2,
        "out_frames":3,"out_bytes":4,"drops":{"transmit_failed":9}})");
    CHECK(json(control, "port show") == Json::array({with_host, vm_port}));
    control.port_list[0].host_interface.reset();
    CHECK(json(control, "vtep show") == Json::array({other_vteps, third_vtep}));
    CHECK(json(control, "vni show") == Json::parse(R"([
        {"vni":100,"learning":true,"flood":["172.16.0.2","172.16.0.3"],"ports":["vm0"]},
        {"vni":101,"learning":false,"flood":[],"ports":[]}])"));
    CHECK(json(control, "fdb show") == Json::parse(R"([
        {"mac":"52:54:00:00:00:01","vni":100,"kind":"local","port":"vm0","origin":"endpoint","idle_seconds":0},
        {"mac":"52:54:00:00:00:09","vni":100,"kind":"remote","dst":"172.16.0.3","origin":"permanent","idle_seconds":0},
        {"mac":"52:54:00:00:00:0a","vni":100,"kind":"remote","dst":"172.16.0.3","origin":"learned","idle_seconds":12},
        {"mac":"52:54:00:00:00:0b","vni":100,"kind":"blackhole","origin":"permanent","idle_seconds":0}])"));
}

TEST_CASE("moves as JSON")
{
    FakeControl control;
    fill(control);
    const Json moves = json(control, "moves");
    CHECK(json(control, "move show") == moves);
    REQUIRE(moves.size() == 3);
    Json first = moves[0];
    REQUIRE(first["phases"].size() == 7);
    CHECK(first["phases"][3] == Json::parse(R"({"name":"drained","time_ns":1700000000135956789,"host":null,"count":3,
        "version":{"term":3,"epoch":2,"host":"172.16.0.2"}})"));
    CHECK(first["phases"][4]["host"] == "172.16.0.3");
    first.erase("phases");
    CHECK(first == Json::parse(R"({"id":7,"change":40,"role":"source","state":"moved","vni":100,
        "mac":"52:54:00:00:00:01","port":"vm0","from":"172.16.0.1","from_name":"","to":"172.16.0.2","to_name":"D",
        "version":{"term":3,"epoch":2,"host":"172.16.0.2"},
        "ledger":{"received":10,"flush_received":0,"flush_told":null,"relay_received":0,"relay_told":null,"docked":3,
        "delivered":1,"replayed":0,"flushed":3,"relayed":4,"waiting":0,"late_flush":0,"out_of_order":0,"marked":0,
        "drops":{"dock_full":2}},
        "closed":true,"adds_up":true,"docked_us":150.0,"redirect_us":20.0,"first_delivery_ms":null,
        "network_added_ms":null,"visible_us":null})"));
    CHECK(moves[1]["from"] == nullptr);
    CHECK(moves[1]["state"] == "claiming");
    CHECK(moves[1]["adds_up"] == nullptr);
    CHECK(moves[2]["role"] == "sender");
    CHECK(moves[2]["port"] == nullptr);
    CHECK(moves[2]["visible_us"] == 30.0);
    CHECK(json(control, "moves show mac 52:54:00:00:00:02") == Json::array({moves[1]}));
    json(control, "moves --after 41");
    CHECK(control.after == 41);
}

TEST_CASE("peers as JSON")
{
    FakeControl control;
    fill(control);
    CHECK(json(control, "peers") == Json::parse(R"([
        {"address":"172.16.0.2:4790","vtep":"172.16.0.2","name":"D","vnis":"all","connected":true,"heard":true,
        "connected_since_ns":1700000000123456789,"rtt_us":250.0,"datagram_rtt_us":61.5,"sent":1234,"sent_by_datagram":1000,
        "received":5,"dropped":0,"fault":""},
        {"address":"","vtep":"0.0.0.0","name":"","vnis":"","connected":false,"heard":false,"connected_since_ns":null,
        "rtt_us":null,"datagram_rtt_us":null,"sent":0,"sent_by_datagram":0,"received":0,"dropped":3,"fault":"no peer of VTEP \"172.16.0.9\" is configured here"}])"));
}

TEST_CASE("counters as JSON")
{
    FakeControl control;
    fill(control);
    const Json stats = json(control, "stats");
    CHECK(stats["totals"] == Json::parse(R"({"underlay_in_frames":1,"passed":2,"encapsulated":3,"decapsulated":4,
        "replicated":5,"local_switched":6,"learn_overflow":7,"learned":8,"learned_moved":9,"aged":10,
        "learning_refused":11})"));
    CHECK(stats["drops"] == Json::parse(R"({"frame_too_big":6,"ring_full":5})"));
    CHECK(stats["ports"] == Json::array({underlay_port, vm_port}));
    CHECK(stats["vteps"] == Json::array({other_vteps, third_vtep}));
    CHECK(stats["workers"] == Json::parse(R"([{"index":0,"thread":0,"cpu":3,"underlay_queues":[0,2],"loops":1000,
        "idle_loops":250,"sleeps":6,"wakes":5},
        {"index":1,"thread":0,"cpu":null,"underlay_queues":[],"loops":0,"idle_loops":0,"sleeps":0,"wakes":0}])"));
    CHECK(json(control, "workers") == stats["workers"]);
    CHECK(json(control, "workers threads 2") == stats["workers"]);
    CHECK(stats["announcements"] == Json::parse(R"({"seen":20,"started":2,"refused":3,"lost":4,"limited":5})"));
    CHECK(stats.size() == 6);
    CHECK(json(control, "stats show drops") == stats);
}

TEST_CASE("changes print what became of them as JSON")
{
    FakeControl control;
    fill(control);
    CHECK(json(control, "fdb add 52:54:00:00:00:01 vni 100 port vm0") == change);
    CHECK(json(control, "fdb replace 52:54:00:00:00:01 vni 100 port vm0") == change);
    CHECK(json(control, "fdb del 52:54:00:00:00:01 vni 100") == change);
    CHECK(json(control, "port add vm0 vni 100 vhost-user /run/vm0.sock") == vm_port);
    CHECK(json(control, "hold vm0") == vm_port);
    CHECK(json(control, "release vm0") == vm_port);
    CHECK(json(control, "port del vm0") == Json::parse(R"({"name":"vm0","deleted":true})"));
    CHECK(json(control, "vni add 101")["vni"] == 101);
    CHECK(json(control, "vni flood 100 none")["flood"].size() == 2);
    CHECK(json(control, "vni del 100") == Json::parse(R"({"vni":100,"deleted":true})"));
    CHECK(json(control, "vtep add 172.16.0.3") == third_vtep);
    CHECK(json(control, "vtep change 172.16.0.3") == third_vtep);
    CHECK(json(control, "vtep del 172.16.0.3") == Json::parse(R"({"address":"172.16.0.3","deleted":true})"));
}

TEST_CASE("pretty JSON is the same over several lines")
{
    FakeControl control;
    fill(control);
    const Printed pretty = call(control, "port show", Output::Form::pretty_json);
    CHECK(pretty.out.find("\n    {\n") != std::string::npos);
    CHECK(Json::parse(pretty.out) == json(control, "port show"));
}

TEST_CASE("text that is not UTF-8 does not break the JSON")
{
    FakeControl control;
    fill(control);
    control.port_list[1].device = "/run/\xff.sock";
    CHECK(json(control, "port show").size() == 2);
}
