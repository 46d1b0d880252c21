// The VM's rings with one back end: what is given arrives, once, in order and whole.
#include <numeric>

#include <catch2/catch.hpp>
#include <sys/eventfd.h>

#include "back_end.hpp"

using namespace ferry::front_end;
using namespace ferry::front_end::test;
using Numbers = std::vector<std::uint64_t>;

namespace {

Numbers from_to(std::uint64_t first, std::uint64_t end)
{
    Numbers numbers(end - first);
    std::iota(numbers.begin(), numbers.end(), first);
    return numbers;
}

}  // namespace

TEST_CASE("frames arrive both ways, in order and unchanged, through many rounds of the rings")
{
    TwoHosts hosts({.ring_size = 64});
    REQUIRE(hosts.s.start(hosts.device));
    for (std::uint64_t number = 0; number < 2000; number += 40) {
        REQUIRE(hosts.on_s.enqueue(number, 40, 60 + number / 2) == 40);
        REQUIRE(hosts.received() == from_to(number, number + 40));
        REQUIRE(hosts.send(number, 40, 60 + number / 2) == 40);
        Numbers taken;
        hosts.on_s.dequeue(taken, 64);
        REQUIRE(taken == from_to(number, number + 40));
    }
    CHECK(hosts.device.receive.malformed() == 0);
}

TEST_CASE("a ring takes as many frames as it has buffers, and more when the VM has read")
{
    TwoHosts hosts({.ring_size = 256});
    REQUIRE(hosts.s.start(hosts.device));
    CHECK(hosts.on_s.enqueue(0, 300) == 256);
    CHECK(hosts.received(100) == from_to(0, 100));
    CHECK(hosts.on_s.enqueue(256, 300) == 100);
    CHECK(hosts.received() == from_to(100, 356));
    CHECK(hosts.received().empty());

    CHECK(hosts.send(0, 300) == 256);
    Numbers taken;
    hosts.on_s.dequeue(taken, 100);
    CHECK(hosts.device.transmit.unsent() == 156);
    CHECK(hosts.send(256, 300) == 100);
    hosts.on_s.dequeue(taken, 1000);
    CHECK(taken == from_to(0, 356));
}

TEST_CASE("a frame that is larger than a buffer comes in several, as one")
{
    TwoHosts hosts({.ring_size = 64, .buffer_bytes = 256});
    REQUIRE(hosts.s.start(hosts.device));
    std::uint64_t number = 0;
    for (std::size_t length : {60, 243, 244, 245, 500, 501, 1000, 1514, 60, 1514}) {
        CAPTURE(length);
        for (int again = 0; again < 50; ++again, ++number) {
            REQUIRE(hosts.on_s.enqueue(number, 1, length) == 1);
            REQUIRE(hosts.received() == Numbers{number});
        }
    }
    CHECK(hosts.device.receive.malformed() == 0);
}

TEST_CASE("the VM kicks only when the back end asks for it")
{
    TwoHosts hosts;
    REQUIRE(hosts.s.start(hosts.device));
    const int kick = hosts.device.transmit.ring().kick_fd();
    eventfd_t count = 0;
    eventfd_read(kick, &count);
    hosts.send(0, 1);
    CHECK(eventfd_read(kick, &count) != 0);
    hosts.on_s.ask_for_kicks(true);
    hosts.send(1, 1);
    CHECK(eventfd_read(kick, &count) == 0);
}

TEST_CASE("a ring whose size is no power of two is not made")
{
    const auto made = Device::make({.ring_size = 1000});
    REQUIRE_FALSE(made);
    CHECK(made.error().code == ferry::ErrorCode::invalid_argument);
}
