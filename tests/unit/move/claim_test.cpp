// The new host: from the ring's start until the old host has closed its books.
#include "one_host.hpp"

using namespace ferry;
using namespace ferry::test;

TEST_CASE("a claim goes to the host that the FDB names, and to nobody else")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    CHECK(at.one<BeginClaim>().key == key());
    CHECK_FALSE(at.one<BeginClaim>().returning);
    CHECK(at.said<Claim>(old_host).labels == at.one<BeginClaim>().labels);
    CHECK(at.all<Send>().size() == 1);
    CHECK(at.notes(Phase::ring_started));
}

TEST_CASE("labels are a pair of the reserved range, flush even and relay odd")
{
    MachineConfig config;
    config.first_label = 0xf0'0001;
    config.labels = 9;
    OneHost at(config);
    at.start_where_ferry_is(old_host);
    const Labels labels = at.one<BeginClaim>().labels;
    CHECK(labels.flush.value() % 2 == 0);
    CHECK(labels.relay.value() == labels.flush.value() + 1);
    CHECK(labels.flush.value() >= 0xf0'0001);
    CHECK(labels.relay.value() < 0xf0'000a);
}

TEST_CASE("a granted claim opens when the old host has drained, and ends when its books are closed")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    const Labels labels = at.one<BeginClaim>().labels;
    at.receive(old_host, Grant{{5, 7, old_host}});
    CHECK(at.notes(Phase::grant_received));
    CHECK_FALSE(at.wants<Open>());
    at.receive(old_host, Drained{{5, 7, old_host}, 42});
    CHECK(at.one<Open>().flush_frames == 42);
    CHECK(at.said<DrainedAck>(old_host).version == Version{5, 7, old_host});
    at.opened(42);
    CHECK(at.wants<Announce>());
    at.merged();
    CHECK_FALSE(at.wants<FinishClaim>());
    at.receive(old_host, Closed{{5, 7, old_host}, 1000});
    CHECK(at.one<FinishClaim>().labels == labels);
    CHECK(at.says<ClosedAck>(old_host));
    CHECK(at.notes(Phase::settled));
    CHECK_FALSE(at.machine->deadline());
}

TEST_CASE("a claim is repeated, later and later, until it is answered")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    at.pass(20 * ms);
    CHECK(at.says<Claim>(old_host));
    at.pass(1000 * ms);
    const auto repeated = at.all_said<Claim>(old_host).size();
    CHECK(repeated >= 4);
    CHECK(repeated <= 8);
    at.receive(old_host, Grant{{5, 7, old_host}});
    at.pass(400 * ms);
    CHECK_FALSE(at.says<Claim>(old_host));
}

TEST_CASE("a grant that the word of drained docks has overtaken is taken from that word")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    at.receive(old_host, Drained{{5, 7, old_host}, 4});
    CHECK(at.notes(Phase::grant_received));
    CHECK(at.one<Open>().flush_frames == 4);
    at.receive(old_host, Grant{{5, 7, old_host}});
    CHECK(at.changes() == 0);
}

TEST_CASE("answers and words that come twice change nothing")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    const Version version{5, 7, old_host};
    at.start_where_ferry_is(old_host);
    CHECK(at.out.empty());
    at.receive(old_host, Grant{version});
    at.receive(old_host, Grant{version});
    CHECK(at.out.empty());
    at.receive(old_host, Drained{version, 3});
    at.receive(old_host, Drained{version, 3});
    CHECK(at.changes() == 0);
    CHECK(at.says<DrainedAck>(old_host));
    at.opened(3);
    at.opened(3);
    CHECK(at.out.empty());
    at.merged();
    at.merged();
    CHECK(at.out.empty());
    at.receive(peer, Turned{version, 4, 10});
    CHECK(at.one<Expect>().frames == 10);
    at.receive(peer, Turned{version, 4, 10});
    CHECK(at.out.empty());
    at.event([&] { at.machine->stream_passed(key(), 4, true, 10, at.now, at.out); });
    CHECK(at.said<Settled>(peer).stream == 4);
    at.receive(peer, Turned{version, 4, 10});
    CHECK(at.changes() == 0);
    CHECK(at.says<Settled>(peer));
    at.receive(old_host, Closed{version, 9});
    at.receive(old_host, Closed{version, 9});
    CHECK(at.changes() == 0);
    CHECK(at.says<ClosedAck>(old_host));
}

