// Real workers and the real engine over ports without devices: two attachments of one segment, each on a worker of its own.
#include "workers/worker_set.hpp"

#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <numeric>
#include <thread>

#include <catch2/catch.hpp>
#include <rte_cycles.h>
#include <rte_mbuf.h>

#include <ferry/control/transaction.hpp>

#include "eal.hpp"
#include "fake_port.hpp"

using ferry::AttachmentId;
using ferry::DropReason;
using ferry::MacAddress;
using ferryd::NextHopState;
using ferryd::Wiring;
using ferryd::WorkerSet;
using ferryd::test::FakePort;
using namespace std::chrono_literals;

namespace {

const MacAddress mac_a = *MacAddress::parse("52:54:00:00:00:0a"), mac_b = *MacAddress::parse("52:54:00:00:00:0b");
const ferry::Vni vni = *ferry::Vni::make(100);

rte_mempool* pool()
{
    static rte_mempool* made = ferry::test::make_pool("workers", 8191);
    return made;
}

template <typename Condition>
bool eventually(Condition condition)
{
    for (int i = 0; i < 10'000; ++i) {
        if (condition())
            return true;
        std::this_thread::sleep_for(1ms);
    }
    return false;
}

/// Attachments A on worker 0 and B on the last worker.
class Host {
public:
    explicit Host(std::uint32_t workers, bool waking = false, ferryd::WorkersConfig config = {})
    {
        if (waking) {
            a.make_waking();
            b.make_waking();
        }
        ferry::test::start_eal();
        tables = std::move(*ferry::Tables::make({64, 64, 16, 16, 16, 16, 8}));
        ferry::Transaction transaction(*tables);
        REQUIRE(transaction.add_segment(vni, false));
        a_id = *transaction.add_attachment(vni, {mac_a});
        b_id = *transaction.add_attachment(vni, {mac_b});
        REQUIRE(transaction.set_row(vni, mac_a, ferry::Row::local(a_id, ferry::RowOrigin::endpoint)));
        REQUIRE(transaction.set_row(vni, mac_b, ferry::Row::local(b_id, ferry::RowOrigin::endpoint)));
        REQUIRE(transaction.commit());
        config.count = workers;
        ferry::WorkerConfig engine;
        engine.local_vtep.address = *ferry::Ipv4Address::parse("172.16.0.1");
        engine.pool = pool();
        set = std::move(*WorkerSet::start(*tables, config, engine, gates, next_hops, {64}));
        set->rewire(wiring(true, true));
    }
    ~Host()
    {
        set.reset();
        for (FakePort* port : {&a, &b, &underlay}) {
            for (rte_mbuf* frame : port->sent())
                rte_pktmbuf_free(frame);
        }
    }

    Wiring wiring(bool polled, bool reachable)
    {
        Wiring wiring;
        const std::uint32_t last = set->size() - 1;
        wiring.polls.resize(set->size());
        if (polled) {
            wiring.polls[0].push_back({&a, 0, a_id});
            wiring.polls[last].push_back({&b, 0, b_id});
        }
        wiring.attachments.resize(16);
        wiring.underlay.assign(set->size(), {&underlay, 0, last, nullptr});
        if (reachable) {
            wiring.attachments[ferry::index_of(a_id)] = {&a, 0, 0};
            wiring.attachments[ferry::index_of(b_id)] = {&b, 0, last};
        }
        return wiring;
    }

    /// Numbered frames from A to B.
    static std::vector<rte_mbuf*> frames(std::uint32_t first, std::uint32_t count)
    {
        std::vector<rte_mbuf*> made;
        for (std::uint32_t number = first; number < first + count; ++number) {
            rte_mbuf* frame = rte_pktmbuf_alloc(pool());
            REQUIRE(frame != nullptr);
            std::array<std::uint8_t, 64> bytes{};
            std::copy(mac_b.bytes.begin(), mac_b.bytes.end(), bytes.begin());
            std::copy(mac_a.bytes.begin(), mac_a.bytes.end(), bytes.begin() + 6);
            bytes[12] = 0x88;
            bytes[13] = 0xb5;
            std::memcpy(&bytes[14], &number, sizeof(number));
            char* room = rte_pktmbuf_append(frame, sizeof(bytes));
            REQUIRE(room != nullptr);
            std::memcpy(room, bytes.data(), sizeof(bytes));
            made.push_back(frame);
        }
        return made;
    }

    static std::uint32_t number_of(const rte_mbuf* frame)
    {
        std::uint32_t number = 0;
        std::memcpy(&number, rte_pktmbuf_mtod(frame, const std::uint8_t*) + 14, sizeof(number));
        return number;
    }

