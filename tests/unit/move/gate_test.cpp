// The way out of a gate: into the ring, the dock, or to the new host.
#include "one_gate.hpp"

using namespace ferry;
using namespace ferry::test;

TEST_CASE("what the ring refuses waits, and goes into it in order when it has room")
{
    OneGate f;
    CHECK(f.gate.ordinary());
    f.output.room = 0;
    f.gate.take_refused(1, 100, {}, f.now);
    f.gate.run(f.now, f.now);
    CHECK_FALSE(f.gate.ordinary());
    f.direct(2);
    CHECK(f.output.ring.empty());
    f.output.room = 10;
    f.pass_time(1 * ms);
    CHECK(f.output.ring == Numbers{1, 2});
    CHECK(f.gate.ordinary());
    CHECK(f.gate.counters().docked.get() == 2);
}

TEST_CASE("a held endpoint's frames wait however much room there is; a ring that starts again gets them in order")
{
    OneGate f;
    f.gate.hold();
    f.direct(1);
    f.local(2);
    f.pass_time(5000 * ms);
    CHECK(f.output.ring.empty());
    f.gate.ring(f.now);
    CHECK(f.output.ring == Numbers{1, 2});
    CHECK(f.gate.ordinary());
}

TEST_CASE("frames wait for room no longer than the bound, and are counted")
{
    OneGate f;
    f.output.room = 0;
    f.gate.take_refused(1, 100, {}, f.now);
    f.pass_time(f.times.wait + 1);
    CHECK(f.output.drops[GateDrop::expired] == Numbers{1});
    CHECK(f.gate.ordinary());
}

TEST_CASE("a dock that nobody claims is dropped and counted")
{
    OneGate f;
    f.gate.hold();
    f.direct(1);
    f.gate.discard(f.now);
    CHECK(f.output.drops[GateDrop::unclaimed] == Numbers{1});
    CHECK(f.gate.counters().waiting.get() == 0);
}

TEST_CASE("what had been docked is flushed first, then the rest is relayed, and whose it is is told once")
{
    OneGate f;
    f.gate.hold();
    f.direct(1);
    f.direct(2, plain_peer);
    f.gate.drain(f.now);
    REQUIRE(f.output.count(GateEvent::Kind::drained) == 1);
    CHECK(f.output.events.back().count == 2);
    CHECK(f.output.count(GateEvent::Kind::relayed) == 0);
    f.direct(3);
    f.direct(4);
    f.local(5);
    CHECK(f.output.host == Numbers{1, 2, 3, 4, 5});
    CHECK(f.output.labels == std::vector{Via::flush, Via::flush, Via::relay, Via::relay, Via::relay});
    CHECK(f.output.count(GateEvent::Kind::relayed) == 2);
    f.now += 2000 * ms;
    f.direct(6);
    CHECK(f.output.count(GateEvent::Kind::relayed) == 3);
}

TEST_CASE("a dock waits for room on the way to the new host, in order, and nothing is relayed before it is empty")
{
    OneGate f;
    f.gate.hold();
    f.direct(1);
    f.direct(2);
    f.direct(3);
    f.output.way_room = 1;
    f.output.copied = 10;
    f.gate.drain(f.now);
    CHECK(f.output.host == Numbers{1});
    CHECK(f.gate.waits());
    f.direct(4);
    CHECK(f.output.host == Numbers{1});
    CHECK(f.gate.counters().flushed.get() == 1);
    f.output.copied = 0;
    f.output.way_room = 2;
    f.pass_time(ms);
    CHECK(f.output.host == Numbers{1, 12, 13});  // in the buffers in which they were given back
    CHECK(f.output.count(GateEvent::Kind::drained) == 0);
    f.output.way_room = 10;
    f.pass_time(ms);
    REQUIRE(f.output.count(GateEvent::Kind::drained) == 1);
    CHECK(f.output.events.back().count == 4);
    f.direct(5);
    CHECK(f.output.labels == std::vector{Via::flush, Via::flush, Via::flush, Via::flush, Via::relay});
    CHECK(f.output.host.back() == 5);
    CHECK_FALSE(f.gate.waits());
}

