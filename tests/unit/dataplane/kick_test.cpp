#include "ports/kick.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>

#include <catch2/catch.hpp>

using ferryd::Descriptor;
using ferryd::Kick;

namespace {

bool readable(int fd)
{
    pollfd one{fd, POLLIN, 0};
    return ::poll(&one, 1, 0) == 1 && (one.revents & POLLIN) != 0;
}

}  // namespace

TEST_CASE("a kick is there until it is drained, and outlives the descriptor that it was taken from")
{
    Kick kick;
    CHECK(kick.descriptor() < 0);
    Descriptor guests(::eventfd(0, EFD_NONBLOCK));
    kick.take(guests.get());
    REQUIRE(kick.descriptor() >= 0);
    CHECK(kick.descriptor() != guests.get());
    CHECK_FALSE(readable(kick.descriptor()));
    REQUIRE(eventfd_write(guests.get(), 3) == 0);
    CHECK(readable(kick.descriptor()));
    kick.drain();
    CHECK_FALSE(readable(kick.descriptor()));
    guests = Descriptor();
    CHECK_FALSE(readable(kick.descriptor()));
}

TEST_CASE("draining does not block, whatever the guest's side does with its descriptor")
{
    Kick kick;
    const Descriptor guests(::eventfd(0, 0));
    kick.take(guests.get());
    REQUIRE(kick.descriptor() >= 0);
    kick.drain();
    kick.drain();
    SUCCEED("it has returned");
}

TEST_CASE("what is no eventfd is not taken")
{
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const Descriptor from(ends[0]), to(ends[1]);
    Kick kick;
    for (const int fd : {from.get(), -1, -2}) {
        kick.take(fd);
        CHECK(kick.descriptor() < 0);
    }
    const Descriptor guests(::eventfd(0, EFD_NONBLOCK));
    kick.take(guests.get());
    CHECK(kick.descriptor() >= 0);
}

TEST_CASE("a lost descriptor is known again when it is given again; another one is not until the first is closed")
{
    Kick kick;
    const Descriptor first(::eventfd(0, EFD_NONBLOCK)), second(::eventfd(0, EFD_NONBLOCK));
    kick.take(first.get());
    const int known = kick.descriptor();
    kick.lose();
    CHECK(kick.descriptor() < 0);
    kick.take(first.get());
    CHECK(kick.descriptor() == known);
    kick.take(second.get());
    CHECK(kick.descriptor() < 0);
    CHECK(::fcntl(known, F_GETFD) >= 0);  // a worker may still wait for it
    kick.close();
    CHECK(::fcntl(known, F_GETFD) < 0);
    kick.take(second.get());
    CHECK(kick.descriptor() >= 0);
}
