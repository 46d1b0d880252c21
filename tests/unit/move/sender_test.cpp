// A sender: turns behind a barrier, or alone.
#include "one_host.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr Version moved{5, 7, old_host};

struct Sender : OneHost {
    void turn(Version version = moved, Host via = old_host, Host to = new_host, Stream stream = 9)
    {
        receive(via, Turn{version, to, stream});
    }
    void turn_until_flip()
    {
        turn();
        marking();
        pass(200 * ms);
    }
};

}  // namespace

TEST_CASE("a sender marks, goes directly after T_arm, tells its count, and stops marking when the new host has them")
{
    Sender at;
    at.turn();
    CHECK(at.says<TurnAck>(old_host));
    CHECK(at.one<BeginTurn>().via == old_host);
    CHECK(at.one<BeginTurn>().to == new_host);
    CHECK(at.one<BeginTurn>().stream == 9);
    at.pass(1000 * ms);
    CHECK_FALSE(at.wants<Flip>());  // not every worker marks yet
    at.marking();
    at.pass(199 * ms);
    CHECK_FALSE(at.wants<Flip>());
    at.pass(1 * ms);
    CHECK(at.wants<Flip>());
    at.flipped(1000);
    CHECK(at.said<Turned>(new_host).frames == 1000);
    at.pass(100 * ms);
    CHECK(at.says<Turned>(new_host));
    CHECK_FALSE(at.wants<EndTurn>());
    at.receive(new_host, Settled{moved, 9});
    CHECK(at.one<EndTurn>().to == new_host);
    CHECK(at.said<TurnEnded>(old_host).stream == 9);
    at.pass(100 * ms);
    CHECK(at.says<TurnEnded>(old_host));
    CHECK_FALSE(at.says<Turned>(new_host));
    at.receive(old_host, TurnEndedAck{moved, 9});
    CHECK_FALSE(at.machine->deadline());
}

TEST_CASE("each message and event of a turn may come twice")
{
    Sender at;
    at.turn();
    at.turn();
    CHECK(at.changes() == 0);
    CHECK(at.says<TurnAck>(old_host));
    at.marking();
    at.pass(100 * ms);
    at.marking();
    at.pass(100 * ms);
    CHECK(at.wants<Flip>());
    at.flipped(5);
    at.flipped(6);
    CHECK(at.out.empty());
    at.receive(new_host, Settled{moved, 9});
    at.receive(new_host, Settled{moved, 9});
    CHECK(at.out.empty());
    at.turn();
    CHECK(at.changes() == 0);
    CHECK(at.says<TurnEnded>(old_host));
}

TEST_CASE("a new host that does not answer stops no sender for longer than T_settle")
{
    Sender at;
    at.turn_until_flip();
    at.flipped(5);
    at.pass(999 * ms);
    CHECK_FALSE(at.wants<EndTurn>());
    at.pass(2 * ms);
    CHECK(at.wants<EndTurn>());
}

TEST_CASE("settled by another host, or of another stream, is not settled")
{
    Sender at;
    at.turn_until_flip();
    at.flipped(5);
    at.receive(peer, Settled{moved, 9});
    at.receive(new_host, Settled{moved, 8});
    at.receive(new_host, Settled{{5, 6, old_host}, 9});
    CHECK_FALSE(at.wants<EndTurn>());
}

TEST_CASE("turns of one endpoint are taken one at a time, in the order of their versions")
{
    Sender at;
    at.turn_until_flip();
    at.flipped(5);
    const Version next{5, 8, new_host};
    at.fdb_row.host = new_host;
    at.turn(next, new_host, peer, 3);
    CHECK(at.says<TurnAck>(new_host));
    CHECK_FALSE(at.wants<BeginTurn>());
    at.turn({5, 6, peer}, peer, host(77), 4);
    CHECK(at.says<TurnEnded>(peer));
    CHECK_FALSE(at.notes(Phase::refused));
    at.receive(new_host, Settled{moved, 9});
    CHECK(at.wants<EndTurn>());
    CHECK(at.one<BeginTurn>().via == new_host);
    CHECK(at.one<BeginTurn>().to == peer);
    CHECK(at.one<BeginTurn>().stream == 3);
}

