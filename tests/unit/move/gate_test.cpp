// The gate of an endpoint, frame by frame: frames are numbers, the ring and the new host are lists.
#include <ferry/move/gate.hpp>

#include <map>
#include <memory>
#include <vector>

#include <catch2/catch.hpp>

using ferry::Arrival;
using ferry::Mark;
using ferry::Via;
using ferry::VtepId;
using ferry::move::Docked;
using ferry::move::DockBudget;
using ferry::move::GateDrop;
using ferry::move::GateEvent;

namespace {

using Number = std::uint32_t;
constexpr std::int64_t ms = 1'000'000;
constexpr VtepId ferry_peer{1}, plain_peer{2}, other_ferry_peer{3};

class Output final : public ferry::move::GateOutput<Number> {
public:
    std::size_t to_ring(const Docked<Number>* frames, std::size_t count) override
    {
        const std::size_t taken = std::min(count, room);
        for (std::size_t i = 0; i < taken; ++i)
            ring.push_back(frames[i].frame);
        room -= taken;
        return taken;
    }
    std::size_t to_host(Via label, Docked<Number>* frames, std::size_t count) override
    {
        const std::size_t taken = label == Via::flush ? std::min(count, way_room) : count;
        for (std::size_t i = 0; i < taken; ++i) {
            host.push_back(frames[i].frame);
            labels.push_back(label);
            marks.push_back(frames[i].arrival.mark);
        }
        if (label == Via::flush)
            way_room -= taken;
        for (std::size_t i = taken; i < count; ++i)
            frames[i].frame += copied;
        return taken;
    }
    void drop(GateDrop why, const Docked<Number>& frame) override { drops[why].push_back(frame.frame); }
    void event(const GateEvent& event) override { events.push_back(event); }
    bool is_ferry(VtepId peer) const override { return peer != plain_peer; }

    std::size_t count(GateEvent::Kind kind) const
    {
        return static_cast<std::size_t>(
            std::count_if(events.begin(), events.end(), [&](const GateEvent& event) { return event.kind == kind; }));
    }

