// The way into a gate while its endpoint comes: what waits for its order, and for how long.
#include "one_gate.hpp"

using namespace ferry;
using namespace ferry::test;

TEST_CASE("direct frames wait until all flush frames have come, labelled ones do not")
{
    OneGate f;
    f.gate.claim();
    f.direct(10);
    f.labelled(1, Via::flush);
    CHECK(f.output.ring == Numbers{1});
    f.gate.expect_flush(2, f.now);
    f.labelled(3, Via::relay);
    CHECK(f.output.count(GateEvent::Kind::opened) == 0);
    f.labelled(2, Via::flush);
    CHECK(f.output.count(GateEvent::Kind::opened) == 1);
    CHECK(f.output.ring == Numbers{1, 3, 2, 10});
    f.pass_time(f.times.plain);
    CHECK(f.output.count(GateEvent::Kind::merged) == 1);
    f.gate.finish(f.now);
    CHECK(f.gate.ordinary());
}

TEST_CASE("a flush frame that was lost is not waited for for ever")
{
    OneGate f;
    f.gate.claim();
    f.direct(10);
    f.gate.expect_flush(2, f.now);
    f.labelled(1, Via::flush);
    f.pass_time(f.times.merge / 2);
    CHECK(f.output.ring == Numbers{1});
    f.pass_time(f.times.merge);
    CHECK(f.output.ring == Numbers{1, 10});
    REQUIRE(f.output.events.size() >= 1);
    CHECK(f.output.events.front().kind == GateEvent::Kind::opened);
    CHECK(f.output.events.front().count == 1);
}

TEST_CASE("a sender that cannot mark, and this host's own attachments, wait from their first frame on")
{
    OneGate f;
    f.gate.claim();
    f.direct(1, plain_peer);
    f.gate.open(f.now);
    CHECK(f.output.ring.empty());
    f.pass_time(f.times.plain / 2);
    f.local(2);
    f.pass_time(f.times.plain / 2);
    CHECK(f.output.ring == Numbers{1});
    f.direct(3, plain_peer);  // its time is over
    CHECK(f.output.ring == Numbers{1, 3});
    f.pass_time(f.times.plain / 2);
    CHECK(f.output.ring == Numbers{1, 3, 2});
}

TEST_CASE("a ferry host's unmarked frames wait like a plain one's where the endpoint returns")
{
    OneGate f;
    f.gate.claim(true);
    f.gate.open(f.now);
    f.direct(1);
    CHECK(f.output.ring.empty());
    f.pass_time(f.times.plain);
    CHECK(f.output.ring == Numbers{1});
}

TEST_CASE("what a host relays as of an earlier claim does not wait for that host's own marked frames")
{
    OneGate f;
    f.gate.claim(true);
    f.gate.open(f.now);
    f.direct(10, other_ferry_peer, Mark::turned, 7);
    f.labelled(1, Via::earlier);
    CHECK(f.output.ring.empty());
    f.pass_time(f.times.plain);
    CHECK(f.output.ring == Numbers{1});
    f.labelled(2, Via::earlier);
    CHECK(f.output.ring == Numbers{1, 2});
    f.pass_time(f.times.merge);
    CHECK(f.output.ring == Numbers{1, 2, 10});
}

TEST_CASE("where the endpoint returns, a sender behind its barrier does not wait again when it stops marking")
{
    OneGate f;
    f.gate.claim(true);
    f.gate.open(f.now);
    f.gate.expect_stream(7, 0, ferry_peer, f.now);
    f.direct(1, ferry_peer, Mark::turned, 7);
    f.direct(2, ferry_peer);
    f.direct(3, other_ferry_peer);
    CHECK(f.output.ring == Numbers{1, 2});
    f.pass_time(f.times.plain);
    CHECK(f.output.ring == Numbers{1, 2, 3});
}

TEST_CASE("where the endpoint returns, a sender that was silent behind its barrier need not have marked anything after it")
{
    OneGate f;
    f.gate.claim(true);
    f.gate.open(f.now);
    f.labelled(1, Via::relay, Mark::detour, 7);
    f.direct(10, ferry_peer);
    f.gate.expect_stream(7, 2, ferry_peer, f.now);
    CHECK(f.output.ring == Numbers{1});
    f.labelled(2, Via::relay, Mark::detour, 7);
    f.direct(11, ferry_peer);
    f.direct(20, other_ferry_peer);
    CHECK(f.output.ring == Numbers{1, 2, 10, 11});
    f.gate.claim(true);  // the next one trusts nobody
    f.gate.open(f.now);
    f.direct(12, ferry_peer);
    f.pass_time(f.times.plain - 1);
    CHECK(f.output.ring == Numbers{1, 2, 10, 11});
    f.pass_time(1);
    CHECK(f.output.ring.size() == 6);
}

