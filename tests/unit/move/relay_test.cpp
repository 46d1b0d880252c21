// The old host from the grant on: drained, turning senders, closing its books.
#include <set>

#include "one_host.hpp"

using namespace ferry;
using namespace ferry::test;

TEST_CASE("the new host is told of the drained docks until it has heard")
{
    OneHost at;
    at.own();
    at.stop();
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    const Version version = at.said<Grant>(new_host).version;
    at.drained(42);
    CHECK(at.said<Drained>(new_host).frames == 42);
    at.drained(42);
    CHECK(at.out.empty());
    at.pass(100 * ms);
    CHECK(at.all_said<Drained>(new_host).size() >= 2);
    at.receive(new_host, DrainedAck{version});
    at.pass(1000 * ms);
    CHECK_FALSE(at.says<Drained>(new_host));
}

TEST_CASE("senders are turned only when no docked frame is left")
{
    OneHost at;
    at.own();
    at.stop();
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    at.relayed(peer);
    CHECK_FALSE(at.says<Turn>(peer));
    at.drained(0);
    CHECK(at.said<Turn>(peer).to == new_host);
    CHECK(at.said<Turn>(peer).stream != 0);
}

TEST_CASE("each sender has its own stream, is turned once, and plain ones never")
{
    OneHost at;
    at.own();
    at.give(new_host);
    at.relayed(peer);
    const Stream first = at.said<Turn>(peer).stream;
    at.relayed(peer);
    CHECK(at.out.empty());
    at.relayed(old_host);
    CHECK(at.said<Turn>(old_host).stream != first);
    at.relayed(plain_peer, false);
    CHECK(at.out.empty());
    at.relayed(new_host);
    CHECK(at.out.empty());
}

TEST_CASE("a turn is repeated until the sender has heard, and over when it says so")
{
    OneHost at;
    at.own();
    const Version version = at.give(new_host);
    at.relayed(peer);
    const Stream stream = at.said<Turn>(peer).stream;
    at.pass(50 * ms);
    CHECK(at.says<Turn>(peer));
    at.receive(peer, TurnAck{version});
    at.pass(1000 * ms);
    CHECK_FALSE(at.says<Turn>(peer));
    at.receive(peer, TurnEnded{version, stream});
    CHECK(at.says<TurnEndedAck>(peer));
    CHECK(at.notes(Phase::turn_ended));
    at.receive(peer, TurnEnded{version, stream});
    CHECK(at.says<TurnEndedAck>(peer));
    CHECK(at.changes() == 0);
}

TEST_CASE("a sender that comes again though it has turned is reported once, and told again")
{
    OneHost at;
    at.own();
    const Version version = at.give(new_host);
    at.relayed(peer);
    at.receive(peer, TurnEnded{version, at.said<Turn>(peer).stream});
    at.pass(500 * ms);
    at.relayed(peer);
    CHECK(at.out.empty());
    at.pass(1000 * ms);
    at.relayed(peer);
    CHECK(at.notes(Phase::never_turned));
    CHECK(at.says<Turn>(peer));
    at.receive(peer, TurnEnded{version, 1});
    at.pass(1000 * ms);
    at.relayed(peer);
    CHECK_FALSE(at.notes(Phase::never_turned));
}

TEST_CASE("a plain sender that goes on coming by the relay for the lease's time is reported")
{
    OneHost at;
    at.own();
    at.give(new_host);
    bool reported = false;
    for (int second = 0; second < 40; ++second) {
        at.relayed(plain_peer, false);
        reported = reported || at.notes(Phase::never_turned);
        at.pass(1000 * ms);
        CHECK_FALSE(at.wants<FinishRelay>());
    }
    CHECK(reported);
}

