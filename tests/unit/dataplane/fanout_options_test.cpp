#include "ports/fanout_options.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "ports/packet_sockets.hpp"

namespace {

/// A packet socket on loopback in a fanout group, made as DPDK's driver makes it; negative where this user may not.
int socket_in_group(int group)
{
    const int fd = socket(AF_PACKET, SOCK_RAW, 0);
    if (fd < 0)
        return fd;
    sockaddr_ll name{};
    name.sll_family = AF_PACKET;
    name.sll_protocol = htons(ETH_P_ALL);
    name.sll_ifindex = static_cast<int>(if_nametoindex("lo"));
    REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0);
    const int fanout = (group & 0xffff) | (PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG) << 16;
    REQUIRE(setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &fanout, sizeof(fanout)) == 0);
    return fd;
}

}  // namespace

TEST_CASE("groups that are made under FanoutOptions leave fragments as they are, others do as they were told")
{
    const auto before = ferryd::open_descriptors();
    const int plain = socket_in_group(getpid());
    if (plain < 0) {
        WARN("skipped: packet sockets need CAP_NET_RAW");
        return;
    }
    CHECK(ferryd::PacketSockets::opened_since(before).reassemble());
    close(plain);

    int wanted = -1;
    {
        const ferryd::FanoutOptions options;
        wanted = socket_in_group(getpid() + 1);
        const int another = socket_in_group(getpid() + 1);
        CHECK(options.sockets() == std::vector<int>{wanted, another});
        close(another);
    }
    const auto sockets = ferryd::PacketSockets::opened_since(before);
    CHECK_FALSE(sockets.empty());
    CHECK_FALSE(sockets.reassemble());
    close(wanted);
}

TEST_CASE("other options pass unchanged")
{
    const ferryd::FanoutOptions options;
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const int size = 100'000;
    REQUIRE(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
    int set = 0;
    socklen_t length = sizeof(set);
    REQUIRE(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &set, &length) == 0);
    CHECK(set == 2 * size);  // the kernel doubles it, socket(7)
    CHECK(setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &size, sizeof(size)) == -1);
    close(fd);
}
