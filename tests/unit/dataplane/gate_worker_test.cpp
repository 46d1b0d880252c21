// One worker, round by round: a dock that leaves for another host while frames go on coming, and barriers after a pause.
#include <array>
#include <chrono>
#include <cstring>
#include <thread>

#include <catch2/catch.hpp>
#include <rte_cycles.h>
#include <rte_mbuf.h>

#include <ferry/control/transaction.hpp>

#include "eal.hpp"
#include "fake_port.hpp"
#include "workers/poll_worker.hpp"

using ferry::DropReason;
using ferry::MacAddress;
using ferryd::GateCommand;
using ferryd::NextHopState;
using ferryd::test::FakePort;

namespace {

const MacAddress vm_mac = *MacAddress::parse("52:54:00:00:00:0a"), sender_mac = *MacAddress::parse("52:54:00:00:00:0b");
const MacAddress next_hop = *MacAddress::parse("02:00:00:00:00:02");
const ferry::Vni vni = *ferry::Vni::make(100);
const ferry::Ipv4Address new_host = *ferry::Ipv4Address::parse("172.16.0.2");

rte_mempool* pool()
{
    static rte_mempool* made = ferry::test::make_pool("flush", 8191);
    return made;
}

/// A VM that leaves, and a sender beside it on the same host.
struct Host {
    explicit Host(ferry::UnderlayId underlay_id = {})
    {
        ferry::test::start_eal();
        REQUIRE(ferryd::reserve_frame_tag());
        tables = std::move(*ferry::Tables::make({64, 64, 16, 16, 16, 16, 8}));
        ferry::AdjacencySpec way;
        way.underlay = underlay_id;
        way.next_hop = next_hop;
        way.source_mac = *MacAddress::parse("02:00:00:00:00:01");
        way.source = *ferry::Ipv4Address::parse("172.16.0.1");
        ferry::Transaction transaction(*tables);
        REQUIRE(transaction.add_segment(vni, false));
        vm_id = *transaction.add_attachment(vni, {vm_mac});
        sender_id = *transaction.add_attachment(vni, {sender_mac});
        to = *transaction.add_vtep(new_host, way);
        REQUIRE(transaction.set_row(vni, vm_mac, ferry::Row::gated(vm_id, ferry::RowOrigin::endpoint)));
        REQUIRE(transaction.commit());
        ferry::WorkerConfig engine;
        engine.local_vtep.address = *ferry::Ipv4Address::parse("172.16.0.1");
        engine.pool = pool();
        worker = std::move(*ferryd::PollWorker::make(0, engine, {*tables, *grace, handovers, shared, next_hops, {0}}));
        ports = std::make_unique<ferryd::PortGates>(vm, vm_id, vni, std::array{vm_mac}, worker->gates());
        wiring.polls = {{{&sender, 0, sender_id}, {&underlay, 0, ferry::AttachmentId::none}}};
        wiring.attachments.resize(16);
        wiring.attachments[ferry::index_of(vm_id)] = {&vm, 0, 0, ports.get()};
        wiring.underlay = {{&underlay, 0, 0, nullptr}};
        worker->online();
        tell(GateCommand::Kind::hold);
    }
    ~Host()
    {
        tell(GateCommand::Kind::discard);
        round();
        worker->offline();
        for (const FakePort* port : {&underlay, &vm}) {
            for (rte_mbuf* frame : port->sent())
                rte_pktmbuf_free(frame);
        }
    }