TEST_CASE("where no row leads anywhere every ferry peer is asked, and all must say that they do not have it")
{
    OneHost at;
    at.start();
    for (Host one : {old_host, peer, new_host})
        CHECK(at.says<Claim>(one));
    at.receive(old_host, NotMine{});
    at.receive(peer, NotMine{});
    CHECK_FALSE(at.wants<Open>());
    at.receive(peer, NotMine{});
    CHECK_FALSE(at.wants<Open>());
    at.receive(new_host, NotMine{});
    CHECK(at.one<Open>().flush_frames == std::nullopt);
    CHECK(at.notes(Phase::taken));
    at.opened();
    at.merged();
    CHECK(at.wants<FinishClaim>());
}

TEST_CASE("a host without peers takes its endpoints at once")
{
    MachineConfig config;
    config.peers = {self};
    OneHost at(config);
    at.start();
    CHECK(at.wants<BeginClaim>());
    CHECK(at.wants<Open>());
    CHECK(at.all<Send>().empty());
}

TEST_CASE("where the row was stale the others are asked too")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    at.receive(old_host, NotMine{});
    CHECK(at.says<Claim>(peer));
    CHECK(at.says<Claim>(new_host));
    CHECK_FALSE(at.says<Claim>(old_host));
    CHECK_FALSE(at.wants<Open>());
}

TEST_CASE("a plain VTEP cannot be asked: its endpoint is taken at once")
{
    OneHost at;
    at.start({Place::Kind::plain, plain_peer});
    CHECK(at.wants<BeginClaim>());
    CHECK(at.wants<Open>());
    CHECK_FALSE(at.says<Claim>(plain_peer));
}

TEST_CASE("a host that cannot be reached has lost it: it is taken at once")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    at.lose(peer);
    CHECK(at.out.empty());
    at.lose(old_host);
    CHECK(at.wants<Open>());
    CHECK(at.notes(Phase::taken));
}

TEST_CASE("a silent host is waited for as long as it holds, and then the endpoint is taken")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    at.pass(1999 * ms);
    CHECK_FALSE(at.wants<Open>());
    at.pass(2 * ms);
    CHECK(at.wants<Open>());
    CHECK(at.notes(Phase::taken));

    SECTION("a late grant is welcome, and its frames find their labels")
    {
        at.opened();
        at.merged();
        CHECK_FALSE(at.wants<FinishClaim>());
        at.receive(old_host, Grant{{5, 7, old_host}});
        CHECK(at.notes(Phase::late_grant));
        at.receive(old_host, Drained{{5, 7, old_host}, 2});
        CHECK(at.says<DrainedAck>(old_host));
        CHECK_FALSE(at.wants<Open>());
        at.receive(old_host, Closed{{5, 7, old_host}, 2});
        CHECK(at.wants<FinishClaim>());
    }
    SECTION("without one the labels are free after the lease")
    {
        at.opened();
        at.merged();
        at.pass(30'001 * ms);
        CHECK(at.wants<FinishClaim>());
    }
}

TEST_CASE("who says wait is alive, and is waited for however long it takes")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    for (int i = 0; i < 5; ++i) {
        at.pass(1500 * ms);
        CHECK_FALSE(at.wants<Open>());
        at.receive(old_host, Wait{});
    }
    at.receive(old_host, Grant{{5, 7, old_host}});
    CHECK(at.notes(Phase::grant_received));
}

TEST_CASE("a claim follows the endpoint from host to host")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    at.receive(old_host, Moved{{5, 7, old_host}, peer});
    CHECK(at.said<Claim>(peer).known == Version{5, 7, old_host});
    at.receive(peer, Moved{{5, 8, peer}, new_host});
    CHECK(at.said<Claim>(new_host).known == Version{5, 8, peer});
    at.receive(new_host, Grant{{5, 9, new_host}});
    CHECK(at.notes(Phase::grant_received));
}

