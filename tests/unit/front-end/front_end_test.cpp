// The VM between two back ends: stop at one, start at the other, and what a migration does besides.
#include <random>

#include <catch2/catch.hpp>

#include "back_end.hpp"

using namespace ferry::front_end;
using namespace ferry::front_end::test;
using Numbers = std::vector<std::uint64_t>;

TEST_CASE("the back end's rings run when start() returns and are stopped when stop() returns")
{
    TwoHosts hosts;
    CHECK_FALSE(hosts.on_s.running());
    REQUIRE(hosts.s.start(hosts.device));
    CHECK(hosts.on_s.running());
    CHECK(hosts.on_s.starts() == 1);
    REQUIRE(hosts.s.stop(hosts.device));
    CHECK_FALSE(hosts.on_s.running());
    CHECK(hosts.on_s.stops() == 1);
    CHECK(hosts.on_d.starts() == 0);
}

TEST_CASE("the index at which the rings stopped counts the buffers that the back end has used")
{
    TwoHosts hosts;
    REQUIRE(hosts.s.start(hosts.device));
    hosts.on_s.enqueue(0, 7);
    hosts.send(0, 5);
    Numbers taken;
    hosts.on_s.dequeue(taken, 3);
    REQUIRE(hosts.s.stop(hosts.device));
    CHECK(hosts.device.bases == std::array<std::uint16_t, 2>{7, 3});
    CHECK(hosts.device.receive.ring().used_index() == 7);
    CHECK(hosts.device.transmit.ring().offered_index() == 5);
}

TEST_CASE("a VM that goes to and fro loses and repeats nothing, whatever is in its rings when it goes")
{
    // 1,000 moves turn the ring's 16-bit indices over.
    const auto ring_size = GENERATE(as<std::uint16_t>{}, 64, 1024);
    TwoHosts hosts({.ring_size = ring_size});
    std::mt19937 random(ring_size);
    std::uint64_t given = 0, read = 0, sent = 0;
    Numbers taken;
    const auto up_to = [&](unsigned most) { return static_cast<unsigned>(random() % (most + 1)); };
    for (int move = 0; move < 1000; ++move) {
        FrontEnd& here = move % 2 == 0 ? hosts.s : hosts.d;
        BackEnd& back_end = move % 2 == 0 ? hosts.on_s : hosts.on_d;
        REQUIRE(here.start(hosts.device));
        for (int turn = 0; turn < 3; ++turn) {
            given += back_end.enqueue(given, up_to(100));
            for (std::uint64_t number : hosts.received(up_to(100)))
                REQUIRE(number == read++);
            sent += hosts.send(sent, up_to(100));
            back_end.dequeue(taken, up_to(100));
        }
        REQUIRE(here.stop(hosts.device));
        // What the stopped ring holds stays the VM's.
        if (random() % 2 == 0)
            for (std::uint64_t number : hosts.received(up_to(100)))
                REQUIRE(number == read++);
        sent += hosts.send(sent, up_to(20));
    }
    REQUIRE(hosts.s.start(hosts.device));
    for (std::uint64_t number : hosts.received())
        REQUIRE(number == read++);
    CHECK(read == given);
    hosts.on_s.dequeue(taken, 1U << 16);
    REQUIRE(taken.size() == sent);
    for (std::uint64_t number = 0; number < sent; ++number)
        REQUIRE(taken[number] == number);
    CHECK(given > 1U << 16);
    CHECK(hosts.device.receive.malformed() == 0);
}

TEST_CASE("logging begins and ends while the rings run; the back end is told, and marks the pages that it writes")
{
    TwoHosts hosts;
    REQUIRE(hosts.s.start(hosts.device));
    hosts.on_s.enqueue(0, 10);
    CHECK(hosts.device.dirty_pages() == 0);

    REQUIRE(hosts.s.log(hosts.device, true));
    CHECK((hosts.on_s.changed_features() & feature::log_all) != 0);
    hosts.on_s.enqueue(10, 20);
    // 20 buffers of 2 KiB, two a page, and the page or two of the used ring
    const std::size_t dirty = hosts.device.dirty_pages();
    CHECK(dirty >= 11);
    CHECK(dirty <= 13);

    REQUIRE(hosts.s.log(hosts.device, false));
    CHECK((hosts.on_s.changed_features() & feature::log_all) == 0);
    hosts.device.clear_log();
    hosts.on_s.enqueue(30, 20);
    CHECK(hosts.device.dirty_pages() == 0);
    CHECK(hosts.received().size() == 50);
    CHECK(hosts.on_s.starts() == 1);
}

TEST_CASE("a cancelled migration: the rings start again where they stopped, with logging on until it is switched off")
{
    TwoHosts hosts;
    REQUIRE(hosts.s.start(hosts.device));
    REQUIRE(hosts.s.log(hosts.device, true));
    hosts.on_s.enqueue(0, 10);
    REQUIRE(hosts.s.stop(hosts.device));
    REQUIRE(hosts.s.start(hosts.device));
    hosts.device.clear_log();
    hosts.on_s.enqueue(10, 10);
    CHECK(hosts.device.dirty_pages() > 0);
    REQUIRE(hosts.s.log(hosts.device, false));
    CHECK((hosts.on_s.changed_features() & feature::log_all) == 0);
    CHECK(hosts.received().size() == 20);
}

TEST_CASE("the host that a VM has left connects again, as to another QEMU, and can have the VM back")
{
    TwoHosts hosts;
    REQUIRE(hosts.s.start(hosts.device));
    REQUIRE(hosts.s.log(hosts.device, true));
    hosts.on_s.enqueue(0, 3);
    REQUIRE(hosts.s.stop(hosts.device));
    hosts.s.disconnect();
    CHECK_FALSE(hosts.s.is_connected());
    REQUIRE(hosts.d.start(hosts.device));
    hosts.on_d.enqueue(3, 3);
    REQUIRE(hosts.s.connect());
    CHECK_FALSE(hosts.s.is_logging());
    REQUIRE(hosts.d.stop(hosts.device));
    REQUIRE(hosts.s.start(hosts.device));
    hosts.on_s.enqueue(6, 3);
    CHECK(hosts.received() == Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("the back end announces the VM when it is asked to")
{
    TwoHosts hosts;
    REQUIRE(hosts.s.start(hosts.device));
    REQUIRE(hosts.s.announce({{0x02, 0, 0, 0, 0, 0x09}}));
    const auto frame = hosts.on_s.dequeue_bytes();
    REQUIRE(frame.size() >= 42);
    CHECK(frame[0] == std::byte{0xff});
    CHECK(frame[11] == std::byte{0x09});
    CHECK((frame[12] == std::byte{0x80} && frame[13] == std::byte{0x35}));
    CHECK(hosts.on_s.dequeue_bytes().empty());
}

TEST_CASE("a back end that has gone is an error and no wait")
{
    TwoHosts hosts;
    REQUIRE(hosts.s.start(hosts.device));
    FrontEnd lonely = *FrontEnd::listen("lonely", hosts.folder / "lonely.sock");
    {
        BackEnd on_lonely(hosts.folder / "lonely.sock");
        REQUIRE(lonely.connect());
    }
    const auto started = lonely.start(hosts.device);
    REQUIRE_FALSE(started);
    CHECK(started.error().code == ferry::ErrorCode::unavailable);
    CHECK_FALSE(lonely.stop(hosts.device));
}