    void tell(GateCommand::Kind kind, std::uint64_t count = 0)
    {
        GateCommand command{kind, ports->gates().front().get()};
        command.count = count;
        command.stream = stream;
        command.sender = peer;
        command.to = to;
        command.flush = *ferry::Vni::make(0xf0'0010);
        command.relay = *ferry::Vni::make(0xf0'0011);
        worker->gates().command(command);
    }
    void round(bool others_caught_up = true) { worker->round(wiring, others_caught_up); }
    std::vector<rte_mbuf*> frames(std::uint32_t count)
    {
        std::vector<rte_mbuf*> frames;
        for (; count > 0; --count) {
            rte_mbuf* frame = rte_pktmbuf_alloc(pool());
            REQUIRE(frame != nullptr);
            auto* bytes = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_append(frame, 60));
            std::memset(bytes, 0, 60);
            std::memcpy(bytes, vm_mac.bytes.data(), 6);
            std::memcpy(bytes + 6, sender_mac.bytes.data(), 6);
            bytes[12] = 0x88;
            bytes[13] = 0xb5;
            std::memcpy(bytes + 14, &next_, sizeof(next_));
            ++next_;
            frames.push_back(frame);
        }
        return frames;
    }
    void come(std::uint32_t count) { sender.put(frames(count)); }
    rte_mbuf* come_from_peer(ferry::Via via, ferry::Mark mark)
    {
        rte_mbuf* frame = frames(1).front();
        const ferry::Arrival arrival{via, mark, stream, 64, peer};
        worker->gates().take(*ports, &frame, &arrival, 1, rte_rdtsc());
        return frame;
    }
    /// True where all that have left are the first ones, in order.
    bool in_order() const
    {
        std::uint32_t expected = 0;
        for (const rte_mbuf* frame : underlay.sent()) {
            std::uint32_t number = 0;
            std::memcpy(&number, rte_pktmbuf_mtod(frame, const std::uint8_t*) + ferry::Adjacency::header_size + 14, sizeof(number));
            if (number != expected++)
                return false;
        }
        return true;
    }
    std::uint64_t drops() const
    {
        std::uint64_t sum = 0;
        for (const ferry::Counter& drops : worker->engine().counters().drops)
            sum += drops.get();
        return sum;
    }

    std::unique_ptr<ferry::Tables> tables;
    ferry::AttachmentId vm_id{}, sender_id{};
    ferry::VtepId to{};
    const ferry::VtepId peer{7};
    static constexpr ferry::move::Stream stream = 9;
    FakePort vm, sender, underlay;
    ferry::move::DockBudget dock{1 << 20, 4096};
    ferry::move::GateTimes times;
    ferryd::GateShared shared{dock, times, nullptr, 0, pool(), [] {}};
    ferryd::NextHopTable next_hops{16};
    std::unique_ptr<ferryd::Grace> grace = std::move(*ferryd::Grace::make(1));
    ferryd::Handovers handovers = std::move(*ferryd::Handovers::make(1));
    std::unique_ptr<ferryd::PollWorker> worker;
    std::unique_ptr<ferryd::PortGates> ports;
    ferryd::Wiring wiring;

private:
    std::uint32_t next_ = 0;
};

}  // namespace

TEST_CASE("a dock leaves as the underlay has room, and nothing of it is lost")
{
    Host host;
    host.come(100);
    for (int i = 0; i < 4; ++i)
        host.round();
    CHECK(host.dock.used_frames() == 100);
    host.underlay.have_room_for(5);
    host.tell(GateCommand::Kind::drain);
    host.round();
    host.round();
    CHECK(host.underlay.sent().size() == 5);
    CHECK(host.dock.used_frames() == 95);
    for (int i = 0; i < 50; ++i) {
        host.underlay.have_room_for(5);
        host.round();
    }
    CHECK(host.underlay.sent().size() == 100);
    CHECK(host.in_order());
    CHECK(host.drops() == 0);
    CHECK(host.dock.used_frames() == 0);
    CHECK(host.worker->gates().rests());
}

TEST_CASE("while a large dock leaves its worker comes round, and what comes meanwhile does not keep the dock from emptying")
{
    Host host;
    host.come(2000);
    for (int i = 0; i < 63; ++i)
        host.round();
    REQUIRE(host.dock.used_frames() == 2000);
    host.come(2000);
    host.tell(GateCommand::Kind::drain);
    std::size_t before = 0, most = 0;
    for (int i = 0; i < 63; ++i) {
        host.round();
        most = std::max(most, host.underlay.sent().size() - before);
        before = host.underlay.sent().size();
    }
    CHECK(most == 256 + 64);
    CHECK(host.dock.used_frames() == 0);
    CHECK(host.underlay.sent().size() == 4000);
    CHECK(host.in_order());
    CHECK(host.drops() == 0);
}

TEST_CASE("what finds the port full of a dock goes before any more of that, and no more of it waits than may")
{
    Host host;
    host.come(10);
    host.round();
    host.underlay.have_room_for(10);
    host.tell(GateCommand::Kind::drain);
    host.come(20);  // relayed, as the dock is empty then
    host.round();
    host.round();
    CHECK(host.underlay.sent().size() == 10);
    CHECK(host.drops() == 0);
    host.underlay.have_room_for(5);
    host.come(2);
    host.round();
    CHECK(host.underlay.sent().size() == 15);
    host.underlay.have_room_for(100);
    host.round();
    CHECK(host.underlay.sent().size() == 32);
    CHECK(host.in_order());

    const auto most = static_cast<std::uint32_t>(ferryd::WorkerSink::most_behind_dock);
    host.underlay.have_room_for(0);
    host.come(most + 7);
    for (std::uint32_t i = 0; i < most; i += 32)
        host.round();
    host.round();
    CHECK(host.drops() == 7);
    host.underlay.have_room_for(600);
    host.round();
    CHECK(host.underlay.sent().size() == 32 + most);
    CHECK(host.in_order());
}

TEST_CASE("a dock waits for its way's next hop, where no other frame may wait for one")
{
    Host host(ferryd::incomplete_underlay);
    host.next_hops.set(host.to, {NextHopState::unresolved, {}});
    host.come(60);
    host.round();
    host.round();
    host.tell(GateCommand::Kind::drain);
    host.round();
    host.round();
    CHECK(host.underlay.sent().empty());
    CHECK(host.drops() == 0);
    host.next_hops.set(host.to, {NextHopState::resolved, next_hop});
    host.round();
    host.round();
    CHECK(host.underlay.sent().size() == 60);
    CHECK(host.in_order());
    CHECK(host.drops() == 0);
}

TEST_CASE("a worker that was kept from its processor takes what has come before it gives up a barrier")
{
    Host host;
    host.times.merge = 50'000'000;
    enum class Backlog { none, own, of_others };  // the others run on the same thread
    const auto backlog = GENERATE(Backlog::none, Backlog::own, Backlog::of_others);
    for (const auto kind : {GateCommand::Kind::claim, GateCommand::Kind::ring, GateCommand::Kind::open})
        host.tell(kind);
    host.tell(GateCommand::Kind::expect_stream, 1);
    host.round();
    rte_mbuf* const direct = host.come_from_peer(ferry::Via::direct, ferry::Mark::turned);
    host.round();
    host.round();
    REQUIRE(host.vm.sent().empty());

    std::this_thread::sleep_for(2 * std::chrono::nanoseconds(host.times.merge));
    host.underlay.put(host.frames(backlog == Backlog::own ? 40 : 1));
    host.round();
    CHECK(host.vm.sent().empty());  // what it waits for may have come since the round before
    if (backlog == Backlog::none) {
        host.round();
        CHECK(host.vm.sent() == std::vector{direct});
        return;
    }
    if (backlog == Backlog::of_others) {
        host.round(false);
        CHECK(host.vm.sent().empty());
    }
    rte_mbuf* const relayed = host.come_from_peer(ferry::Via::relay, ferry::Mark::detour);
    host.round();
    CHECK(host.vm.sent() == std::vector{relayed, direct});
}
