// The way back to a plain peer whose row does not follow the endpoint: who offers it, who takes it, and when it ends.
#include <set>

#include "one_host.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

/// The peer's frames come by the relay once a second for that long; whether the last one brought what is asked for.
void keep_coming(OneHost& at, int seconds, Host sender = plain_peer)
{
    for (int i = 0; i < seconds; ++i) {
        at.pass(1000 * ms);
        at.relayed(sender, false);
    }
}

/// The label of the first detour that is offered to the new host.
Vni offered(OneHost& at)
{
    at.give(new_host);
    at.relayed(plain_peer, false);
    keep_coming(at, 2);
    return at.one<OpenExit>().label;
}

/// The new host, which has been told twice: the detour has begun.
Version detoured(OneHost& at, Vni label = *Vni::make(0xf5'0001))
{
    const Version version = at.get(old_host);
    at.receive(old_host, Detour{version, plain_peer, label});
    at.pass(1000 * ms);
    at.receive(old_host, Detour{version, plain_peer, label});
    REQUIRE(at.one<BeginDetour>().label == label);
    return version;
}

const Vni label = *Vni::make(0xf5'0001);

}  // namespace

// The old host ------------------------------------------------------------------------------------------------------

TEST_CASE("a plain sender that goes on coming by the relay is told of, with a label, each time that it is seen")
{
    OneHost at;
    at.own();
    const Version version = at.give(new_host);
    at.relayed(plain_peer, false);
    CHECK_FALSE(at.says<Detour>(new_host));
    keep_coming(at, 1);
    CHECK_FALSE(at.says<Detour>(new_host));
    keep_coming(at, 1);
    const auto exit = at.one<OpenExit>();
    CHECK(exit.from == new_host);
    CHECK(exit.to == plain_peer);
    CHECK_FALSE(exit.under);
    CHECK(exit.label.value() >= at.config.first_label);
    CHECK(exit.label.value() < at.config.first_label + at.config.labels);
    CHECK(at.said<Detour>(new_host).version == version);
    CHECK(at.said<Detour>(new_host).peer == plain_peer);
    CHECK(at.said<Detour>(new_host).label == exit.label);
    CHECK(at.notes(Phase::detour_offered));
    keep_coming(at, 1);
    CHECK(at.said<Detour>(new_host).label == exit.label);
    CHECK_FALSE(at.wants<OpenExit>());
    CHECK_FALSE(at.notes(Phase::detour_offered));
    at.pass(5000 * ms);
    CHECK_FALSE(at.says<Detour>(new_host));
}

TEST_CASE("ferry hosts and this host's own VMs are turned instead; nobody is told of before the new host has opened")
{
    OneHost at;
    at.own();
    SECTION("ferry hosts")
    {
        at.give(new_host);
        at.relayed(peer);
        at.relayed(self);
        at.pass(5000 * ms);
        at.relayed(peer);
        at.relayed(self);
    }
    SECTION("the new host has not said that it knows how much was flushed")
    {
        at.stop();
        at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
        at.drained(0);
        at.relayed(plain_peer, false);
        keep_coming(at, 5);
    }
    SECTION("a VTEP that is not in the table")
    {
        at.give(new_host);
        at.relayed({}, false);
        keep_coming(at, 5, {});
    }
    CHECK_FALSE(at.says<Detour>(new_host));
    CHECK_FALSE(at.wants<OpenExit>());
}

TEST_CASE("labels of detours are closed when nobody needs them, the endpoint comes back, or is granted anew")
{
    OneHost at;
    at.own();
    const Vni given = offered(at);
    SECTION("nobody has come for the lease's time") { at.pass(31'000 * ms); }
    SECTION("it comes back") { at.start(); }
    SECTION("the new host has lost its memory") { at.receive(new_host, Claim{{}, labels_of(0xf1'0010)}); }
    CHECK(at.one<CloseExit>().label == given);
    CHECK_FALSE(at.says<Detour>(new_host));
    at.relayed(plain_peer, false);
    CHECK_FALSE(at.says<Detour>(new_host));
}

TEST_CASE("when the books are closed or the port has gone, the row still relays, and whom it tells of is led back")
{
    OneHost at;
    at.own();
    const Version version = at.give(new_host);
    SECTION("closed")
    {
        at.pass(31'000 * ms);
        at.event([&] { at.machine->relay_closed(key(), 0, at.now, at.out); });
        at.pass(200 * ms);
        at.receive(new_host, ClosedAck{version});
    }
    SECTION("taken away") { at.event([&] { at.machine->removed(key(), at.now, at.out); }); }
    at.relayed(plain_peer, false);
    CHECK_FALSE(at.says<Detour>(new_host));
    keep_coming(at, 2);
    CHECK(at.one<OpenExit>().to == plain_peer);
    CHECK(at.said<Detour>(new_host).version == version);
    at.pass(31'000 * ms);
    CHECK(at.wants<CloseExit>());
    at.event([&] { at.machine->relay_closed(key(), 0, at.now, at.out); });
    at.pass(200 * ms);
    at.receive(new_host, ClosedAck{version});
    CHECK_FALSE(at.machine->deadline());
}

TEST_CASE("a host leads no more detours than it has room for, and leaves half of its labels to claims")
{
    MachineConfig config;
    std::size_t most = 0;
    SECTION("its bound")
    {
        config.bounds.detours = 3;
        most = 3;
    }
    SECTION("its labels")
    {
        config.labels = 20;
        most = 5;
    }
    OneHost at(config);
    at.own();
    const Version version = at.give(new_host);
    for (std::uint32_t i = 0; i < 10; ++i)
        at.relayed(host(1000 + i), false);
    at.pass(2500 * ms);
    std::set<std::uint32_t> labels;
    for (std::uint32_t i = 0; i < 10; ++i) {
        at.relayed(host(1000 + i), false);
        for (const auto& exit : at.all<OpenExit>())
            labels.insert(exit.label.value());
    }
    CHECK(labels.size() == most);
    at.pass(31'000 * ms);
    at.event([&] { at.machine->relay_closed(key(), 0, at.now, at.out); });
    at.pass(200 * ms);
    at.receive(new_host, ClosedAck{version});
    at.start_where_ferry_is(new_host);
    at.receive(new_host, Grant{{9, version.epoch + 1, new_host}});
    at.receive(new_host, Drained{{9, version.epoch + 1, new_host}, 0});
    at.opened();
    at.merged();
    offered(at);  // there is room again
}

// The new host ------------------------------------------------------------------------------------------------------

TEST_CASE("a peer is given one more chance to learn before its frames make the detour")
{
    OneHost at;
    const Version version = at.get(old_host);
    at.receive(old_host, Detour{version, plain_peer, label});
    CHECK(at.wants<Announce>());
    CHECK_FALSE(at.wants<BeginDetour>());
    at.pass(100 * ms);
    at.receive(old_host, Detour{version, plain_peer, label});  // said twice: it is not known yet what came of it
    CHECK(at.out.empty());
    at.pass(900 * ms);
    at.receive(old_host, Detour{version, plain_peer, label});
    const auto begun = at.one<BeginDetour>();
    CHECK(begun.peer == plain_peer);
    CHECK(begun.via == old_host);
    CHECK(begun.label == label);
    CHECK(at.notes(Phase::detour_begun));
    CHECK_FALSE(at.wants<Announce>());
    at.pass(1000 * ms);
    at.receive(old_host, Detour{version, plain_peer, label});
    CHECK(at.out.empty());
    at.receive(old_host, Detour{version, plain_peer, *Vni::make(0xf5'0003)});
    CHECK(at.one<BeginDetour>().label == *Vni::make(0xf5'0003));
    CHECK_FALSE(at.notes(Phase::detour_begun));
}

TEST_CASE("a detour is taken only from who has granted the endpoint, for plain peers")
{
    OneHost at;
    const Version version = at.get(old_host);
    Host from = old_host;
    Detour detour{version, plain_peer, label};
    bool allowed = true;
    SECTION("another host") { from = peer; }
    SECTION("another version") { detour.version.epoch += 1; }
    SECTION("a host that may not claim in this VNI") { allowed = false; }
    SECTION("this host") { detour.peer = self; }
    SECTION("the old host") { detour.peer = old_host; }
    SECTION("a ferry host") { detour.peer = peer; }
    SECTION("an endpoint that is not here")
    {
        at.stop();
        at.pass(2001 * ms);
    }
    for (int i = 0; i < 3; ++i) {
        at.receive(from, detour, allowed);
        CHECK_FALSE(at.wants<Announce>());
        CHECK_FALSE(at.wants<BeginDetour>());
        CHECK(at.notes(Phase::refused) == !allowed);
        at.pass(1000 * ms);
    }
    CHECK(at.machine->size() <= 1);
}

TEST_CASE("a detour for an endpoint that nobody knows is not remembered")
{
    OneHost at;
    at.receive(old_host, Detour{{1, 1, old_host}, plain_peer, label});
    CHECK(at.out.empty());
    CHECK(at.machine->size() == 0);
}

TEST_CASE("a peer that comes directly has turned: its detour ends, whatever the old host said before")
{
    OneHost at;
    const Version version = detoured(at);
    at.event([&] { at.machine->came_directly(key(), host(98), at.now, at.out); });
    CHECK(at.out.empty());
    at.event([&] { at.machine->came_directly(key(), plain_peer, at.now, at.out); });
    CHECK(at.one<EndDetour>().peer == plain_peer);
    CHECK(at.notes(Phase::detour_ended));
    at.receive(old_host, Detour{version, plain_peer, label});
    at.pass(500 * ms);
    at.receive(old_host, Detour{version, plain_peer, label});
    CHECK(at.out.empty());

    SECTION("until it comes by the old host again")
    {
        at.pass(600 * ms);
        at.receive(old_host, Detour{version, plain_peer, label});
        CHECK(at.wants<BeginDetour>());
    }
    SECTION("it has learned from the announcement in time")
    {
        at.receive(old_host, Detour{version, host(97), label});
        at.pass(50 * ms);
        at.event([&] { at.machine->came_directly(key(), host(97), at.now, at.out); });
        CHECK(at.out.empty());
        at.pass(900 * ms);
        at.receive(old_host, Detour{version, host(97), label});
        CHECK_FALSE(at.wants<BeginDetour>());
    }
}

TEST_CASE("a detour ends when nothing more is heard of it, when the books are closed, and when the old host has died")
{
    OneHost at;
    const Version version = detoured(at);
    SECTION("nothing is heard")
    {
        at.pass(29'000 * ms);
        CHECK_FALSE(at.wants<EndDetour>());
        at.receive(old_host, Detour{version, plain_peer, label});
        at.pass(29'999 * ms);
        CHECK_FALSE(at.wants<EndDetour>());
        at.pass(2 * ms);
    }
    SECTION("closed") { at.receive(old_host, Closed{version, 0}); }
    SECTION("dead") { at.lose(old_host); }
    SECTION("the VM stops here and is granted to another")
    {
        at.stop();
        CHECK_FALSE(at.wants<EndDetour>());
        at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    }
    SECTION("the VM stops here and nobody claims it")
    {
        at.stop();
        at.pass(2001 * ms);
    }
    SECTION("the port is taken away") { at.event([&] { at.machine->removed(key(), at.now, at.out); }); }
    CHECK(at.one<EndDetour>().peer == plain_peer);
    at.receive(old_host, Detour{version, plain_peer, label});
    CHECK_FALSE(at.wants<BeginDetour>());
}

TEST_CASE("when the books are closed a detour can begin again, and ends when nothing is heard of it for some seconds")
{
    OneHost at;
    const Version version = detoured(at);
    at.receive(old_host, Closed{version, 0});
    REQUIRE(at.wants<FinishClaim>());
    REQUIRE(at.wants<EndDetour>());
    at.pass(60'000 * ms);
    at.receive(old_host, Detour{version, plain_peer, label});
    CHECK(at.wants<Announce>());
    at.pass(1000 * ms);
    at.receive(old_host, Detour{version, plain_peer, label});
    CHECK(at.wants<BeginDetour>());
    at.pass(2999 * ms);
    CHECK_FALSE(at.wants<EndDetour>());
    at.pass(2 * ms);
    CHECK(at.wants<EndDetour>());
    CHECK_FALSE(at.machine->deadline());
}

TEST_CASE("a host has no more detours than it has room for")
{
    MachineConfig config;
    config.bounds.detours = 3;
    OneHost at(config);
    const Version version = at.get(old_host);
    std::size_t begun = 0;
    for (int round = 0; round < 2; ++round) {
        for (std::uint32_t i = 0; i < 10; ++i) {
            at.receive(old_host, Detour{version, host(1000 + i), label});
            begun += at.all<BeginDetour>().size();
        }
        at.pass(1000 * ms);
    }
    CHECK(begun == 3);
    at.pass(31'000 * ms);
    CHECK(at.all<EndDetour>().size() == 3);
    at.receive(old_host, Detour{version, host(2000), label});
    CHECK(at.wants<Announce>());
}

// Further on --------------------------------------------------------------------------------------------------------

TEST_CASE("where the endpoint has gone on, its next host is led to the one before, a label for a label")
{
    OneHost at;
    const Version before = detoured(at);
    at.stop();
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    const Version version = at.said<Grant>(new_host).version;
    at.drained(0);
    at.receive(old_host, Detour{before, plain_peer, label});
    CHECK_FALSE(at.says<Detour>(new_host));
    at.receive(new_host, DrainedAck{version});
    at.receive(old_host, Detour{before, plain_peer, label});
    const auto exit = at.one<OpenExit>();
    CHECK(exit.from == new_host);
    CHECK(exit.to == old_host);
    CHECK(exit.under == label);
    CHECK(at.said<Detour>(new_host).version == version);
    CHECK(at.said<Detour>(new_host).peer == plain_peer);
    CHECK(at.said<Detour>(new_host).label == exit.label);
    CHECK_FALSE(at.wants<BeginDetour>());

    SECTION("it keeps the books open, because the peer's frames come by here")
    {
        for (int i = 0; i < 40; ++i) {
            at.pass(1000 * ms);
            CHECK_FALSE(at.wants<FinishRelay>());
            at.receive(old_host, Detour{before, plain_peer, label});
        }
    }
    SECTION("another label is followed")
    {
        at.receive(old_host, Detour{before, plain_peer, *Vni::make(0xf5'0003)});
        CHECK(at.one<OpenExit>().label == exit.label);
        CHECK(at.one<OpenExit>().under == *Vni::make(0xf5'0003));
    }
}

TEST_CASE("an endpoint that has come back reaches the peer by its first host, until that closes its books too")
{
    OneHost at;
    const Version first = at.get(old_host);
    const Version given = at.give(new_host);
    at.pass(at.config.times.plain);
    at.start_where_ferry_is(new_host);
    const Version second{given.term, given.epoch + 1, new_host};
    at.receive(new_host, Grant{second});
    at.receive(new_host, Drained{second, 0});
    at.opened(0);
    at.merged();
    at.receive(old_host, Detour{first, plain_peer, label});
    CHECK(at.wants<Announce>());
    at.pass(1000 * ms);
    at.receive(old_host, Detour{first, plain_peer, label});
    CHECK(at.one<BeginDetour>().via == old_host);
    SECTION("closed") { at.receive(old_host, Closed{first, 0}); }
    SECTION("dead") { at.lose(old_host); }
    CHECK(at.one<EndDetour>().peer == plain_peer);
    at.receive(old_host, Detour{first, plain_peer, label});
    CHECK(at.out.empty());
}

TEST_CASE("an endpoint that goes back to where it came from makes no detour by itself")
{
    OneHost at;
    const Version before = detoured(at);
    at.stop();
    at.receive(old_host, Claim{{}, labels_of(0xf1'0000)});
    const Version version = at.said<Grant>(old_host).version;
    at.drained(0);
    at.receive(old_host, DrainedAck{version});
    at.receive(old_host, Detour{before, plain_peer, label});
    CHECK(at.out.empty());
}