TEST_CASE("a barrier of a host whose VTEP is not in the table says nothing of others that are not")
{
    OneGate f;
    f.gate.claim(true);
    f.gate.open(f.now);
    f.direct(1, VtepId::none);
    f.gate.expect_stream(7, 0, VtepId::none, f.now);
    f.direct(2, VtepId::none);
    CHECK(f.output.ring.empty());
    f.pass_time(f.times.plain);
    CHECK(f.output.ring == Numbers{1, 2});
}

TEST_CASE("turned frames wait for the marked ones that went by the old host; other senders' frames do not")
{
    OneGate f;
    f.gate.claim();
    f.gate.open(f.now);
    f.labelled(1, Via::relay, Mark::detour, 7);
    f.direct(10, ferry_peer, Mark::turned, 7);
    f.direct(11, ferry_peer);  // behind it, whatever its mark
    f.direct(20, other_ferry_peer);
    CHECK(f.output.ring == Numbers{1, 20});
    f.gate.expect_stream(7, 2, ferry_peer, f.now);
    CHECK(f.output.ring == Numbers{1, 20});
    f.labelled(2, Via::relay, Mark::detour, 7);
    f.gate.run(f.now, f.now);
    CHECK(f.output.ring == Numbers{1, 20, 2, 10, 11});
    CHECK(f.output.count(GateEvent::Kind::stream_passed) == 1);
    CHECK(f.output.count(GateEvent::Kind::stream_timed_out) == 0);
}

TEST_CASE("the barrier may be passed before the sender tells of it, and with no frame at all")
{
    OneGate f;
    f.gate.claim();
    f.gate.open(f.now);
    f.labelled(1, Via::relay, Mark::detour, 7);
    f.gate.expect_stream(7, 1, ferry_peer, f.now);
    f.gate.expect_stream(8, 0, ferry_peer, f.now);
    CHECK(f.output.count(GateEvent::Kind::stream_passed) == 2);
    f.direct(10, ferry_peer, Mark::turned, 7);
    CHECK(f.output.ring == Numbers{1, 10});
}

TEST_CASE("marked frames that were lost are waited for no longer than the bound, and that is told once")
{
    OneGate f;
    f.gate.claim();
    f.gate.open(f.now);
    f.direct(10, ferry_peer, Mark::turned, 7);
    f.gate.expect_stream(7, 5, ferry_peer, f.now);
    f.pass_time(f.times.merge - 1);
    CHECK(f.output.ring.empty());
    f.pass_time(1);
    CHECK(f.output.ring == Numbers{10});
    CHECK(f.output.count(GateEvent::Kind::stream_timed_out) == 1);
    f.pass_time(f.times.merge);
    CHECK(f.output.count(GateEvent::Kind::stream_timed_out) == 1);
}

TEST_CASE("no time passes for what waits while frames that have come have not been looked at, but for ten times as long")
{
    OneGate f;
    f.gate.claim();
    f.gate.open(f.now);
    f.gate.expect_stream(7, 1, ferry_peer, f.now);
    f.direct(1, ferry_peer, Mark::turned, 7);
    f.direct(2, plain_peer);
    f.now += 5 * f.times.merge;  // its worker had no processor
    f.gate.take(3, 100, {.peer = plain_peer}, f.now);
    f.gate.move_on(f.now);
    f.gate.run(f.now, 0);
    CHECK(f.output.ring.empty());
    f.labelled(4, Via::relay, Mark::detour, 7);
    CHECK(f.output.ring == Numbers{4, 2, 3, 1});
    CHECK(f.output.count(GateEvent::Kind::stream_timed_out) == 0);

    f.gate.expect_stream(8, 1, other_ferry_peer, f.now);
    f.direct(5, other_ferry_peer, Mark::turned, 8);
    f.now += 10 * f.times.merge;
    f.gate.run(f.now, 0);
    CHECK(f.output.count(GateEvent::Kind::stream_timed_out) == 0);
    f.now += f.times.merge;
    f.gate.run(f.now, 0);
    CHECK(f.output.count(GateEvent::Kind::stream_timed_out) == 1);
    CHECK(f.output.ring.back() == 5);
}