    std::size_t room = 1000, way_room = 1000;
    Number copied = 0;  ///< added to a frame that the way to the host has no room for
    std::vector<Number> ring, host;
    std::vector<Via> labels;
    std::vector<Mark> marks;
    std::map<GateDrop, std::vector<Number>> drops;
    std::vector<GateEvent> events;
};

struct Fixture {
    explicit Fixture(std::uint64_t bytes = 100'000, std::uint32_t frames = 64) : budget(bytes, frames) {}
    ~Fixture()
    {
        const auto& counted = gate.counters();
        CHECK(counted.received.get() == counted.delivered.get() + counted.flushed.get() + counted.relayed.get() +
                                            counted.dropped_full.get() + counted.dropped_expired.get() +
                                            counted.dropped_unclaimed.get() + counted.waiting.get());
        gate.discard(now);
        CHECK(budget.used_bytes() == 0);
        CHECK(budget.used_frames() == 0);
    }

    void take(Number frame, const Arrival& arrival) { gate.take(frame, 100, arrival, now); gate.run(now); }
    void direct(Number frame, VtepId peer = ferry_peer, Mark mark = Mark::none, std::uint8_t stream = 0)
    {
        Arrival arrival;
        arrival.peer = peer;
        arrival.mark = mark;
        arrival.stream = stream;
        take(frame, arrival);
    }
    void local(Number frame)
    {
        Arrival arrival;
        arrival.from_attachment = true;
        take(frame, arrival);
    }
    void labelled(Number frame, Via via, Mark mark = Mark::none, std::uint8_t stream = 0)
    {
        Arrival arrival;
        arrival.peer = other_ferry_peer;
        arrival.via = via;
        arrival.mark = mark;
        arrival.stream = stream;
        take(frame, arrival);
    }
    void pass_time(std::int64_t nanoseconds)
    {
        now += nanoseconds;
        if (gate.waits())  // as its worker does
            gate.run(now);
    }

    DockBudget budget;
    ferry::move::GateTimes times;
    std::unique_ptr<ferry::move::DockPlaces<Number>> places = std::move(*ferry::move::DockPlaces<Number>::make(64));
    std::unique_ptr<ferry::move::SenderPlaces<Number>> senders = std::move(*ferry::move::SenderPlaces<Number>::make(4));
    Output output;
    ferry::move::Gate<Number> gate{budget, *places, *senders, output, times};
    std::int64_t now = 1000 * ms;
};

using Numbers = std::vector<Number>;

}  // namespace

TEST_CASE("what the ring refuses waits, and goes into it in order when it has room")
{
    Fixture f;
    CHECK(f.gate.ordinary());
    f.output.room = 0;
    f.gate.take_refused(1, 100, {}, f.now);
    f.gate.run(f.now);
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
    Fixture f;
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
    Fixture f;
    f.output.room = 0;
    f.gate.take_refused(1, 100, {}, f.now);
    f.pass_time(f.times.wait + 1);
    CHECK(f.output.drops[GateDrop::expired] == Numbers{1});
    CHECK(f.gate.ordinary());
}

TEST_CASE("a dock that nobody claims is dropped and counted")
{
    Fixture f;
    f.gate.hold();
    f.direct(1);
    f.gate.discard(f.now);
    CHECK(f.output.drops[GateDrop::unclaimed] == Numbers{1});
    CHECK(f.gate.counters().waiting.get() == 0);
}

TEST_CASE("what had been docked is flushed first, then the rest is relayed, and whose it is is told once")
{
    Fixture f;
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
    Fixture f;
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
    CHECK(f.output.host == Numbers{1, 22, 23});  // in the buffers in which they were given back, twice
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
    Fixture f;
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
    f.pass_time(f.times.wait);
    CHECK(f.output.drops.empty());
    f.pass_time(1);
    CHECK(f.output.drops[GateDrop::expired] == Numbers{2});
    REQUIRE(f.output.count(GateEvent::Kind::drained) == 1);
    CHECK(f.output.events.back().count == 1);
}

TEST_CASE("a gate is looked after only while it waits for a time or for room")
{
    Fixture f;
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
    Fixture f;
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

TEST_CASE("direct frames wait until all flush frames have come, labelled ones do not")
{
    Fixture f;
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
    Fixture f;
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
    Fixture f;
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
    Fixture f;
    f.gate.claim(true);
    f.gate.open(f.now);
    f.direct(1);
    CHECK(f.output.ring.empty());
    f.pass_time(f.times.plain);
    CHECK(f.output.ring == Numbers{1});
}

TEST_CASE("what a host relays as of an earlier claim does not wait for that host's own marked frames")
{
    Fixture f;
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
    Fixture f;
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
    Fixture f;
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
    Fixture f;
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
    Fixture f;
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
    f.gate.run(f.now);
    CHECK(f.output.ring == Numbers{1, 20, 2, 10, 11});
    CHECK(f.output.count(GateEvent::Kind::stream_passed) == 1);
    CHECK(f.output.count(GateEvent::Kind::stream_timed_out) == 0);
}

TEST_CASE("the barrier may be passed before the sender tells of it, and with no frame at all")
{
    Fixture f;
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
    Fixture f;
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
    Fixture f;
    f.gate.claim();
    f.gate.open(f.now);
    f.gate.expect_stream(7, 1, ferry_peer, f.now);
    f.direct(1, ferry_peer, Mark::turned, 7);
    f.direct(2, plain_peer);
    f.now += 5 * f.times.merge;  // its worker had no processor
    f.gate.take(3, 100, {.peer = plain_peer}, f.now);
    f.gate.move_on(f.now);
    f.gate.run(f.now, false);
    CHECK(f.output.ring.empty());
    f.labelled(4, Via::relay, Mark::detour, 7);
    CHECK(f.output.ring == Numbers{4, 2, 3, 1});
    CHECK(f.output.count(GateEvent::Kind::stream_timed_out) == 0);

    f.gate.expect_stream(8, 1, other_ferry_peer, f.now);
    f.direct(5, other_ferry_peer, Mark::turned, 8);
    f.now += 10 * f.times.merge;
    f.gate.run(f.now, false);
    CHECK(f.output.count(GateEvent::Kind::stream_timed_out) == 0);
    f.now += f.times.merge;
    f.gate.run(f.now, false);
    CHECK(f.output.count(GateEvent::Kind::stream_timed_out) == 1);
    CHECK(f.output.ring.back() == 5);
}

TEST_CASE("a mark of an earlier move is waited for once, and leaves the stream to whom it is given now")
{
    Fixture f;
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
    f.gate.run(f.now);
    CHECK(f.output.ring == Numbers{10, 11, 12, 1, 2, 13});
    CHECK(f.output.count(GateEvent::Kind::stream_passed) == 1);
}

TEST_CASE("a mark goes one hop: only what asks for this host's relay keeps it")
{
    Fixture f;
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
    Fixture f;
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

TEST_CASE("over the bound frames are dropped and counted, and another endpoint still has room")
{
    Fixture f(100'000, 20);
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
    Fixture f(1000, 64);
    f.gate.hold();
    for (Number i = 0; i < 20; ++i)
        f.direct(i);
    CHECK(f.gate.counters().waiting.get() == 8);
}

TEST_CASE("what finds no room to wait for its order passes out of order and is counted, where the ring runs")
{
    Fixture f(100'000, 4);
    f.gate.claim();
    for (Number i = 0; i < 8; ++i)
        f.direct(i);
    CHECK(f.gate.counters().out_of_order.get() + f.gate.counters().waiting.get() == 8);
    CHECK(f.gate.counters().out_of_order.get() > 0);
    CHECK(f.output.ring.size() == f.gate.counters().out_of_order.get());
}

TEST_CASE("frames under a flush label that nobody promised are delivered and counted")
{
    Fixture f;
    f.gate.claim();
    f.gate.open(f.now);
    f.labelled(1, Via::flush);
    CHECK(f.output.ring == Numbers{1});
    CHECK(f.gate.counters().late_flush.get() == 1);
}

TEST_CASE("in a claim each plain VTEP whose frames come directly is told of, once a second; ferry hosts are not")
{
    Fixture f;
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
