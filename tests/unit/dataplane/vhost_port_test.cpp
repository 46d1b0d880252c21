// vhost-user ports: whose socket a path is, what stays when a port goes, and what a VM's ring takes.
#include "ports/vhost_port.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <rte_mbuf.h>

#include "device.hpp"
#include "eal.hpp"
#include "front_end.hpp"
#include "host/socket_path.hpp"

using ferry::DropReason;
using ferry::ErrorCode;
using ferryd::PortKey;
using ferryd::VhostPort;
using ferryd::VhostUserPort;

namespace {

struct QuietHost final : ferryd::RingHost {
    void ring_event(const ferryd::RingEvent&) override { ++events; }
    void wait_until_handed_on() override {}
    void wake_workers() noexcept override { ++wakes; }
    int events = 0, wakes = 0;
};

/// A folder that goes with the test, and what ports need.
struct Fixture {
    Fixture()
    {
        ferry::test::start_eal();
        char name[] = "/tmp/ferry-vhost-port-XXXXXX";
        folder = mkdtemp(name);
    }
    ~Fixture() { std::filesystem::remove_all(folder); }

    ferry::Expected<std::unique_ptr<VhostPort>> open(const char* name, bool client)
    {
        static rte_mempool* pool = ferry::test::make_pool("vhost", 255);
        return VhostPort::open(VhostUserPort{folder / name, client, 1}, PortKey{1}, host, pool);
    }

    std::filesystem::path folder;
    QuietHost host;
};

}  // namespace

TEST_CASE("a server's socket is there from start() to close(), and the port waits for its VM")
{
    Fixture fixture;
    auto port = fixture.open("vm.sock", false);
    REQUIRE(port);
    REQUIRE((*port)->start());
    CHECK(ferryd::somebody_listens(fixture.folder / "vm.sock"));
    CHECK((*port)->state() == "waiting");
    CHECK_FALSE((*port)->running());
    (*port)->close();
    CHECK_FALSE(std::filesystem::exists(fixture.folder / "vm.sock"));
    CHECK(fixture.host.events == 0);
}

TEST_CASE("a client waits for a socket that is not there yet, and leaves nothing")
{
    Fixture fixture;
    auto port = fixture.open("vm.sock", true);
    REQUIRE(port);
    REQUIRE((*port)->start());
    CHECK((*port)->state() == "waiting");
    port->reset();
    CHECK(std::filesystem::is_empty(fixture.folder));
}

TEST_CASE("a socket that another process serves is neither taken nor removed")
{
    Fixture fixture;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    (fixture.folder / "vm.sock").string().copy(name.sun_path, sizeof(name.sun_path) - 1);
    REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0);
    REQUIRE(listen(fd, 4) == 0);
    const auto refused = fixture.open("vm.sock", false);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::in_use);
    CHECK(ferryd::somebody_listens(fixture.folder / "vm.sock"));
    close(fd);
    CHECK(fixture.open("vm.sock", false));
}

TEST_CASE("a file that is no socket is neither taken nor removed")
{
    Fixture fixture;
    std::ofstream(fixture.folder / "vm.sock") << "precious";
    const auto refused = fixture.open("vm.sock", false);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::already_exists);
    CHECK(std::filesystem::file_size(fixture.folder / "vm.sock") == 8);
}

TEST_CASE("two ports cannot have one socket, and the first goes on")
{
    Fixture fixture;
    const auto client = GENERATE(true, false);
    auto first = fixture.open("vm.sock", client);
    REQUIRE(first);
    REQUIRE((*first)->start());
    const auto second = fixture.open("vm.sock", false);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::already_exists);
    CHECK(ferryd::somebody_listens(fixture.folder / "vm.sock") == !client);
}

TEST_CASE("frames for a ring that does not run are refused as such")
{
    Fixture fixture;
    const auto port = fixture.open("vm.sock", true);
    REQUIRE(port);
    rte_mbuf* frames[2] = {};
    const ferryd::Transmitted result = (*port)->transmit(0, frames, 2);
    CHECK(result.taken == 0);
    CHECK(result.refusal == DropReason::ring_stopped);
    CHECK((*port)->receive(0, frames, 2) == 0);
}

TEST_CASE("a VM's ring takes all that it has room for, in order, however many come at a time")
{
    Fixture fixture;
    auto front_end = ferry::front_end::FrontEnd::listen("vm", fixture.folder / "vm.sock");
    auto device = ferry::front_end::Device::make({.ring_size = 128});
    auto port = fixture.open("vm.sock", true);
    REQUIRE((front_end && device && port));
    REQUIRE((*port)->start());
    REQUIRE(front_end->connect());
    REQUIRE(front_end->start(*device));
    for (int i = 0; i < 10'000 && (*port)->state() != "up"; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    REQUIRE((*port)->state() == "up");

    rte_mempool* const pool = ferry::test::make_pool("vhost-frames", 255);
    std::uint8_t number = 0;
    const auto transmit = [&](std::uint16_t count) {
        std::array<rte_mbuf*, 64> frames{};
        REQUIRE(rte_pktmbuf_alloc_bulk(pool, frames.data(), count) == 0);
        for (std::uint16_t i = 0; i < count; ++i)
            std::memset(rte_pktmbuf_append(frames[i], 60), number++, 60);
        const ferryd::Transmitted result = (*port)->transmit(0, frames.data(), count);
        rte_pktmbuf_free_bulk(frames.data() + result.taken, count - result.taken);
        return result.taken;
    };
    CHECK(transmit(64) == 64);
    CHECK(transmit(33) == 33);
    CHECK(transmit(64) == 128 - 64 - 33);
    std::vector<std::uint8_t> arrived;
    device->receive.poll(256, [&](auto bytes) { arrived.push_back(static_cast<std::uint8_t>(bytes[0])); });
    std::vector<std::uint8_t> wanted(128);
    std::iota(wanted.begin(), wanted.end(), std::uint8_t{0});
    CHECK(arrived == wanted);
    CHECK(rte_mempool_in_use_count(pool) == 0);
    REQUIRE(front_end->stop(*device));
}
