#include "host/port_reservation.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include <catch2/catch.hpp>

using ferry::ErrorCode;
using ferryd::PortReservation;

namespace {

const ferry::Ipv4Address loopback = *ferry::Ipv4Address::parse("127.0.0.1");

/// A UDP port on which nobody listens now.
std::uint16_t free_port()
{
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(loopback.host());
    socklen_t size = sizeof(name);
    REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&name), size) == 0);
    REQUIRE(getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0);
    close(fd);
    return ntohs(name.sin_port);
}

/// True where the kernel answers a datagram with "port unreachable".
bool refused(std::uint16_t port)
{
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(loopback.host());
    name.sin_port = htons(port);
    REQUIRE(connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0);
    REQUIRE(send(fd, "vxlan", 5, 0) == 5);
    // On loopback the answer has come when send() returns; the next call on the socket tells of it.
    const bool answer = send(fd, "vxlan", 5, 0) < 0 && errno == ECONNREFUSED;
    close(fd);
    return answer;
}

}  // namespace

TEST_CASE("the kernel is silent while the port is reserved, and answers before and afterwards")
{
    const std::uint16_t port = free_port();
    CHECK(refused(port));
    {
        const auto reservation = PortReservation::make(loopback, port);
        REQUIRE(reservation);
        CHECK_FALSE(refused(port));
    }
    CHECK(refused(port));
}

TEST_CASE("a port that is taken, and an address of another host, are told apart")
{
    const std::uint16_t port = free_port();
    const auto first = PortReservation::make(loopback, port);
    REQUIRE(first);
    const auto second = PortReservation::make(loopback, port);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::in_use);
    const auto elsewhere = PortReservation::make(*ferry::Ipv4Address::parse("192.0.2.1"), port);
    REQUIRE_FALSE(elsewhere);
    CHECK(elsewhere.error().code == ErrorCode::unavailable);
    const auto later = PortReservation::Address::may_come_later;
    CHECK(PortReservation::make(*ferry::Ipv4Address::parse("192.0.2.1"), port, later));
}