    std::uint64_t drops(DropReason reason)
    {
        std::uint64_t sum = 0;
        for (const auto& worker : set->all())
            sum += worker->engine().counters().drops[static_cast<std::size_t>(reason)].get();
        return sum;
    }

    std::unique_ptr<ferry::Tables> tables;
    AttachmentId a_id{}, b_id{};
    FakePort a, b, underlay;
    ferry::move::DockBudget dock{1 << 20, 1024};
    ferry::move::GateTimes times;
    ferryd::GateShared gates{dock, times, nullptr, 0, pool(), [] {}};
    ferryd::NextHopTable next_hops{16};
    std::unique_ptr<WorkerSet> set;
};

}  // namespace

TEST_CASE("frames reach the port of another worker, all of them and in order")
{
    const auto workers = GENERATE(1U, 2U, 3U);
    Host host(workers);
    for (std::uint32_t turn = 0; turn < 20; ++turn) {
        host.a.put(Host::frames(turn * 100, 100));
        REQUIRE(eventually([&] { return host.b.sent().size() + host.drops(DropReason::handover_full) == (turn + 1) * 100; }));
    }
    const auto sent = host.b.sent();
    CHECK(host.drops(DropReason::handover_full) == 0);
    REQUIRE(sent.size() == 2000);
    bool in_order = true;
    for (std::uint32_t i = 0; i < sent.size(); ++i)
        in_order &= Host::number_of(sent[i]) == i;
    CHECK(in_order);
}

TEST_CASE("what is not VXLAN goes to the host's interface, and what comes from there to the underlay")
{
    Host host(2);
    FakePort underlay, kernel(2, 2);
    Wiring wiring = host.wiring(true, true);
    wiring.polls[0].push_back({&underlay, 0, AttachmentId::none});
    wiring.polls[1].push_back({&kernel, 1, AttachmentId::none, true});
    wiring.underlay = {{&underlay, 0, 0}, {&underlay, 0, 0}};
    wiring.host = {{&kernel, 0, 0}, {&kernel, 1, 1}};
    host.set->rewire(wiring);
    underlay.put(Host::frames(0, 50));
    kernel.put(Host::frames(100, 50));
    CHECK(eventually([&] { return kernel.sent().size() == 50 && underlay.sent().size() == 50; }));
    kernel.refuse(DropReason::transmit_failed);
    underlay.put(Host::frames(200, 10));
    CHECK(eventually([&] { return host.drops(DropReason::transmit_failed) == 10; }));
    host.set->rewire(host.wiring(false, false));

    const auto from = [](const FakePort& port) {
        std::vector<std::uint32_t> numbers;
        for (rte_mbuf* frame : port.sent()) {
            numbers.push_back(Host::number_of(frame));
            rte_pktmbuf_free(frame);
        }
        return numbers;
    };
    std::vector<std::uint32_t> first(50), second(50);
    std::iota(first.begin(), first.end(), 0);
    std::iota(second.begin(), second.end(), 100);
    CHECK(from(kernel) == first);
    CHECK(from(underlay) == second);
    CHECK(host.set->all()[0]->engine().counters().passed_frames.get() == 60);
}

TEST_CASE("what workers had received has been given to ports when wait_until_handed_on() returns")
{
    Host host(2);
    for (std::uint32_t turn = 1; turn <= 50; ++turn) {
        host.a.put(Host::frames(turn * 100, 100));
        while (!host.a.all_received())
            std::this_thread::yield();
        host.set->wait_until_handed_on();
        REQUIRE(host.b.sent().size() + host.drops(DropReason::handover_full) == turn * 100);
    }
}

TEST_CASE("after rewire() no worker touches what is not wired any more")
{
    Host host(2);
    SECTION("not polled")
    {
        host.set->rewire(host.wiring(false, true));
        auto frames = Host::frames(0, 10);
        host.a.put(frames);
        std::this_thread::sleep_for(20ms);
        CHECK_FALSE(host.a.all_received());
        for (rte_mbuf* frame : frames)
            rte_pktmbuf_free(frame);
    }
    SECTION("not reachable")
    {
        host.set->rewire(host.wiring(true, false));
        host.a.put(Host::frames(0, 10));
        REQUIRE(eventually([&] { return host.drops(DropReason::transmit_failed) == 10; }));
        CHECK(host.b.sent().empty());
    }
}

