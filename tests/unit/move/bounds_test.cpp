// What the machine remembers, and what its versions are after it has forgotten or started again.
#include "one_host.hpp"

using namespace ferry;
using namespace ferry::test;

TEST_CASE("a machine with impossible settings is refused")
{
    MachineConfig config;
    const auto refused = [](const MachineConfig& with) { return !Machine::make(with).has_value(); };
    CHECK(refused(config));
    config.self = self;
    CHECK_FALSE(refused(config));
    SECTION("term") { config.term = 0; }
    SECTION("labels") { config.labels = 3; }
    SECTION("labels that are no VNIs") { config.first_label = 0xff'ffff; }
    SECTION("keys") { config.bounds.keys = 0; }
    SECTION("hold") { config.times.hold = 0; }
    SECTION("retry") { config.times.retry_longest = 1; }
    CHECK(refused(config));
}

TEST_CASE("endpoints that run are kept, and no more than there is room for")
{
    MachineConfig config;
    config.self = self;
    config.bounds.keys = 10;
    const auto machine = *Machine::make(config);
    Actions out;
    for (std::uint32_t i = 0; i < 10; ++i)
        REQUIRE(machine->ring_started(key(i), {}, 0, out));
    out.clear();
    const auto full = machine->ring_started(key(10), {}, 0, out);
    REQUIRE_FALSE(full);
    CHECK(full.error().code == ErrorCode::table_full);
    CHECK(out.empty());
    CHECK(machine->size() == 10);
    machine->removed(key(3), 0, out);
    CHECK(machine->ring_started(key(10), {}, 0, out));
    CHECK(machine->size() == 10);
}

TEST_CASE("claims, asks and answers fill no table")
{
    OneHost at;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        const Key unknown = key(1000 + i);
        at.event([&] {
            REQUIRE(at.machine->received(peer, {unknown, Claim{{1, i, peer}, labels_of(0xf1'0000)}}, true, {}, at.now, at.out));
            REQUIRE(at.machine->received(peer, {unknown, Ask{}}, true, {}, at.now, at.out));
            REQUIRE(at.machine->received(peer, {unknown, Turn{{1, i, peer}, new_host, 1}}, true, {}, at.now, at.out));
            REQUIRE(at.machine->received(peer, {unknown, Settled{{1, 1, peer}, 1}}, true, {}, at.now, at.out));
        });
        CHECK(at.all_said<NotMine>(peer).size() == 2);
    }
    CHECK(at.machine->size() == 0);
}

TEST_CASE("versions do not go back with what is forgotten")
{
    MachineConfig config;
    config.bounds.keys = 1;
    config.peers = {self};
    OneHost at(config);
    at.start();
    at.opened();
    at.merged();
    const Version version = at.give(new_host);
    at.pass(40'000 * ms);
    at.receive(new_host, ClosedAck{version});
    // Another endpoint takes the only place.
    at.event([&] { REQUIRE(at.machine->ring_started(key(2), {}, at.now, at.out)); });
    at.event([&] { at.machine->removed(key(2), at.now, at.out); });
    at.start();
    at.opened();
    at.merged();
    CHECK(at.give(peer) > version);
}

TEST_CASE("a host that has started again is above all that it ever said")
{
    OneHost before;
    before.own();
    const Version version = before.give(new_host);
    MachineConfig config;
    config.term = version.term + 1;
    OneHost after(config);
    after.own();
    CHECK(after.give(new_host) > version);
}

TEST_CASE("a term is kept before anything is said with it")
{
    OneHost at;
    at.own();
    at.stop();
    at.receive(new_host, Claim{{40, 1, peer}, labels_of(0xf1'0000)});
    REQUIRE(at.one<KeepTerm>().term == 40);
    CHECK(std::holds_alternative<KeepTerm>(at.out.front()));
    CHECK(at.said<Grant>(new_host).version.term == 40);
}

TEST_CASE("without free labels a claim begins when some are")
{
    MachineConfig config;
    config.labels = 4;
    config.peers = {old_host};
    OneHost at(config);
    for (std::uint32_t i = 2; i <= 3; ++i)
        at.event([&] { REQUIRE(at.machine->ring_started(key(i), {}, at.now, at.out)); });
    at.start();
    CHECK_FALSE(at.wants<BeginClaim>());
    at.pass(100 * ms);
    CHECK_FALSE(at.wants<BeginClaim>());
    at.event([&] { at.machine->removed(key(2), at.now, at.out); });
    at.pass(1100 * ms);
    CHECK(at.wants<BeginClaim>());
}

TEST_CASE("a thousand endpoints that leave at once are a thousand grants, and the books of each are closed")
{
    MachineConfig config;
    config.self = self;
    const auto machine = *Machine::make(config);
    Actions out;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        REQUIRE(machine->ring_started(key(i), {}, 0, out));
        machine->opened(key(i), 0, 0, out);
        machine->merged(key(i), 0, out);
        REQUIRE(machine->ring_stopped(key(i), 0, out));
    }
    out.clear();
    for (std::uint32_t i = 0; i < 1000; ++i) {
        REQUIRE(machine->received(new_host, {key(i), Claim{{}, labels_of(0xf1'0000 + 2 * i)}}, true, {}, 0, out));
        machine->drained(key(i), 1, 0, out);
        REQUIRE(machine->received(new_host, {key(i), DrainedAck{{1, 2, self}}}, true, {}, 0, out));
    }
    std::size_t grants = 0, finished = 0;
    for (const Action& action : out)
        if (const auto* send = std::get_if<Send>(&action))
            grants += std::holds_alternative<Grant>(send->message.body);
    CHECK(grants == 1000);
    out.clear();
    for (Time now = 0; now < 31'000 * ms && machine->deadline(); now = *machine->deadline()) {
        machine->tick(now, out);
        if (!machine->deadline())
            break;
    }
    for (const Action& action : out)
        finished += std::holds_alternative<FinishRelay>(action);
    CHECK(finished == 1000);
}