TEST_CASE("hosts that point at each other do not keep a claim going round")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    bool taken = false;
    for (std::uint64_t i = 0; i < 1000 && !taken; ++i) {
        const Host from = i % 2 == 0 ? old_host : peer, to = i % 2 == 0 ? peer : old_host;
        at.receive(from, Moved{{5, 7 + i, from}, to});
        taken = at.says<Claim>(new_host);
    }
    CHECK(taken);
    at.receive(new_host, NotMine{{99, 0, {}}});
    CHECK(at.wants<Open>());
}

TEST_CASE("where it runs elsewhere the VM is silent until it does not")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    at.receive(old_host, Deny{{5, 6, old_host}});
    CHECK(at.one<Silence>().silent);
    CHECK(at.notes(Phase::conflict));
    at.receive(old_host, Deny{{5, 6, old_host}});
    CHECK(at.out.empty());
    at.pass(1000 * ms);
    CHECK(at.says<Claim>(old_host));
    at.receive(old_host, Grant{{5, 7, old_host}});
    CHECK_FALSE(at.one<Silence>().silent);
}

TEST_CASE("the second of two claimants is sent to the first, which denies it")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    at.receive(old_host, Moved{{5, 7, old_host}, peer});
    at.receive(peer, Deny{{5, 7, old_host}});
    CHECK(at.one<Silence>().silent);
    CHECK(at.notes(Phase::conflict));
}