TEST_CASE("what a port refuses is dropped under the port's reason, by the worker that owns it")
{
    const auto workers = GENERATE(1U, 2U);
    Host host(workers);
    host.b.refuse(DropReason::ring_stopped);
    host.a.put(Host::frames(0, 100));
    REQUIRE(eventually([&] { return host.drops(DropReason::ring_stopped) == 100; }));
    const auto& owner = host.set->all()[workers - 1]->engine().counters();
    CHECK(owner.attachment(host.b_id).drops[static_cast<std::size_t>(DropReason::ring_stopped)].get() == 100);
}

TEST_CASE("a frame that a port will not take does not take others of its burst with it")
{
    Host host(2);
    host.b.refuse_one_in(3);
    host.a.put(Host::frames(1, 99));
    REQUIRE(eventually([&] { return host.drops(DropReason::frame_too_big) == 33; }));
    const auto sent = host.b.sent();
    REQUIRE(sent.size() == 66);
    for (std::uint32_t i = 0; i < sent.size(); ++i)
        REQUIRE(Host::number_of(sent[i]) == i / 2 * 3 + i % 2 + 1);
}

TEST_CASE("workers change threads while frames flow: none is lost, and all stay in order")
{
    constexpr std::uint32_t most_under_way = 500, most = 6'000;  // the pool's frames
    const auto workers = GENERATE(2U, 4U);
    const bool waking = GENERATE(false, true);
    Host host(workers, waking);
    std::atomic<std::uint32_t> put{0};
    std::thread sender([&] {
        while (put < most) {
            if (put - host.b.sent().size() > most_under_way) {
                std::this_thread::yield();
                continue;
            }
            host.a.put(Host::frames(put, 20));
            put += 20;
        }
    });
    std::uint32_t threads = workers;
    bool changed = true;
    for (std::uint32_t turn = 0; put < most && turn < 10'000; ++turn) {
        threads = 1 + turn % workers;
        changed &= host.set->set_threads(threads).has_value();
        std::this_thread::yield();
    }
    sender.join();
    CHECK(changed);
    CHECK(host.set->threads().size() == threads);
    REQUIRE(eventually([&] { return host.b.sent().size() == put; }));
    const auto sent = host.b.sent();
    for (std::uint32_t i = 0; i < sent.size(); ++i)
        REQUIRE(Host::number_of(sent[i]) == i);
}