TEST_CASE("when nobody has come for the lease's time the books are closed")
{
    OneHost at;
    at.own();
    const Version version = at.give(new_host);
    at.pass(20'000 * ms);
    at.relayed(plain_peer, false);
    at.pass(29'999 * ms);
    CHECK_FALSE(at.wants<FinishRelay>());
    at.pass(2 * ms);
    CHECK(at.one<FinishRelay>().to == new_host);
    CHECK_FALSE(at.one<FinishRelay>().label);
    CHECK_FALSE(at.says<Closed>(new_host));
    at.event([&] { at.machine->relay_closed(key(), 1234, at.now, at.out); });
    CHECK(at.notes(Phase::closed));
    at.pass(200 * ms);
    CHECK(at.said<Closed>(new_host).relayed == 1234);
    at.receive(new_host, ClosedAck{version});
    CHECK_FALSE(at.machine->deadline());

    SECTION("later claims are sent on")
    {
        at.receive(peer, Claim{{}, labels_of(0xf1'0000)});
        CHECK(at.said<Moved>(peer).to == new_host);
    }
    SECTION("whoever asks may turn alone")
    {
        at.receive(peer, Ask{});
        CHECK(at.says<NotMine>(peer));
    }
}

TEST_CASE("the relay's own VMs turn like any sender, and stay turned until the books are closed")
{
    OneHost at;
    at.own();
    const Version version = at.give(new_host);
    at.relayed(self);
    CHECK(at.one<BeginTurn>().via == self);
    const Stream stream = at.one<BeginTurn>().stream;
    CHECK(at.all<Send>().empty());
    at.marking();
    at.pass(200 * ms);
    CHECK(at.wants<Flip>());
    at.flipped(17);
    CHECK(at.said<Turned>(new_host).frames == 17);
    at.receive(new_host, Settled{version, stream});
    CHECK_FALSE(at.wants<EndTurn>());
    CHECK(at.notes(Phase::turn_ended));
    at.pass(31'000 * ms);
    CHECK(at.wants<FinishRelay>());
}

TEST_CASE("who asks is turned, again where it had declined that; who asks behind a second turn may go alone")
{
    OneHost at;
    at.own();
    const Version version = at.give(new_host);
    at.receive(new_host, Ask{version});
    CHECK(at.says<Wait>(new_host));
    CHECK_FALSE(at.says<Turn>(new_host));
    at.receive(peer, Ask{});
    CHECK(at.says<Turn>(peer));
    CHECK(at.says<Wait>(peer));
    at.receive(peer, TurnEnded{version, 1});  // the endpoint was about to come there, for instance
    at.receive(peer, Ask{});
    CHECK(at.says<Turn>(peer));
    CHECK(at.says<Wait>(peer));
    CHECK_FALSE(at.says<NotMine>(peer));
    at.receive(peer, TurnEnded{version, 1});
    at.receive(peer, Ask{});
    CHECK_FALSE(at.says<Turn>(peer));
    CHECK(at.says<NotMine>(peer));
}

TEST_CASE("who asks for what runs here is denied, and who asks while nothing is decided waits")
{
    OneHost at;
    at.own();
    at.receive(peer, Ask{});
    CHECK(at.says<Deny>(peer));
    at.stop();
    at.receive(peer, Ask{});
    CHECK(at.says<Wait>(peer));
}

TEST_CASE("an endpoint that comes back is claimed when its docked frames have gone and its turns have ended")
{
    OneHost at;
    at.own();
    at.stop();
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    const Version version = at.said<Grant>(new_host).version;
    at.relayed(peer);
    at.pass(at.config.times.plain);
    SECTION("both end in time")
    {
        at.drained(5);
        const Stream stream = at.said<Turn>(peer).stream;
        at.start();
        CHECK_FALSE(at.wants<BeginClaim>());
        at.relayed(old_host);
        CHECK_FALSE(at.says<Turn>(old_host));
        at.receive(peer, TurnEnded{version, stream});
    }
    SECTION("the docks are the last")
    {
        at.start();
        CHECK_FALSE(at.wants<BeginClaim>());
        at.drained(5);
    }
    SECTION("a turn takes too long")
    {
        at.drained(5);
        at.receive(peer, TurnAck{version});
        at.start();
        CHECK_FALSE(at.wants<BeginClaim>());
        at.pass(1001 * ms);
    }
    REQUIRE(at.wants<BeginClaim>());
    CHECK(at.one<BeginClaim>().returning);
    CHECK(at.said<Claim>(new_host).known == version);
    at.pass(201 * ms);
    CHECK(at.says<Closed>(new_host));
    at.receive(new_host, Grant{{1, version.epoch + 1, new_host}});
    CHECK(at.notes(Phase::grant_received));
}

TEST_CASE("an endpoint that comes back at once is claimed when what its new host sent here before has come and gone back")
{
    OneHost at;
    at.own();
    at.give(new_host);
    at.pass(4 * ms);
    at.start();
    CHECK_FALSE(at.wants<BeginClaim>());
    at.pass(at.config.times.plain - 5 * ms);
    CHECK_FALSE(at.wants<BeginClaim>());
    at.pass(1 * ms);
    CHECK(at.wants<BeginClaim>());
    CHECK(at.says<Claim>(new_host));
}

TEST_CASE("an endpoint that comes back and stops again at once has not come")
{
    OneHost at;
    at.own();
    at.give(new_host);
    at.relayed(peer);
    at.start();
    at.stop();
    CHECK(at.out.empty());
    at.pass(3000 * ms);
    CHECK_FALSE(at.wants<BeginClaim>());
    CHECK_FALSE(at.wants<Discard>());
}

TEST_CASE("a relay whose attachment goes away relays by its row, under the label")
{
    OneHost at;
    at.own();
    at.give(new_host);
    at.event([&] { at.machine->removed(key(), at.now, at.out); });
    CHECK(at.one<FinishRelay>().label == labels_of(0xf1'0000).relay);
    at.pass(30'001 * ms);
    CHECK_FALSE(at.one<FinishRelay>().label);
}

TEST_CASE("a relay whose new host has died follows the endpoint to where it is seen")
{
    OneHost at;
    at.own();
    at.give(new_host);
    at.seen(new_host, peer);
    CHECK(at.says<Ask>(new_host));
    at.lose(new_host);
    CHECK(at.one<FinishRelay>().to == peer);
    CHECK(at.notes(Phase::turned_alone));
}

TEST_CASE("streams are given once in a move; a sender without one stays with the relay")
{
    OneHost at;
    at.own();
    at.give(new_host);
    for (std::uint32_t i = 0; i < 255; ++i) {
        at.relayed(host(1000 + i));
        REQUIRE(at.says<Turn>(host(1000 + i)));
    }
    at.relayed(host(2000));
    CHECK(at.out.empty());
}

TEST_CASE("the new host hears whether this one relays as of its version")
{
    OneHost at;
    at.own();
    const Version version = at.give(new_host);
    const auto relays = [&](const Version& as_of) {
        at.receive(new_host, Probe{as_of});
        CHECK(at.said<Probed>(new_host).version == as_of);
        return at.said<Probed>(new_host).relays;
    };
    CHECK(relays(version));
    CHECK_FALSE(relays({version.term, version.epoch - 1, self}));
    at.pass(30'001 * ms);
    REQUIRE(at.wants<FinishRelay>());
    CHECK(relays(version));  // it has not been told that the books are closed
    at.pass(201 * ms);
    at.receive(new_host, ClosedAck{version});
    CHECK_FALSE(relays(version));
}

TEST_CASE("a relay ends after the one that leads here")
{
    OneHost at;
    const Version version = at.get(old_host);
    at.give(new_host);
    at.pass(30'001 * ms);
    at.receive(old_host, Probed{version, true});
    at.pass(1'000 * ms);
    CHECK_FALSE(at.wants<FinishRelay>());
    at.receive(old_host, Closed{version, 0});
    CHECK(at.wants<FreeLabels>());
    at.pass(1 * ms);
    CHECK(at.wants<FinishRelay>());
}

TEST_CASE("who has had it from here and knows of a later owner is granted nothing")
{
    OneHost at;
    at.own();
    const Version version = at.give(new_host);
    at.receive(new_host, Claim{version, labels_of(0xf2'0000)});
    CHECK_FALSE(at.says<Grant>(new_host));
    CHECK(at.says<NotMine>(new_host));
    at.receive(new_host, Claim{{}, labels_of(0xf2'0000)});  // one that has lost its memory is
    CHECK(at.says<Grant>(new_host));
}

TEST_CASE("two moves that follow each other do not give the same streams")
{
    std::set<unsigned> given;
    OneHost at;
    for (int move = 0; move < 4; ++move) {
        if (move == 0)
            at.own();
        else
            at.get(new_host, {1, 10U * static_cast<unsigned>(move), new_host});
        at.give(new_host);
        for (std::uint32_t i = 0; i < 8; ++i) {
            at.relayed(host(1000 + i));
            CHECK(given.insert(at.said<Turn>(host(1000 + i)).stream).second);
            at.receive(host(1000 + i), TurnEnded{at.said<Turn>(host(1000 + i)).version, 1});
        }
    }
}