TEST_CASE("of two that ask each other one gives way")
{
    // This host's address is above the peers'.
    OneHost at;
    at.start();
    at.receive(peer, Claim{{}, labels_of(0xf1'0000)});
    CHECK(at.says<NotMine>(peer));

    SECTION("but not one whose ring has stopped: it may have frames to give")
    {
        at.stop();
        at.receive(peer, Claim{{}, labels_of(0xf1'0000)});
        CHECK(at.says<Wait>(peer));
    }
}

TEST_CASE("one that waits for a host which waits for it gives way")
{
    MachineConfig config;
    config.peers = {host(20)};
    OneHost at(config);
    at.start();
    at.receive(host(20), Claim{{}, labels_of(0xf1'0000)});
    CHECK(at.says<Wait>(host(20)));
    at.receive(host(20), Wait{});
    CHECK(at.says<NotMine>(host(20)));
}

TEST_CASE("the old host's death before its docks were empty opens; it is asked for a sign of life")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    at.receive(old_host, Grant{{5, 7, old_host}});
    at.pass(600 * ms);
    CHECK(at.says<Probe>(old_host));

    SECTION("it refuses connections")
    {
        at.lose(old_host);
        CHECK(at.one<Open>().flush_frames == std::nullopt);
        at.opened();
        at.merged();
        CHECK(at.wants<FinishClaim>());
    }
    SECTION("it has forgotten")
    {
        at.receive(old_host, Probed{{5, 7, old_host}, false});
        CHECK(at.one<Open>().flush_frames == std::nullopt);
    }
    SECTION("it is silent")
    {
        at.pass(1300 * ms);
        CHECK_FALSE(at.wants<Open>());
        at.pass(200 * ms);
        CHECK(at.wants<Open>());
    }
    SECTION("it lives, so it is waited for")
    {
        for (int i = 0; i < 10; ++i) {
            at.receive(old_host, Probed{{5, 7, old_host}, true});
            at.pass(1000 * ms);
            CHECK_FALSE(at.wants<Open>());
            CHECK(at.says<Probe>(old_host));
        }
    }
    SECTION("it says so of an earlier claim")
    {
        at.receive(old_host, Probed{{5, 6, old_host}, false});
        CHECK(at.out.empty());
    }
}

TEST_CASE("an old host that dies while it relays leaves no claim open for ever")
{
    OneHost at;
    at.get(old_host);
    at.pass(30'001 * ms);
    CHECK(at.says<Probe>(old_host));
    at.receive(old_host, Probed{{5, 7, old_host}, true});
    CHECK(at.out.empty());
    at.pass(30'001 * ms);
    at.lose(old_host);
    CHECK(at.wants<FinishClaim>());
}

TEST_CASE("answers to an earlier claim are none to this one")
{
    OneHost at;
    at.get(old_host);
    at.receive(old_host, Closed{{5, 7, old_host}, 0});
    at.give(new_host);
    at.start();  // it comes back
    at.pass(at.config.times.plain);
    const Claim claim = at.all_said<Claim>(new_host).front();
    CHECK(claim.known > Version{5, 7, old_host});
    at.receive(new_host, NotMine{{5, 7, old_host}, claim.question - 1});
    CHECK(at.out.empty());
    at.receive(new_host, Moved{{5, 7, old_host}, peer, claim.question - 1});
    CHECK(at.out.empty());
    at.receive(new_host, Grant{{5, 7, old_host}});
    CHECK(at.out.empty());
}

TEST_CASE("a grant that nobody has been asked for is none")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    at.receive(new_host, Grant{{9, 9, new_host}});
    CHECK_FALSE(at.wants<Note>());
    at.receive(new_host, Drained{{9, 9, new_host}, 1});
    CHECK_FALSE(at.wants<Open>());
}

TEST_CASE("a sender whose turn is of no claim here is told that nobody waits")
{
    OneHost at;
    at.receive(peer, Turned{{5, 7, old_host}, 3, 100});
    CHECK(at.said<Settled>(peer).stream == 3);
    CHECK(at.changes() == 1);  // the term was seen
    CHECK(at.machine->size() == 0);
}

TEST_CASE("a sender's turn, or its question, ends nobody's question whether the old host lives")
{
    OneHost at;
    const Version version = at.get(old_host);
    at.pass(30'001 * ms);
    REQUIRE(at.says<Probe>(old_host));
    CHECK(at.all_said<Probe>(old_host).front().version == version);
    at.give(new_host);
    at.relayed(self);
    REQUIRE(at.wants<BeginTurn>());
    at.pass(2'000 * ms);
    CHECK(at.says<Probe>(old_host));
    at.receive(old_host, Probed{version, false});
    CHECK(at.wants<FreeLabels>());
}

TEST_CASE("an endpoint whose VM has stopped again before anybody granted it is taken only for one who waits for it")
{
    OneHost at;
    SECTION("nobody answers")
    {
        at.start_where_ferry_is(old_host);
        at.pass(1000 * ms);
        at.stop();
        at.pass(1500 * ms);
        CHECK_FALSE(at.notes(Phase::taken));
    }
    SECTION("all say that they have not got it")
    {
        at.start();
        at.stop();
        for (Host one_peer : at.config.peers) {
            at.receive(one_peer, NotMine{});
            CHECK_FALSE(at.notes(Phase::taken));
        }
    }
    CHECK_FALSE(at.notes(Phase::taken));
    SECTION("one waits")
    {
        at.start_where_ferry_is(old_host);
        at.stop();
        at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
        CHECK(at.says<Wait>(new_host));
        for (Host one_peer : at.config.peers)
            at.receive(one_peer, NotMine{});
        CHECK(at.notes(Phase::taken));
        at.opened();
        at.merged();
        CHECK(at.says<Grant>(new_host));
    }
    SECTION("the VM starts again")
    {
        at.start();
        at.stop();
        for (Host one_peer : at.config.peers)
            at.receive(one_peer, NotMine{});
        // One of them may have had it since, and given it away.
        at.start();
        CHECK(at.wants<Replay>());
        CHECK_FALSE(at.notes(Phase::taken));
        for (Host one_peer : at.config.peers)
            CHECK(at.says<Claim>(one_peer));
        for (Host one_peer : at.config.peers)
            at.receive(one_peer, NotMine{});
        CHECK(at.notes(Phase::taken));
        return;
    }
    SECTION("one waits when all have said so")
    {
        at.start();
        at.stop();
        for (Host one_peer : at.config.peers)
            at.receive(one_peer, NotMine{});
        at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
        CHECK(at.says<Wait>(new_host));
        CHECK_FALSE(at.says<Claim>(new_host));
        CHECK_FALSE(at.notes(Phase::taken));
        at.receive(old_host, NotMine{});
        at.receive(peer, NotMine{});
        CHECK(at.notes(Phase::taken));
        return;
    }
    at.pass(3000 * ms);
    CHECK_FALSE(at.notes(Phase::taken));
}

TEST_CASE("an answer to an earlier question of the same claim is none")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    const std::uint32_t first = at.said<Claim>(old_host).question;
    at.receive(old_host, Moved{{2, 1, old_host}, peer});
    at.receive(peer, Moved{{3, 2, peer}, old_host});
    const std::uint32_t second = at.said<Claim>(old_host).question;
    CHECK(first != second);
    at.receive(old_host, Moved{{2, 1, old_host}, peer, first});
    CHECK(at.out.empty());
    at.receive(old_host, NotMine{{9, 9, peer}, first});
    CHECK(at.changes() <= 1);  // the term was seen
    at.pass(20 * ms);
    CHECK(at.said<Claim>(old_host).question == second);
}

TEST_CASE("what was asked while the ring was stopped is asked again, and a grant for that is still one")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    const std::uint32_t first = at.said<Claim>(old_host).question;
    at.stop();
    at.start();
    CHECK(at.said<Claim>(old_host).question != first);
    CHECK(at.all<Send>().size() == 1);
    at.receive(old_host, NotMine{{}, first});
    CHECK(at.out.empty());
    SECTION("granted") { at.receive(old_host, Grant{{5, 7, old_host}}); }
    SECTION("sent on, by one who had been asked before")
    {
        at.receive(old_host, Moved{{4, 6, old_host}, peer});
        at.stop();
        at.start();
        at.receive(old_host, Grant{{5, 7, old_host}});
    }
    CHECK(at.notes(Phase::grant_received));
}

TEST_CASE("one who runs it waits for it no more")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    at.stop();
    at.receive(new_host, Claim{{}, labels_of(0xf1'0000)});
    REQUIRE(at.says<Wait>(new_host));
    at.receive(old_host, Moved{{2, 1, old_host}, new_host});
    at.receive(new_host, Deny{{5, 7, old_host}});
    const Version version{5, 8, new_host};
    at.receive(new_host, Grant{version});
    at.receive(new_host, Drained{version, 0});
    at.opened();
    at.merged();
    CHECK_FALSE(at.says<Grant>(new_host));
}

TEST_CASE("a late grant of what has been granted on is none")
{
    OneHost at;
    at.start_where_ferry_is(old_host);
    at.pass(2000 * ms);
    REQUIRE(at.notes(Phase::taken));
    at.opened();
    at.merged();
    at.give(new_host);
    at.receive(old_host, Grant{{5, 7, old_host}});
    CHECK_FALSE(at.notes(Phase::late_grant));
}

TEST_CASE("an earlier claim's labels lead here as long as its old host relays")
{
    OneHost at;
    const Version first = at.get(old_host);
    const Version away = at.give(new_host);
    at.pass(at.config.times.plain);
    at.start();
    REQUIRE(at.wants<DemoteLabels>());
    const Version second{away.term, away.epoch + 1, new_host};
    at.receive(new_host, Grant{second});
    at.receive(new_host, Drained{second, 0});
    at.opened();
    at.merged();

    at.pass(30'001 * ms);
    CHECK_FALSE(at.wants<FreeLabels>());
    REQUIRE(at.says<Probe>(old_host));
    CHECK(at.all_said<Probe>(old_host).front().version == first);
    at.receive(old_host, Probed{first, true});
    at.pass(29'999 * ms);
    CHECK_FALSE(at.says<Probe>(old_host));

    SECTION("this claim's books stay open with them")
    {
        at.receive(new_host, Closed{second, 0});
        CHECK_FALSE(at.wants<FinishClaim>());
        at.receive(old_host, Closed{first, 0});
        CHECK(at.wants<FreeLabels>());
        CHECK(at.wants<FinishClaim>());
    }
    SECTION("a sender who turns from there is not told that nobody waits for its frames")
    {
        at.receive(peer, Turned{first, 3, 100});
        CHECK_FALSE(at.says<Settled>(peer));
        CHECK_FALSE(at.wants<Expect>());
        at.receive(old_host, Closed{first, 0});
        at.receive(peer, Turned{first, 3, 100});
        CHECK(at.says<Settled>(peer));
    }
    SECTION("it has forgotten, or its word was lost")
    {
        at.pass(2 * ms);
        at.receive(old_host, Probed{first, false});
        CHECK(at.wants<FreeLabels>());
    }
}