TEST_CASE("a thread that runs several workers loses nothing between them")
{
    ferryd::WorkersConfig config;
    config.threads = 1;
    Host host(2, false, config);
    FakePort more;
    Wiring wiring = host.wiring(true, true);
    wiring.polls[0].push_back({&more, 0, host.a_id});
    more.put(Host::frames(0, 2'000));
    host.a.put(Host::frames(2'000, 2'000));
    host.set->rewire(wiring);
    REQUIRE(eventually([&] { return host.b.sent().size() + host.drops(DropReason::handover_full) == 4'000; }));
    CHECK(host.drops(DropReason::handover_full) == 0);
    host.set->rewire(host.wiring(true, true));
}

TEST_CASE("a thread that does not start changes nothing")
{
    ferryd::WorkersConfig config;
    config.threads = 1;
    config.cpus = {0, CPU_SETSIZE - 1};
    Host host(2, false, config);
    const auto refused = host.set->set_threads(2);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ferry::ErrorCode::invalid_argument);
    CHECK(host.set->threads().size() == 1);
    host.a.put(Host::frames(0, 10));
    CHECK(eventually([&] { return host.b.sent().size() == 10; }));
}

TEST_CASE("every buffer comes back")
{
    const unsigned before = rte_mempool_avail_count(pool());
    {
        Host host(3);
        host.a.put(Host::frames(0, 3000));
        REQUIRE(eventually([&] { return host.a.all_received(); }));
        host.set->wait_until_handed_on();
    }
    CHECK(rte_mempool_avail_count(pool()) == before);
}

TEST_CASE("a worker sleeps when nothing comes, unless it is told to poll")
{
    Host host(1);
    const auto& worker = *host.set->all()[0];
    REQUIRE(eventually([&] { return worker.sleeps.get() > 10; }));
    CHECK(worker.idle_rounds.get() >= worker.sleeps.get());
    CHECK(worker.rounds.get() >= worker.idle_rounds.get());
}

TEST_CASE("frames wake a worker whose queues can, also the one that they are handed to, and none is lost")
{
    const auto workers = GENERATE(1U, 2U);
    Host host(workers, true);
    const auto& receiver = *host.set->all()[0];
    for (std::uint32_t turn = 0; turn < 60; ++turn) {
        const auto slept = receiver.sleeps.get();
        REQUIRE(eventually([&] { return turn % 2 == 0 || receiver.sleeps.get() > slept + 6; }));
        host.a.put(Host::frames(turn, 1));
        REQUIRE(eventually([&] { return host.b.sent().size() == turn + 1; }));
    }
    CHECK(receiver.wakes.get() > 0);
    const auto sent = host.b.sent();
    for (std::uint32_t i = 0; i < sent.size(); ++i)
        REQUIRE(Host::number_of(sent[i]) == i);
}

TEST_CASE("a port that stays readable with nothing in it does not keep its worker from napping")
{
    Host host(1, true);
    const auto& worker = *host.set->all()[0];
    host.a.stay_readable();
    host.a.put({});
    REQUIRE(eventually([&] { return worker.wakes.get() > 10; }));
    const auto wakes = worker.wakes.get();
    CHECK(worker.sleeps.get() >= 2 * wakes - 1);  // a nap between any two
}

TEST_CASE("a worker that sleeps goes by new wiring, lets grace periods pass and ends at once")
{
    Host host(2, true);
    for (int i = 0; i < 100; ++i) {
        const auto slept = host.set->all()[0]->sleeps.get();
        REQUIRE(eventually([&] { return host.set->all()[0]->sleeps.get() > slept; }));
        host.set->rewire(host.wiring(i % 2 == 0, true));
        host.set->wait_until_handed_on();
    }
    host.set->rewire(host.wiring(true, true));
    host.a.put(Host::frames(0, 1));
    REQUIRE(eventually([&] { return host.b.sent().size() == 1; }));
}

TEST_CASE("frames leave in order while the adjacency that they wait for becomes complete and incomplete")
{
    const auto workers = GENERATE(1U, 2U);
    Host host(workers);
    const auto remote = *ferry::Ipv4Address::parse("172.16.0.2");
    const MacAddress mac = *MacAddress::parse("02:00:00:00:00:02");
    ferry::AdjacencySpec incomplete;
    incomplete.underlay = ferryd::incomplete_underlay;
    incomplete.next_hop = incomplete.source_mac = *MacAddress::parse("02:00:00:00:00:01");
    incomplete.source = *ferry::Ipv4Address::parse("172.16.0.1");
    ferry::AdjacencySpec complete = incomplete;
    complete.underlay = {};
    complete.next_hop = mac;
    const auto commit = [&](auto change) {
        ferry::Transaction transaction(*host.tables);
        change(transaction);
        const auto committed = transaction.commit();
        REQUIRE(committed);
        REQUIRE(ferry::wait_until_seen(*host.tables, *committed, 10s));
        ferry::reclaim(*host.tables);
    };
    ferry::VtepId vtep{};
    commit([&](ferry::Transaction& transaction) {
        vtep = *transaction.add_vtep(remote, incomplete);
        REQUIRE(transaction.set_row(vni, mac_b, ferry::Row::remote(vtep, ferry::RowOrigin::permanent)));
    });
    std::uint32_t put = 0;
    const auto all_left = [&] {
        return host.underlay.sent().size() + host.drops(DropReason::neighbour_unknown) + host.drops(DropReason::handover_full) == put;
    };
    for (int turn = 0; turn < 20; ++turn) {
        host.next_hops.set(vtep, {NextHopState::unresolved, {}});
        commit([&](ferry::Transaction& transaction) { REQUIRE(transaction.set_adjacency(remote, incomplete)); });
        host.a.put(Host::frames(put, 40));
        put += 40;
        while (!host.a.all_received())
            std::this_thread::yield();
        host.a.put(Host::frames(put, 200));
        put += 200;
        host.next_hops.set(vtep, {NextHopState::resolved, mac});
        commit([&](ferry::Transaction& transaction) { REQUIRE(transaction.set_adjacency(remote, complete)); });
        REQUIRE(eventually(all_left));
    }
    const auto sent = host.underlay.sent();
    CHECK(host.drops(DropReason::handover_full) == 0);
    REQUIRE(sent.size() >= 40);
    bool in_order = true, addressed = true;
    std::uint32_t next = 0;
    for (rte_mbuf* frame : sent) {
        addressed &= std::memcmp(rte_pktmbuf_mtod(frame, const std::uint8_t*), mac.bytes.data(), 6) == 0;
        rte_pktmbuf_adj(frame, ferry::Adjacency::header_size);
        in_order &= Host::number_of(frame) >= next;
        next = Host::number_of(frame) + 1;
    }
    CHECK(in_order);
    CHECK(addressed);
}
