// Which descriptors of Rx interrupts poll(2) may wait for.
#include "ports/rx_interrupts.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <catch2/catch.hpp>
#include <rte_bus_vdev.h>
#include <rte_ethdev.h>

#include "eal.hpp"
#include "host/descriptor.hpp"

using ferryd::Descriptor;
using ferryd::rx_descriptor;
using ferryd::RxDescriptor;
using ferryd::unfit;

TEST_CASE("a descriptor of Rx interrupts is known by what it is")
{
    const Descriptor count(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), blocking(eventfd(0, EFD_CLOEXEC));
    const Descriptor set(epoll_create1(EPOLL_CLOEXEC)), file(open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK(rx_descriptor(count.get()) == RxDescriptor::count);
    CHECK(rx_descriptor(blocking.get()) == RxDescriptor::unknown);
    CHECK(rx_descriptor(set.get()) == RxDescriptor::unknown);
    CHECK(rx_descriptor(file.get()) == RxDescriptor::unknown);
    CHECK(rx_descriptor(-1) == RxDescriptor::unknown);
    if (const Descriptor tap(open("/dev/net/tun", O_RDWR | O_CLOEXEC)); tap)
        CHECK(rx_descriptor(tap.get()) == RxDescriptor::queue);
    else
        WARN("skipped: a tap's file, which takes /dev/net/tun");
}

TEST_CASE("each queue must have an interrupt of its own, which nobody else reads")
{
    const Descriptor first(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), second(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    const Descriptor set(epoll_create1(EPOLL_CLOEXEC));
    CHECK(unfit({first.get(), second.get()}, {set.get()}).empty());
    CHECK(unfit({first.get(), second.get(), first.get()}, {}) == "receive queue 2 has no interrupt of its own");
    CHECK(unfit({first.get()}, {first.get()}) == "receive queue 0 has no interrupt of its own");
    CHECK(unfit({first.get(), set.get()}, {}) == "receive queue 1 has no descriptor that poll(2) could wait for");
    CHECK(unfit({first.get(), -1}, {}) == "receive queue 1 has no descriptor that poll(2) could wait for");
}

TEST_CASE("a driver without Rx interrupts has none")
{
    ferry::test::start_eal();
    REQUIRE(rte_vdev_init("net_null7", "no-rx=1") == 0);
    std::uint16_t port = 0;
    REQUIRE(rte_eth_dev_get_port_by_name("net_null7", &port) == 0);
    auto found = ferryd::RxInterrupts::find(port, 1, {});
    REQUIRE(found);
    CHECK(*found == nullptr);
    REQUIRE(rte_vdev_uninit("net_null7") == 0);
}
