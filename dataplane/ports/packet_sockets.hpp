// The AF_PACKET sockets that DPDK's driver opens: what the driver does not do for them itself. The kernel leaves IPv4
// fragments on them as they are, and does not show them what the host itself sends.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

namespace ferryd {

/// The process's open file descriptors at one moment.
std::set<int> open_descriptors();

/// Packet sockets that were opened between two moments. Their descriptors are DPDK's; this only asks.
class PacketSockets {
public:
    PacketSockets() = default;
    /// Takes those descriptors that are open now, were not in `before`, and are AF_PACKET sockets.
    static PacketSockets opened_since(const std::set<int>& before);

    /// Frames that the kernel dropped since the start because a socket's ring was full (PACKET_STATISTICS, whose reading
    /// resets it).
    std::uint64_t dropped() noexcept;

private:
    std::vector<int> sockets_;
    std::uint64_t dropped_ = 0;
};

}  // namespace ferryd
