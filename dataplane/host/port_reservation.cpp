#include "host/port_reservation.hpp"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace ferryd {

using ferry::ErrorCode;

ferry::Expected<std::unique_ptr<PortReservation>> PortReservation::make(ferry::Ipv4Address address, std::uint16_t port,
                                                                       Address when)
{
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ferry::fail(ErrorCode::internal, fmt::format("no UDP socket: {}", std::strerror(errno)));
    auto reservation = std::unique_ptr<PortReservation>(new PortReservation(fd));

    sock_filter drop_all = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog program{1, &drop_all};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0)
        return ferry::fail(ErrorCode::internal, fmt::format("no filter for a UDP socket: {}", std::strerror(errno)));

    const int any = when == Address::may_come_later;
    if (setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &any, sizeof(any)) != 0)
        return ferry::fail(ErrorCode::internal,
                           fmt::format("no free choice of address for a UDP socket: {}", std::strerror(errno)));

    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(address.host());
    if (bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0)
        return reservation;
    if (errno == EADDRNOTAVAIL)
        return ferry::fail(ErrorCode::unavailable,
                           fmt::format("the VTEP address {} is not an address of this host, so its kernel does not answer "
                                       "ARP for it; add it to the underlay interface (ip address add)", address.to_string()));
    if (errno == EADDRINUSE)
        return ferry::fail(ErrorCode::in_use,
                           fmt::format("UDP port {} at {} is taken, perhaps by a kernel vxlan device; a VNI that both have "
                                       "is received twice", port, address.to_string()));
    return ferry::fail(ErrorCode::internal,
                       fmt::format("UDP port {} at {}: {}", port, address.to_string(), std::strerror(errno)));
}

PortReservation::~PortReservation()
{
    close(socket_);
}

}  // namespace ferryd
