// What the full-rate test believes: a guest counts exactly what is lost, repeated and overtaken, and sends at its rate.
#include "guest.hpp"

#include <thread>

#include <catch2/catch.hpp>

#include "back_end.hpp"
#include "machine.hpp"

using namespace ferry::bench;
using namespace ferry::front_end;
using namespace ferry::front_end::test;
using ferry::MacAddress;
using Bytes = std::vector<std::byte>;

namespace {

constexpr MacAddress mac{{2, 0, 0, 0, 0, 9}}, other{{2, 0, 0, 0, 0, 0x21}};

struct Host {
    Host() : hosts(), guest(mac, {}, *Device::make({}))
    {
        Guest::Pause pause(guest);
        if (!hosts.s.start(pause.device()))
            throw std::runtime_error("not started");
    }

    /// Gives the guest the frames of one flow with these numbers.
    void give(std::initializer_list<std::uint64_t> numbers, std::uint16_t flow = 0, std::uint16_t run = 1)
    {
        for (std::uint64_t number : numbers) {
            Bytes bytes = frame_template({other, mac, flow, run}, 60);
            const ferry::wire::be64 sequence(number), sent_at(static_cast<std::uint64_t>(monotonic_now()));
            std::memcpy(bytes.data() + offsetof(NumberedFrame, sequence), &sequence, sizeof(sequence));
            std::memcpy(bytes.data() + offsetof(NumberedFrame, sent_at), &sent_at, sizeof(sent_at));
            REQUIRE(hosts.on_s.enqueue_bytes(bytes));
        }
        while (guest.turn() > 0)
            ;
    }
    Received received() { return Guest::Pause(guest).received().at(other); }

    TwoHosts hosts;
    Guest guest;
};

}  // namespace

TEST_CASE("a guest counts what came, came again and came late, by flow")
{
    Host host;
    host.give({0, 1, 2, 4, 5, 3, 3, 7});
    host.give({0, 1, 1}, 3);
    const Received received = host.received();
    REQUIRE(received.flows.size() == 2);
    CHECK(received.flows.at(0).received() == 7);
    CHECK(received.flows.at(0).duplicated() == 1);
    CHECK(received.flows.at(0).reordered() == 1);
    CHECK(received.flows.at(3).received() == 2);
    CHECK(received.flows.at(3).duplicated() == 1);
    CHECK(received.flows.at(3).reordered() == 0);
    CHECK(received.delays.largest() > 0);
    CHECK(Guest::Pause(host.guest).strays() == 0);
}

TEST_CASE("a later run is counted afresh, and an earlier one no more")
{
    Host host;
    host.give({0, 1, 2}, 0, 1);
    host.give({0}, 0, 2);
    host.give({3}, 0, 1);
    CHECK(host.received().run == 2);
    CHECK(host.received().flows.at(0).received() == 1);
    CHECK(Guest::Pause(host.guest).strays() == 1);
}

TEST_CASE("frames that are none of the test's are strays")
{
    Host host;
    REQUIRE(host.hosts.on_s.enqueue_bytes(Bytes(60)));
    REQUIRE(host.hosts.on_s.enqueue_bytes(Bytes(42)));
    REQUIRE(host.hosts.on_s.enqueue_bytes(frame_template({mac, other, 0, 1}, 60)));  // for the other
    CHECK(host.guest.turn() == 3);
    CHECK(Guest::Pause(host.guest).strays() == 3);
    CHECK(Guest::Pause(host.guest).received().empty());
}

TEST_CASE("a guest sends its flows in turn, numbered, no faster than it should, and forgives what a pause held up")
{
    Host host;
    Guest::Pause(host.guest).send({.to = other, .run = 7, .flows = 2, .rate = 10'000, .bytes = 100});
    const std::int64_t began = monotonic_now();
    std::vector<std::uint64_t> next(2);
    while (monotonic_now() < began + 50'000'000) {
        host.guest.turn();
        for (Bytes bytes = host.hosts.on_s.dequeue_bytes(); !bytes.empty(); bytes = host.hosts.on_s.dequeue_bytes()) {
            const auto frame = read_numbered(bytes);
            REQUIRE(frame);
            REQUIRE(bytes.size() == 100);
            REQUIRE(frame->ethernet.source == mac);
            REQUIRE(frame->ethernet.destination == other);
            REQUIRE(frame->udp.source_port.host() == 7);
            const unsigned flow = frame->udp.destination_port.host() - NumberedFrame::first_port;
            REQUIRE(flow < 2);
            REQUIRE(frame->sequence.host() == next[flow]++);
        }
    }
    const auto due = static_cast<std::uint64_t>(monotonic_now() - began) / 100'000;
    CHECK(next[0] + next[1] <= due + 1);
    CHECK(next[0] - next[1] <= 1);
    std::this_thread::sleep_for(std::chrono::milliseconds{100});  // 1,000 frames
    while (host.guest.turn() > 0)
        ;
    const Guest::Pause pause(host.guest);
    REQUIRE(pause.sent().frames.size() == 2);
    CHECK(pause.sent().forgiven >= 800);
    CHECK(pause.sent().frames[0] + pause.sent().frames[1] <= next[0] + next[1] + 200);
}

TEST_CASE("a paused guest does nothing, and its frames wait for it")
{
    Host host;
    REQUIRE(host.hosts.on_s.enqueue_bytes(frame_template({other, mac, 0, 1}, 60)));
    {
        const Guest::Pause pause(host.guest);
        unsigned during = 1;
        std::thread([&] { during = host.guest.turn(); }).join();
        CHECK(during == 0);
        pause.await_first();
        CHECK(host.guest.first_used() == 0);
    }
    CHECK(host.guest.turn() == 1);
    CHECK(host.guest.first_used() > 0);
}

TEST_CASE("a machine moves its guest and says when and what was in the rings")
{
    TwoHosts hosts;
    std::vector<FrontEnd> sockets;
    for (const char* name : {"A", "B"})
        sockets.push_back(*FrontEnd::listen(name, hosts.folder / name));
    BackEnd on_a(hosts.folder / "A"), on_b(hosts.folder / "B");
    Machine machine("vm", std::make_unique<Guest>(mac, DeviceOptions{}, *Device::make({})), std::move(sockets));
    REQUIRE(machine.connect());
    CHECK(machine.start("C").error().code == ferry::ErrorCode::not_found);
    CHECK_FALSE(machine.move("B", {}));
    REQUIRE(machine.start("A"));
    on_a.enqueue(0, 5);
    const auto reconnect = GENERATE(true, false);
    const auto times = machine.move(
        "B", {.pause = std::chrono::microseconds{2000}, .logging = std::chrono::milliseconds{1}, .reconnect = reconnect});
    REQUIRE(times);
    CHECK(times->unread == 5);
    CHECK(times->unsent == 0);
    CHECK(times->stopped > times->stop_asked);
    CHECK(times->start_asked >= times->stopped + 2'000'000);
    CHECK(times->started > times->start_asked);
    CHECK(times->first_used == 0);  // no processor runs the guest
    CHECK((on_a.changed_features() & feature::log_all) != 0);
    CHECK_FALSE(on_a.running());
    CHECK(on_b.running());
    REQUIRE(machine.move("A", {.reconnect = false}));
    // Where the connection was kept, logging went on until the rings ran again.
    CHECK(((on_a.changed_features() & feature::log_all) == 0) == !reconnect);
    while (machine.guest().turn() > 0)
        ;
    CHECK(Guest::Pause(machine.guest()).strays() == 5);
}