TEST_CASE("a mark of an earlier move is waited for once, and leaves the stream to whom it is given now")
{
    OneGate f;
    f.gate.claim();
    f.gate.open(f.now);
    f.direct(10, ferry_peer, Mark::turned, 7);
    f.direct(11, ferry_peer, Mark::turned, 7);
    f.pass_time(f.times.merge);
    f.direct(12, ferry_peer, Mark::turned, 7);
    CHECK(f.output.ring == Numbers{10, 11, 12});
    CHECK(f.output.count(GateEvent::Kind::stream_timed_out) == 0);

    f.labelled(1, Via::relay, Mark::detour, 7);
    f.gate.expect_stream(7, 2, ferry_peer, f.now);
    f.direct(13, ferry_peer, Mark::turned, 7);
    CHECK(f.output.ring == Numbers{10, 11, 12, 1});
    f.labelled(2, Via::relay, Mark::detour, 7);
    f.gate.run(f.now, f.now);
    CHECK(f.output.ring == Numbers{10, 11, 12, 1, 2, 13});
    CHECK(f.output.count(GateEvent::Kind::stream_passed) == 1);
}

TEST_CASE("a mark goes one hop: only what asks for this host's relay keeps it")
{
    OneGate f;
    f.gate.hold();
    f.gate.drain(f.now);
    f.direct(1, ferry_peer, Mark::detour, 7);
    f.labelled(2, Via::relay, Mark::detour, 3);
    f.direct(3, ferry_peer, Mark::turned, 3);
    CHECK(f.output.host == Numbers{1, 2, 3});
    CHECK(f.output.marks == std::vector{Mark::detour, Mark::none, Mark::none});
}

TEST_CASE("an endpoint that goes on while frames wait for their order takes them along in order")
{
    OneGate f;
    f.gate.claim();
    f.direct(10);
    f.gate.hold();  // before its claim was answered
    f.labelled(1, Via::flush);
    f.gate.expect_flush(1, f.now);
    f.pass_time(f.times.plain);
    CHECK(f.output.count(GateEvent::Kind::merged) == 1);
    f.gate.drain(f.now);
    CHECK(f.output.ring.empty());
    CHECK(f.output.host == Numbers{1, 10});
}

TEST_CASE("what finds no room to wait for its order passes out of order and is counted, where the ring runs")
{
    OneGate f(100'000, 4);
    f.gate.claim();
    for (Number i = 0; i < 8; ++i)
        f.direct(i);
    CHECK(f.gate.counters().out_of_order.get() + f.gate.counters().waiting.get() == 8);
    CHECK(f.gate.counters().out_of_order.get() > 0);
    CHECK(f.output.ring.size() == f.gate.counters().out_of_order.get());
}

TEST_CASE("frames under a flush label that nobody promised are delivered and counted")
{
    OneGate f;
    f.gate.claim();
    f.gate.open(f.now);
    f.labelled(1, Via::flush);
    CHECK(f.output.ring == Numbers{1});
    CHECK(f.gate.counters().late_flush.get() == 1);
}

TEST_CASE("in a claim each plain VTEP whose frames come directly is told of, once a second; ferry hosts are not")
{
    OneGate f;
    const auto told = [&] { return f.output.count(GateEvent::Kind::direct); };
    f.direct(1, plain_peer);
    CHECK(told() == 0);
    f.gate.claim();
    f.direct(2, plain_peer);
    REQUIRE(told() == 1);
    CHECK(f.output.events.back().peer == plain_peer);
    f.gate.open(f.now);
    f.direct(3, plain_peer);
    f.direct(4, ferry_peer);
    f.labelled(5, Via::relay);
    f.local(6);
    CHECK(told() == 1);
    f.pass_time(1000 * ms);
    f.direct(7, plain_peer);
    CHECK(told() == 2);
    f.gate.drain(f.now);
    f.pass_time(1000 * ms);
    f.direct(8, plain_peer);
    CHECK(told() == 2);
    CHECK(f.output.count(GateEvent::Kind::relayed) == 1);
}