TEST_CASE("an old turn is none: rows follow versions up")
{
    Sender at;
    at.turn_until_flip();
    at.flipped(0);
    at.receive(new_host, Settled{moved, 9});
    at.turn({5, 6, peer}, peer, host(77), 4);
    CHECK_FALSE(at.wants<BeginTurn>());
    CHECK(at.says<TurnEnded>(peer));
    at.turn({4, 99, peer}, peer, host(77), 4);
    CHECK_FALSE(at.wants<BeginTurn>());
}

TEST_CASE("a host whose own the endpoint is does not turn")
{
    Sender at;
    at.own();
    at.turn({99, 99, old_host});
    CHECK_FALSE(at.wants<BeginTurn>());
    CHECK(at.says<TurnEnded>(old_host));
}

TEST_CASE("a host that relays turns its own VMs when its books are closed")
{
    Sender at;
    at.own();
    const Version given = at.give(new_host);
    const Version next{given.term, given.epoch + 1, new_host};
    at.turn(next, new_host, peer, 3);
    CHECK(at.says<TurnAck>(new_host));
    CHECK_FALSE(at.wants<BeginTurn>());
    at.pass(30'001 * ms);
    CHECK(at.wants<FinishRelay>());
    CHECK(at.one<BeginTurn>().to == peer);
}

TEST_CASE("a sender turns at once where the old host is dead")
{
    Sender at;
    at.turn();
    SECTION("before all workers mark") {}
    SECTION("while it marks") { at.marking(); }
    at.lose(old_host);
    CHECK(at.one<PointTo>().to == new_host);
    CHECK(at.notes(Phase::turned_alone));
    at.marking();
    CHECK(at.out.empty());
}

TEST_CASE("a sender does not wait for a new host that is dead")
{
    Sender at;
    at.turn_until_flip();
    at.flipped(5);
    at.lose(new_host);
    CHECK(at.wants<EndTurn>());
}

TEST_CASE("a sender to whom the endpoint comes drops its turn")
{
    Sender at;
    at.turn();
    at.start_where_ferry_is(old_host);
    CHECK(at.wants<BeginClaim>());
    CHECK(at.says<TurnEnded>(old_host));
    at.marking();
    CHECK(at.out.empty());
}

TEST_CASE("whatever else tells of another place only makes a sender ask")
{
    Sender at;
    at.seen(old_host, new_host);
    CHECK(at.says<Ask>(old_host));
    CHECK(at.changes() == 0);
    at.seen(old_host, new_host);
    CHECK(at.out.empty());

    SECTION("a turn is the answer")
    {
        at.turn();
        CHECK(at.wants<BeginTurn>());
        at.pass(3000 * ms);
        CHECK_FALSE(at.says<Ask>(old_host));
        CHECK_FALSE(at.wants<PointTo>());
    }
    SECTION("it may turn by itself")
    {
        at.receive(old_host, NotMine{});
        CHECK(at.one<PointTo>().to == new_host);
        CHECK(at.notes(Phase::turned_alone));
    }
    SECTION("the host that its row names is dead")
    {
        at.lose(old_host);
        CHECK(at.one<PointTo>().to == new_host);
    }
    SECTION("or silent")
    {
        at.pass(1999 * ms);
        CHECK_FALSE(at.wants<PointTo>());
        at.pass(2 * ms);
        CHECK(at.one<PointTo>().to == new_host);
    }
    SECTION("it runs where the row says: nothing changes, and for a while nobody is asked")
    {
        at.receive(old_host, Deny{});
        CHECK(at.notes(Phase::conflict));
        at.seen(old_host, new_host);
        CHECK(at.out.empty());
        at.pass(2001 * ms);
        CHECK_FALSE(at.wants<PointTo>());
        at.seen(old_host, new_host);
        CHECK(at.says<Ask>(old_host));
    }
    SECTION("nothing is decided there yet")
    {
        for (int i = 0; i < 5; ++i) {
            at.receive(old_host, Wait{});
            at.pass(1500 * ms);
            CHECK_FALSE(at.wants<PointTo>());
        }
    }
}

TEST_CASE("an endpoint that runs here and is seen elsewhere is a conflict, told once")
{
    Sender at;
    at.own();
    at.seen(old_host, new_host);
    CHECK(at.notes(Phase::conflict));
    at.seen(old_host, new_host);
    CHECK(at.out.empty());
}

TEST_CASE("a relay's own turn, which begins when its books are closed, answers its question for it")
{
    OneHost at;
    at.own();
    at.give(old_host);
    at.seen(old_host, new_host);
    REQUIRE(at.says<Ask>(old_host));
    at.receive(old_host, Wait{});
    at.receive(old_host, Turn{{5, 7, old_host}, new_host, 9});
    CHECK(at.says<TurnAck>(old_host));
    at.pass(5'000 * ms);
    CHECK_FALSE(at.notes(Phase::turned_alone));
    CHECK_FALSE(at.wants<FinishRelay>());
}

TEST_CASE("a turn is obeyed from the host that this host's row names; another's is refused, and is over for that one")
{
    Sender at;
    const auto refuses = [&](Host via) {
        at.turn({9, 99, via}, via, host(77));
        CHECK(at.said<TurnEnded>(via).version == Version{9, 99, via});
        CHECK(at.notes(Phase::refused));
        return at.changes() == 1 && !at.says<TurnAck>(via);
    };
    SECTION("a row that names another ferry host")
    {
        at.fdb_row = {Place::Kind::ferry, old_host};
        CHECK(refuses(peer));
    }
    SECTION("one that names a plain VTEP, an attachment, or nobody")
    {
        for (const Place& place : {Place{Place::Kind::plain, plain_peer}, Place{Place::Kind::here, {}}, Place{}}) {
            at.fdb_row = place;
            CHECK(refuses(peer));
        }
    }
    CHECK(at.machine->size() == 0);
    SECTION("a row that follows a turn names the new host, and the old one is heard until the turn is over")
    {
        at.turn();
        at.fdb_row = {Place::Kind::ferry, new_host};
        CHECK(refuses(peer));
        at.turn({5, 9, old_host}, old_host, peer, 4);  // it has had it again
        CHECK(at.says<TurnAck>(old_host));
        at.turn({5, 10, new_host}, new_host, peer, 5);
        CHECK(at.says<TurnAck>(new_host));
    }
    SECTION("the turn is over: the old host is only late")
    {
        at.turn_until_flip();
        at.flipped(5);
        at.fdb_row = {Place::Kind::ferry, new_host};
        at.receive(new_host, Settled{moved, 9});
        at.turn();
        CHECK(at.says<TurnEnded>(old_host));
        CHECK_FALSE(at.notes(Phase::refused));
        CHECK(refuses(old_host));
        at.turn({5, 8, new_host}, new_host, peer, 3);
        CHECK(at.one<BeginTurn>().via == new_host);
    }
    SECTION("a row that was pointed elsewhere names that host")
    {
        at.seen(old_host, new_host);
        at.lose(old_host);
        REQUIRE(at.one<PointTo>().to == new_host);
        at.fdb_row = {Place::Kind::ferry, new_host};
        CHECK(refuses(old_host));
        at.turn({5, 8, new_host}, new_host, peer, 3);
        CHECK(at.wants<BeginTurn>());
    }
}

TEST_CASE("a host that relays is turned by the host to which it does")
{
    Sender at;
    at.own();
    const Version given = at.give(new_host);
    for (const Place& place : {Place{Place::Kind::here, {}}, Place{Place::Kind::ferry, peer}}) {
        at.fdb_row = place;
        at.turn({given.term, given.epoch + 1, peer}, peer, host(77), 3);
        CHECK(at.says<TurnEnded>(peer));
        CHECK(at.notes(Phase::refused));
    }
    at.fdb_row = {Place::Kind::here, {}};
    at.turn({given.term, given.epoch + 1, new_host}, new_host, peer, 3);
    CHECK(at.says<TurnAck>(new_host));
}

TEST_CASE("a host that has relayed is turned by the host that its row names")
{
    Sender at;
    at.own();
    const Version given = at.give(new_host);
    at.pass(30'001 * ms);
    REQUIRE(at.wants<FinishRelay>());
    at.fdb_row = {Place::Kind::ferry, new_host};
    at.turn({given.term, given.epoch + 1, peer}, peer, host(77), 3);
    CHECK(at.notes(Phase::refused));
    at.turn({given.term, given.epoch + 1, new_host}, new_host, peer, 3);
    CHECK(at.wants<BeginTurn>());
}