TEST_CASE("a dock waits for room on the way no longer than the bound since there was some, however long it had been held")
{
    OneGate f;
    f.gate.hold();
    f.direct(1);
    f.direct(2);
    f.now += f.times.wait;
    f.output.way_room = 0;
    f.gate.drain(f.now);
    f.pass_time(f.times.wait);
    CHECK(f.output.drops.empty());
    f.output.way_room = 1;
    f.pass_time(0);
    CHECK(f.output.host == Numbers{1});
    f.output.last_flushed = f.now;
    f.pass_time(f.times.wait);
    CHECK(f.output.drops.empty());
    f.pass_time(1);
    CHECK(f.output.drops[GateDrop::expired] == Numbers{2});
    REQUIRE(f.output.count(GateEvent::Kind::drained) == 1);
    CHECK(f.output.events.back().count == 1);
}

TEST_CASE("a gate is looked after only while it waits for a time or for room")
{
    OneGate f;
    CHECK_FALSE(f.gate.waits());
    f.gate.hold();
    f.direct(1);
    CHECK_FALSE(f.gate.waits());  // until a command
    f.gate.drain(f.now);
    f.direct(2);
    CHECK_FALSE(f.gate.waits());  // relays at once

    f.gate.claim();
    f.gate.ring(f.now);
    f.direct(3);
    CHECK_FALSE(f.gate.waits());  // until the grant
    f.gate.expect_flush(1, f.now);
    CHECK(f.gate.waits());        // for the frame
    f.labelled(4, Via::flush);
    CHECK_FALSE(f.gate.waits());  // opened and merged
    f.gate.expect_stream(7, 1, ferry_peer, f.now);
    CHECK(f.gate.waits());        // for its marked frame
    f.pass_time(f.times.merge);
    CHECK(f.output.count(GateEvent::Kind::stream_timed_out) == 1);
    f.output.room = 0;
    f.direct(5);
    CHECK(f.gate.waits());        // for room
    CHECK(f.output.ring == Numbers{4, 3});
}

TEST_CASE("a gate knows when it delivered its first frame, and its first that the old host had docked")
{
    OneGate f;
    f.gate.claim();
    f.gate.ring(f.now);
    f.labelled(1, Via::relay);
    const std::int64_t first = f.now;
    CHECK(f.gate.counters().first_delivered.load() == first);
    CHECK(f.gate.counters().first_waited.load() == 0);
    f.now += 5 * ms;
    f.labelled(2, Via::flush);
    CHECK(f.gate.counters().first_delivered.load() == first);
    CHECK(f.gate.counters().first_waited.load() == f.now);
    f.gate.hold();  // the next move's books begin; this one's have not been closed yet
    CHECK(f.gate.counters().first_waited.load() == f.now);
    f.gate.claim();
    CHECK(f.gate.counters().first_waited.load() == 0);
}

TEST_CASE("over the bound frames are dropped and counted, and another endpoint still has room")
{
    OneGate f(100'000, 20);
    f.gate.hold();
    for (Number i = 0; i < 30; ++i)
        f.direct(i);
    CHECK(f.gate.counters().waiting.get() == 16);  // 4/5 of 20
    CHECK(f.output.drops[GateDrop::full].size() == 14);
    Output other_output;
    ferry::move::Gate<Number> other(f.budget, *f.places, *f.senders, other_output, f.times);
    other.hold();
    other.take(1, 100, {}, f.now);
    CHECK(other.counters().waiting.get() == 1);
    other.discard(f.now);
}

TEST_CASE("bytes are bounded as frames are")
{
    OneGate f(1000, 64);
    f.gate.hold();
    for (Number i = 0; i < 20; ++i)
        f.direct(i);
    CHECK(f.gate.counters().waiting.get() == 8);
}
