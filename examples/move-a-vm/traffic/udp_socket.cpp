#include "udp_socket.hpp"

#include <linux/sock_diag.h>
#include <unistd.h>

namespace ferry::demo {

UdpSocket::UdpSocket(std::uint16_t port, int receive_bytes) noexcept
    : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))
{
    if (fd_ < 0)
        return;
    // RCVBUFFORCE needs CAP_NET_ADMIN; without it the system's limit holds.
    if (::setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &receive_bytes, sizeof(receive_bytes)) != 0)
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_port = htons(port);
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&local), sizeof(local)) != 0) {
        ::close(fd_);
        fd_ = -1;
    }
}

UdpSocket::~UdpSocket()
{
    if (fd_ >= 0)
        ::close(fd_);
}

std::uint64_t UdpSocket::drops() const noexcept
{
    // SO_MEMINFO tells the count at once; SO_RXQ_OVFL only when another datagram gets through.
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t length = sizeof(memory);
    if (::getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, memory.data(), &length) != 0)
        return 0;
    return memory[SK_MEMINFO_DROPS];
}

}  // namespace ferry::demo
