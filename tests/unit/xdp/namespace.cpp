#include "namespace.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>

namespace ferryd::test {

namespace {

[[noreturn]] void fail(const std::string& what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

Namespace::Namespace() : before_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC))
{
    if (before_.get() < 0 || unshare(CLONE_NEWNET) != 0)
        fail("a network namespace");
}

Namespace::~Namespace()
{
    setns(before_.get(), CLONE_NEWNET);
}

std::string Namespace::command(const std::string& line) const
{
    FILE* const pipe = popen((line + " 2>&1").c_str(), "r");
    if (pipe == nullptr)
        fail(line);
    std::string text;
    for (int c = 0; (c = std::fgetc(pipe)) != EOF;)
        text += static_cast<char>(c);
    if (const int status = pclose(pipe); !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw std::runtime_error(line + ": " + text);
    return text;
}

void Namespace::veth(const std::string& a, const std::string& b) const
{
    command("ip link add " + a + " type veth peer name " + b);
    for (const std::string& end : {a, b})
        command("ip link set " + end + " addrgenmode none up");
}

Wire::Wire(const std::string& interface, std::uint16_t type)
    : socket_(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(type))),
      index_(static_cast<int>(if_nametoindex(interface.c_str())))
{
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(type);
    address.sll_ifindex = index_;
    if (socket_.get() < 0 || bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        fail("a packet socket on " + interface);
    constexpr int plenty = 8 << 20;
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &plenty, sizeof(plenty));
}

void Wire::send(std::span<const std::uint8_t> frame) const
{
    if (::send(socket_.get(), frame.data(), frame.size(), 0) != static_cast<ssize_t>(frame.size()))
        fail("sending a frame");
}

std::vector<std::uint8_t> Wire::receive() const
{
    pollfd ready{socket_.get(), POLLIN, 0};
    std::vector<std::uint8_t> frame(2048);
    const ssize_t size = poll(&ready, 1, 10'000) == 1 ? recv(socket_.get(), frame.data(), frame.size(), 0) : 0;
    frame.resize(static_cast<std::size_t>(size < 0 ? 0 : size));
    return frame;
}

}  // namespace ferryd::test
