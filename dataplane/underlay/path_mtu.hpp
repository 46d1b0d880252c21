// What routers on the way say of packets that are too large for the next link (ICMP "fragmentation needed", RFC 1191).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <ferry/error.hpp>
#include <ferry/wire/address.hpp>
#include <ferry/wire/entropy.hpp>

#include "host/descriptor.hpp"

namespace ferryd {

struct PathMtu {
    ferry::Ipv4Address vtep;
    std::uint16_t mtu = 0;  ///< largest IP packet in bytes that the path to it takes
    bool operator==(const PathMtu&) const = default;
};

/// How this host's VXLAN packets are known.
struct OwnPackets {
    ferry::Ipv4Address source;
    std::uint16_t vxlan_port = 4789;
    ferry::wire::PortRange source_ports{};
};

/// A smaller one is not believed, because every host takes packets of so many bytes (RFC 791 §3.1).
inline constexpr std::uint16_t smallest_path_mtu = 576;

/// What an IPv4 packet with an ICMP message tells of the path to a VTEP. Nothing where it is another message, is not
/// about a packet of `own`, says no MTU (as routers did before RFC 1191), or one that the packet would have fitted.
std::optional<PathMtu> read_path_mtu(std::span<const std::uint8_t> packet, const OwnPackets& own) noexcept;

/// A raw socket in the calling thread's network namespace that gets what routers say.
class IcmpSocket {
public:
    /// Fails with unavailable where the kernel gives none (CAP_NET_RAW).
    static ferry::Expected<IcmpSocket> open();

    /// Becomes readable when there is something for read().
    int descriptor() const noexcept { return socket_.get(); }
    /// What some messages tell, without waiting.
    std::vector<PathMtu> read(const OwnPackets& own);

private:
    explicit IcmpSocket(Descriptor socket) : socket_(std::move(socket)) {}
    Descriptor socket_;
};

}  // namespace ferryd
