// Frames that wait for their next hop: in order, bounded, each leaving or counted.
#include "workers/waiting_frames.hpp"

#include <array>
#include <cstring>

#include <catch2/catch.hpp>
#include <rte_mbuf.h>

#include <ferry/table/tables.hpp>

#include "eal.hpp"
#include "fake_port.hpp"
#include "host/clock.hpp"
#include "workers/worker_sink.hpp"

using ferry::DropReason;
using ferry::MacAddress;
using ferry::VtepId;
using ferryd::NextHopState;
using ferryd::NextHopTable;
using ferryd::WaitingFrames;

namespace {

const MacAddress mac = *MacAddress::parse("02:00:00:00:00:01");
constexpr VtepId one{1}, two{2};
constexpr std::uint64_t start = 1'000'000;

rte_mempool* pool()
{
    static rte_mempool* made = ferry::test::make_pool("waiting", 1023);
    return made;
}

struct Waiting {
    explicit Waiting(std::uint32_t for_one_vtep = 4)
    {
        ferry::test::start_eal();
        tables = std::move(*ferry::Tables::make({64, 64, 16, 16, 16, 16, 8}));
        ferry::WorkerConfig config;
        config.local_vtep.address = *ferry::Ipv4Address::parse("172.16.0.1");
        config.pool = pool();
        engine = std::move(*ferry::Worker::make(*tables, config));
        frames = std::make_unique<WaitingFrames>(*engine, next_hops, ferryd::WaitingBounds{for_one_vtep});
    }

    static rte_mbuf* frame_for(VtepId vtep, std::uint8_t number)
    {
        rte_mbuf* frame = rte_pktmbuf_alloc(pool());
        REQUIRE(frame != nullptr);
        std::memset(rte_pktmbuf_append(frame, 60), number, 60);
        frame->hash.usr = ferry::index_of(vtep);
        return frame;
    }
    /// A frame with a number for a VTEP: whether it may leave at once, which frees it here.
    bool passes(VtepId vtep, std::uint8_t number, std::uint64_t now = start)
    {
        rte_mbuf* const frame = frame_for(vtep, number);
        const bool passes = frames->passes(frame, now);
        if (passes)
            left.push_back(note(frame));
        return passes;
    }
    /// The numbers of frames that leave now.
    std::vector<int> ready(std::uint64_t now = start, std::uint16_t room = 32)
    {
        std::array<rte_mbuf*, 32> out;
        const std::uint16_t count = frames->take_ready(out.data(), room, now);
        std::vector<int> numbers;
        for (std::uint16_t i = 0; i < count; ++i)
            numbers.push_back(note(out[i]));
        return numbers;
    }
    static int note(rte_mbuf* frame)
    {
        const auto* bytes = rte_pktmbuf_mtod(frame, const std::uint8_t*);
        CHECK(std::memcmp(bytes, mac.bytes.data(), 6) == 0);
        const int number = bytes[6];
        rte_pktmbuf_free(frame);
        return number;
    }
    std::uint64_t drops(DropReason reason, VtepId vtep) const
    {
        return engine->counters().vtep(vtep).drops[static_cast<std::size_t>(reason)].get();
    }

    std::unique_ptr<ferry::Tables> tables;
    std::unique_ptr<ferry::Worker> engine;
    NextHopTable next_hops{16};
    std::unique_ptr<WaitingFrames> frames;
    std::vector<int> left;
};

using Numbers = std::vector<int>;

}  // namespace

TEST_CASE("frames wait until their next hop is known, then leave in order and addressed to it")
{
    Waiting waiting;
    CHECK(waiting.frames->empty());
    for (std::uint8_t number = 1; number <= 3; ++number)
        CHECK_FALSE(waiting.passes(one, number));
    CHECK_FALSE(waiting.passes(two, 9));
    CHECK(waiting.ready().empty());
    waiting.next_hops.set(one, {NextHopState::resolved, mac});
    CHECK(waiting.ready(start, 2) == Numbers{1, 2});
    CHECK_FALSE(waiting.passes(one, 4));  // not before 3
    CHECK(waiting.ready() == Numbers{3, 4});
    CHECK(waiting.passes(one, 5));
    CHECK(waiting.left == Numbers{5});
    CHECK_FALSE(waiting.frames->empty());  // 9
}

