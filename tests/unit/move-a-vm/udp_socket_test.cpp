#include <catch2/catch.hpp>

#include <cstring>
#include <memory>

#include "udp_socket.hpp"

using namespace ferry::demo;

namespace {

sockaddr_in address_of(const UdpSocket& socket)
{
    sockaddr_in address{};
    socklen_t length = sizeof(address);
    REQUIRE(::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

}  // namespace

TEST_CASE("a batch is sent and received with its payloads and its sender's address")
{
    const UdpSocket sender(0, 1 << 20);
    const UdpSocket receiver(0, 1 << 20);
    REQUIRE(sender.is_open());
    REQUIRE(receiver.is_open());
    const auto batch = std::make_unique<Batch<64>>();
    for (std::size_t i = 0; i < 3; ++i) {
        std::memset(batch->payload(i).data(), static_cast<int>('a' + i), 64);
        batch->address(i) = address_of(receiver);
        batch->prepare_send(i, 10 + i);
    }
    REQUIRE(::sendmmsg(sender.fd(), batch->headers(), 3, 0) == 3);

    batch->prepare_receive();
    REQUIRE(::recvmmsg(receiver.fd(), batch->headers(), batch_limit, MSG_WAITFORONE, nullptr) == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(batch->received_bytes(i) == 10 + i);
        CHECK(static_cast<std::size_t>(batch->payload(i)[9 + i]) == 'a' + i);
        CHECK(batch->address(i).sin_port == address_of(sender).sin_port);
    }
}

TEST_CASE("what a full socket dropped is counted, and with what it holds adds up to what was sent")
{
    const UdpSocket sender(0, 1 << 20);
    const UdpSocket receiver(0, 4096);
    REQUIRE(sender.is_open());
    REQUIRE(receiver.is_open());
    const auto to = address_of(receiver);
    constexpr std::uint64_t sent = 500;
    for (std::uint64_t i = 0; i < sent; ++i)
        REQUIRE(::sendto(sender.fd(), &i, sizeof(i), 0, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == sizeof(i));

    const std::uint64_t drops = receiver.drops();
    std::uint64_t received = 0;
    char payload[16];
    while (::recv(receiver.fd(), payload, sizeof(payload), MSG_DONTWAIT) > 0)
        ++received;
    CHECK(drops > 0);
    CHECK(received + drops == sent);
}

TEST_CASE("a port that is taken leaves the socket closed")
{
    const UdpSocket first(0, 4096);
    const UdpSocket second(ntohs(address_of(first).sin_port), 4096);
    CHECK_FALSE(second.is_open());
}
