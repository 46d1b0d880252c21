// Words that are not understood, refusals, silence: exit codes and what is said. And help.
#include <catch2/catch.hpp>

#include "call.hpp"

using namespace ferryd;

TEST_CASE("what is not understood is said, and ferryd is not asked")
{
    const auto check = [](const std::string& line, const std::string& said) {
        INFO(line);
        const Printed printed = call_nobody(line);
        CHECK(printed.code == ExitCode::usage);
        CHECK(printed.out.empty());
        CHECK(printed.err == "ferryctl: " + said + " --help says what is\n");
    };
    const std::string objects = "there are fdb, vni, vtep, local, port, moves, hold, release, peers, workers, stats; ferryctl";
    check("", "an object is missing; ferryctl");
    check("fbd", "\"fbd\" is no object; " + objects);
    check("v", "\"v\" is more than one object; " + objects);
    check("fdb remove", "\"remove\" is no command; there are show, add, replace, del; ferryctl fdb");
    check("fdb add", "MAC is missing; ferryctl fdb add");
    check("fdb add 52:54:00:00:00:0x vni 1 vtep 172.16.0.3",
          "\"52:54:00:00:00:0x\" is not a MAC address; write one like \"52:54:00:00:00:01\"; ferryctl fdb add");
    check("fdb add 52:54:00:00:00:01 vtep 172.16.0.3", "vni is missing; ferryctl fdb add");
    check("fdb add 52:54:00:00:00:01 vni", "vni wants a value; ferryctl fdb add");
    check("fdb add 52:54:00:00:00:01 vni 1 vni 2", "vni is given twice; ferryctl fdb add");
    check("fdb add 52:54:00:00:00:01 vni 16777216 port a",
          "\"16777216\" is not a VNI; one is 0 to 16777215; ferryctl fdb add");
    check("fdb add 52:54:00:00:00:01 vni -1 port a", "\"-1\" is not a VNI; one is 0 to 16777215; ferryctl fdb add");
    check("fdb add 52:54:00:00:00:01 vni 1", "give the endpoint's place: either vtep or port; ferryctl fdb add");
    check("fdb add 52:54:00:00:00:01 vni 1 vtep 172.16.0.3 port a",
          "give the endpoint's place: either vtep or port; ferryctl fdb add");
    check("fdb show dev x", "\"dev\" is not understood; known here are vni; ferryctl fdb show");
    check("vni show 5", "\"5\" is not understood; nothing more is taken here; ferryctl vni show");
    check("vni add 5 learning yes", "learning is on or off, not \"yes\"; ferryctl vni add");
    check("vni flood 5", "the list of addresses is missing; ferryctl vni flood");
    check("vni flood 5 172.16.0.2,", "\"\" is not an IPv4 address; write one like \"172.16.0.1\"; ferryctl vni flood");
    check("port add vm0 vni 1", "say what the port is: either vhost-user or device; ferryctl port add");
    check("port add vm0 vni 1 vhost-user /s queues 0", "queues is 1 to 16, not \"0\"; ferryctl port add");
    check("port add vm0 vni 1 device net_tap0 server", "server and queues are for vhost-user ports; ferryctl port add");
    check("port add underlay vni 1 device net_tap0",
          "\"underlay\" is the underlay port's name; choose another one; ferryctl port add");
    check("port add vm0 vni 1 vhost-user /s held",
          "held is for devices; a vhost-user port's rings tell when its VM runs; ferryctl port add");
    check("port add vm0 vni 1 vhost-user /s announcements kernel",
          "announcements is for devices; a vhost-user port's rings tell when its VM runs; ferryctl port add");
    check("port add vm0 vni 1 device net_tap0 announcements both",
          "announcements are seen by kernel or frames, not \"both\"; ferryctl port add");
    check("port add vm0 vni 1 device net_tap0 hold-ms 0",
          "hold-ms is 1 to 600000, not \"0\"; ferryctl port add");
    check("port add vm0 vni 1 device net_tap0 worker x", "worker is 0 to 63, not \"x\"; ferryctl port add");
    check("workers threads", "N is missing; ferryctl workers threads");
    check("workers threads 0", "the number of threads is 1 to 64, not \"0\"; ferryctl workers threads");
    check("moves show --after x", "after is the number of a change, not \"x\"; ferryctl moves show");
    check("moves --after x", "after is the number of a change, not \"x\"; ferryctl moves show");
    check("moves show mac 1", "\"1\" is not a MAC address; write one like \"52:54:00:00:00:01\"; ferryctl moves show");
    check("hold", "PORT is missing; ferryctl hold");
    check("release a b", "\"b\" is not understood; nothing more is taken here; ferryctl release");
    check("p", "\"p\" is more than one object; " + objects);
}

TEST_CASE("exit codes tell a refusal from silence")
{
    FakeControl control;
    control.error = ferry::Error{ferry::ErrorCode::not_found, "there is no port \"vm9\""};
    const Printed refused = call(control, "port del vm9");
    CHECK(refused.code == ExitCode::refused);
    CHECK(refused.out.empty());
    CHECK(refused.err == "ferryctl: there is no port \"vm9\"\n");

    const Printed silent = call_nobody("port del vm9");
    CHECK(silent.code == ExitCode::unreachable);
    CHECK(silent.err == "ferryctl: cannot reach ferryd at /s: it is not there\n");
}

TEST_CASE("failures are JSON where JSON is asked for")
{
    FakeControl control;
    control.error = ferry::Error{ferry::ErrorCode::not_found, "there is no port \"vm9\""};
    const Printed refused = call(control, "port del vm9", Output::Form::json);
    CHECK(refused.code == ExitCode::refused);
    CHECK(refused.out == "{\"error\":{\"code\":\"not_found\",\"sentence\":\"there is no port \\\"vm9\\\"\"}}\n");
    CHECK(refused.err.empty());
    CHECK(Json::parse(call_nobody("port del", Output::Form::json).out)["error"]["code"] == "invalid_argument");
    CHECK(Json::parse(call_nobody("port", Output::Form::json).out)["error"]["code"] == "unavailable");
}

TEST_CASE("help at every level shows examples, and every example is understood")
{
    for (const Object& object : all_objects()) {
        for (const char* ask : {" --help", " help", " -h"}) {
            const Printed help = call_nobody(object.name + std::string(ask));
            CHECK(help.code == ExitCode::ok);
            CHECK(help.out.find("Examples:\n  ferryctl ") != std::string::npos);
        }
        for (const Verb& verb : object.verbs) {
            const std::string line = object.name + (*verb.name != '\0' ? std::string(" ") + verb.name : "");
            INFO(line);
            const Printed help = call_nobody(line + " --help");
            CHECK(help.code == ExitCode::ok);
            CHECK(help.out.find("Usage:\n  ferryctl [OPTIONS] " + line) != std::string::npos);

            std::string examples = verb.examples;
            int count = 0;
            while (!examples.empty()) {
                const std::size_t end = examples.find('\n');
                REQUIRE(end != std::string::npos);
                std::string example = examples.substr(0, end);
                examples.erase(0, end + 1);
                for (const char* part : {"  ferryctl ", "-j ", "-p "})
                    if (example.starts_with(part))
                        example.erase(0, std::string(part).size());
                INFO(example);
                // Understood, and only then nobody is there.
                CHECK(call_nobody(example).code == ExitCode::unreachable);
                CHECK(example.starts_with(object.name));
                ++count;
            }
            CHECK(count > 0);
        }
    }
}