TEST_CASE("no more wait than may, for one VTEP and for all; others are counted")
{
    Waiting waiting(2);
    for (std::uint8_t number = 0; number < 5; ++number)
        waiting.passes(one, number);
    CHECK(waiting.drops(DropReason::neighbour_unknown, one) == 3);
    for (std::uint32_t vtep = 2; vtep <= 16; ++vtep)
        for (std::uint8_t number = 0; number < 2; ++number)
            waiting.passes(VtepId{vtep}, number);
    CHECK(waiting.drops(DropReason::neighbour_unknown, VtepId{16}) == 0);
    waiting.passes(VtepId{16}, 0);
    CHECK(waiting.drops(DropReason::neighbour_unknown, VtepId{16}) == 1);
    waiting.next_hops.set(one, {NextHopState::resolved, mac});
    CHECK(waiting.ready() == Numbers{0, 1});
}

TEST_CASE("with a bound of none every frame is counted")
{
    Waiting waiting(0);
    CHECK_FALSE(waiting.passes(one, 1));
    CHECK(waiting.frames->empty());
    CHECK(waiting.drops(DropReason::neighbour_unknown, one) == 1);
    waiting.next_hops.set(one, {NextHopState::resolved, mac});
    CHECK(waiting.passes(one, 2));
}

TEST_CASE("what has waited too long is counted")
{
    Waiting waiting;
    const std::uint64_t patience = ferryd::ticks_of_milliseconds(WaitingFrames::patience_ms);
    waiting.passes(one, 1, start);
    waiting.passes(one, 2, start + 10);
    CHECK(waiting.ready(start + patience).empty());
    CHECK(waiting.drops(DropReason::neighbour_unknown, one) == 0);
    CHECK(waiting.ready(start + patience + 1).empty());
    CHECK(waiting.drops(DropReason::neighbour_unknown, one) == 1);
    waiting.next_hops.set(one, {NextHopState::resolved, mac});
    CHECK(waiting.ready(start + patience + 11) == Numbers{2});  // it can leave after all
}

TEST_CASE("what turns out to be unreachable is counted as that")
{
    Waiting waiting;
    waiting.passes(one, 1);
    waiting.passes(two, 1);
    waiting.next_hops.set(one, {NextHopState::unreachable, {}});
    waiting.next_hops.set(two, {NextHopState::down, {}});
    CHECK(waiting.ready().empty());
    CHECK(waiting.frames->empty());
    CHECK_FALSE(waiting.passes(one, 2));
    CHECK_FALSE(waiting.passes(two, 2));
    CHECK(waiting.drops(DropReason::vtep_unreachable, one) == 2);
    CHECK(waiting.drops(DropReason::underlay_down, two) == 2);
}

TEST_CASE("what has waited leaves before frames whose adjacency is complete already")
{
    Waiting waiting;
    ferryd::test::FakePort port;
    ferryd::Wiring wiring;
    wiring.underlay.push_back({&port, 0, 0, nullptr});
    REQUIRE(ferryd::reserve_frame_tag());
    auto handovers = std::move(*ferryd::Handovers::make(1));
    ferry::move::DockBudget dock{1 << 20, 64};
    const ferry::move::GateTimes times;
    const ferryd::GateShared shared{dock, times, nullptr, 0, pool(), [] {}};
    auto gates = std::move(*ferryd::GateWorker::make(*waiting.engine, shared, handovers.bell(0)));
    ferryd::WorkerSink sink(0, *waiting.engine, handovers, *gates, waiting.next_hops, {4});
    sink.begin(wiring, start);

    rte_mbuf* frames[] = {Waiting::frame_for(one, 1), Waiting::frame_for(one, 2), Waiting::frame_for(one, 3)};
    sink.to_underlay(ferryd::incomplete_underlay, frames, 1);
    CHECK(sink.any_waits());
    CHECK(port.sent().empty());
    waiting.next_hops.set(one, {NextHopState::resolved, mac});
    sink.to_underlay(ferry::UnderlayId{}, &frames[1], 1);
    sink.to_underlay(ferryd::incomplete_underlay, &frames[2], 1);  // by an adjacency that this worker has still seen
    CHECK_FALSE(sink.any_waits());
    const auto sent = port.sent();
    REQUIRE(sent.size() == 3);
    CHECK(std::equal(sent.begin(), sent.end(), std::begin(frames)));
    for (rte_mbuf* frame : sent)
        rte_pktmbuf_free(frame);
}

TEST_CASE("frames that still wait in the end come back to the pool")
{
    const unsigned before = rte_mempool_avail_count(pool());
    {
        Waiting waiting;
        waiting.passes(one, 1);
    }
    CHECK(rte_mempool_avail_count(pool()) == before);
}
