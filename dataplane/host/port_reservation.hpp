// Keeps the kernel from answering VXLAN that ferry takes: on AF_PACKET the kernel sees every frame too, and would send
// an ICMP port unreachable for a UDP port that no socket has.
#pragma once

#include <cstdint>
#include <memory>

#include <ferry/error.hpp>
#include <ferry/wire/address.hpp>

namespace ferryd {

/// A UDP socket on the VTEP's address and port that drops all it gets.
class PortReservation {
public:
    enum class Address { is_there, may_come_later };

    /// Fails with unavailable where the address is not this host's, in_use where another socket (a kernel vxlan device
    /// counts) has the port; the sentence says what that means for the operator. An address that may come later
    /// need not be this host's yet.
    static ferry::Expected<std::unique_ptr<PortReservation>> make(ferry::Ipv4Address address, std::uint16_t port,
                                                                  Address when = Address::is_there);
    ~PortReservation();
    PortReservation(const PortReservation&) = delete;
    PortReservation& operator=(const PortReservation&) = delete;

private:
    explicit PortReservation(int socket) : socket_(socket) {}
    int socket_;
};

}  // namespace ferryd
