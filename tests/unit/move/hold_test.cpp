// The old host until it grants: rings that stop, and claims for what they had.
#include "one_host.hpp"

using namespace ferry;
using namespace ferry::test;

TEST_CASE("a stopped ring's endpoint is granted to who claims it")
{
    OneHost at;
    at.own();
    at.stop();
    CHECK(at.notes(Phase::ring_stopped));
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    CHECK(at.one<Drain>().to == new_host);
    CHECK(at.one<Drain>().labels == labels_of(0xf1'0000));
    CHECK(at.says<Grant>(new_host));
}

TEST_CASE("a grant's version is above all that either knows")
{
    OneHost at;
    at.own();
    at.stop();
    const Version known{77, 12, new_host};
    at.receive(new_host, Claim{known, labels_of(0xf1'0000)});
    CHECK(at.said<Grant>(new_host).version > known);
    CHECK(at.said<Grant>(new_host).version.epoch == 13);
    CHECK(at.one<KeepTerm>().term == 77);
}

TEST_CASE("a running endpoint is denied, again and again, and the conflict told once")
{
    OneHost at;
    at.own();
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    CHECK(at.says<Deny>(new_host));
    CHECK(at.notes(Phase::conflict));
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    CHECK(at.says<Deny>(new_host));
    CHECK(at.changes() == 0);
}

TEST_CASE("an attachment may hold for another time than the others")
{
    OneHost at;
    at.own();
    at.event([&] { REQUIRE(at.machine->ring_stopped(key(), at.now, at.out, 100 * ms)); });
    at.pass(99 * ms);
    CHECK_FALSE(at.notes(Phase::hold_expired));
    at.pass(1 * ms);
    CHECK(at.notes(Phase::hold_expired));
}

TEST_CASE("a ring that starts again where it stopped gets what was docked")
{
    OneHost at;
    at.own();
    at.stop();
    at.pass(500 * ms);
    at.start();
    CHECK(at.wants<Replay>());
    CHECK(at.notes(Phase::replayed));
    CHECK(at.all<Send>().empty());
    at.pass(5000 * ms);
    CHECK(at.out.empty());
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    CHECK(at.says<Deny>(new_host));
}

TEST_CASE("a ring's stop told twice is one stop")
{
    OneHost at;
    at.own();
    at.stop();
    at.pass(1500 * ms);
    at.stop();
    CHECK(at.out.empty());
    at.pass(501 * ms);
    CHECK(at.wants<Discard>());
}

TEST_CASE("what nobody claims is dropped and withdrawn")
{
    OneHost at;
    at.own();
    at.stop();
    at.pass(2001 * ms);
    CHECK(at.wants<Discard>());
    CHECK(at.wants<Withdraw>());
    CHECK(at.notes(Phase::hold_expired));
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    CHECK(at.says<NotMine>(new_host));

    SECTION("and asked for when it starts again")
    {
        at.start();
        CHECK(at.wants<BeginClaim>());
        CHECK(at.says<Claim>(new_host));
    }
}

TEST_CASE("in mid-claim a stopped ring lets others wait, and grants when its own claim is merged")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    at.stop();
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    CHECK(at.says<Wait>(new_host));
    const Version version{5, 7, old_host};
    at.receive(old_host, Grant{version});
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    CHECK(at.says<Wait>(new_host));
    at.receive(old_host, Drained{version, 3});
    at.opened(3);
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    CHECK(at.says<Wait>(new_host));
    at.merged();
    CHECK(at.said<Grant>(new_host).version > version);
    CHECK(at.one<Drain>().to == new_host);

    SECTION("its own labels live on until their books are closed")
    {
        at.drained(0);
        at.receive(old_host, Closed{version, 5});
        CHECK(at.wants<FreeLabels>());
        CHECK_FALSE(at.wants<FinishClaim>());
    }
}

TEST_CASE("a claim that ends because nobody answers is in time for the one that waits behind it")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    at.pass(5 * ms);
    at.stop();
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    CHECK(at.says<Wait>(new_host));
    at.pass(1996 * ms);
    CHECK(at.wants<Open>());
    at.opened();
    at.merged();
    CHECK(at.says<Grant>(new_host));
}

TEST_CASE("a claim given up with its VM frees its labels")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    const Labels labels = at.one<BeginClaim>().labels;
    at.receive(old_host, Deny{});
    at.stop();
    at.receive(old_host, Deny{});
    at.pass(2001 * ms);
    CHECK(at.one<FreeLabels>().labels == labels);
    CHECK_FALSE(at.one<Silence>().silent);
    CHECK(at.wants<Withdraw>());
    CHECK_FALSE(at.machine->deadline());
}

TEST_CASE("the same claim twice is one grant; another host's is sent on")
{
    OneHost at;
    at.own();
    at.stop();
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    const Version version = at.said<Grant>(new_host).version;
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    CHECK(at.said<Grant>(new_host).version == version);
    CHECK(at.changes() == 0);
    at.receive(peer, Claim{{}, labels_of(0xf1'0000)});
    CHECK(at.said<Moved>(peer).to == new_host);
    CHECK(at.said<Moved>(peer).version == version);
}

TEST_CASE("a new host that has died and claims anew gets it again, under its new labels")
{
    OneHost at;
    at.own();
    const Version version = at.give(new_host);
    at.receive(new_host, Claim{{}, labels_of(0xf1'0008)});
    CHECK(at.said<Grant>(new_host).version > version);
    CHECK(at.one<Drain>().labels == labels_of(0xf1'0008));
}

TEST_CASE("a copy of a claim that has been granted is nothing when the endpoint has come back since")
{
    OneHost at;
    at.own();
    const Claim claim{{}, labels_of(0xf1'0000)};
    const Version version = at.give(new_host);
    at.pass(at.config.times.plain);
    at.start();
    at.receive(new_host, claim);
    CHECK(at.all<Send>().empty());
    const Version back{version.term, version.epoch + 1, new_host};
    at.receive(new_host, Grant{back});
    at.receive(new_host, Drained{back, 0});
    at.opened();
    at.merged();
    at.receive(new_host, claim);
    CHECK(at.out.empty());
    at.stop();
    at.receive(new_host, claim);
    CHECK(at.out.empty());
    SECTION("a host that has forgotten has other labels")
    {
        at.receive(new_host, Claim{{}, labels_of(0xf1'0010)});
        CHECK(at.says<Grant>(new_host));
    }
    SECTION("a claim of now knows of that grant")
    {
        at.receive(new_host, Claim{back, labels_of(0xf1'0000)});
        CHECK(at.says<Grant>(new_host));
    }
    SECTION("it has been granted anew")
    {
        at.receive(new_host, Claim{back, labels_of(0xf1'0010)});
        REQUIRE(at.says<Grant>(new_host));
        at.receive(new_host, claim);
        CHECK(at.out.empty());
    }
}

TEST_CASE("who has not heard of its grant is granted what has been taken since")
{
    OneHost at;
    at.own();
    at.give(new_host);
    at.pass(at.config.times.plain);
    at.start();
    at.lose(new_host);
    CHECK(at.notes(Phase::taken));
    at.opened();
    at.merged();
    at.stop();
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    CHECK(at.says<Grant>(new_host));
}

TEST_CASE("an attachment that is taken away takes its endpoint along")
{
    OneHost at;
    at.own();
    at.event([&] { at.machine->removed(key(), at.now, at.out); });
    CHECK(at.wants<Withdraw>());
    at.event([&] { at.machine->removed(key(), at.now, at.out); });
    CHECK(at.out.empty());
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    CHECK(at.says<NotMine>(new_host));
}

TEST_CASE("only a host that may claim the segment's endpoints is listened to")
{
    OneHost at;
    at.own();
    at.stop();
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)}, false);
    CHECK(at.says<Deny>(new_host));
    CHECK(at.notes(Phase::refused));
    CHECK_FALSE(at.wants<Drain>());
    at.receive(new_host, Turn{{9, 9, new_host}, new_host, 1}, false);
    CHECK(at.notes(Phase::refused));
    CHECK(at.all<Send>().empty());
    CHECK_FALSE(at.wants<BeginTurn>());
}
