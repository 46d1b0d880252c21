// The AF_PACKET sockets that DPDK's driver opened: what the driver does not do for them itself.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace ferryd {

/// The process's open file descriptors at one moment.
std::set<int> open_descriptors();
/// Those that are open now and were not in `before`.
std::set<int> opened_since(const std::set<int>& before);

struct InterfaceState {
    bool up = false;        ///< administratively, and has a carrier
    bool enabled = false;   ///< administratively
    std::uint32_t mtu = 0;  ///< largest IP packet in bytes; what is larger the kernel drops without a word, as the driver asks it to
};

/// Packet sockets that were opened between two moments. Their descriptors are DPDK's; this only asks and sets options.
class PacketSockets {
public:
    PacketSockets() = default;
    /// Takes those descriptors that are open now, were not in `before`, and are AF_PACKET sockets.
    static PacketSockets opened_since(const std::set<int>& before);

    bool empty() const noexcept { return sockets_.empty(); }
    /// Takes frames for every MAC, for as long as the sockets are open. The driver's own way would set a flag on the
    /// interface that stays there.
    void make_promiscuous() const noexcept;
    /// True where the kernel puts IP fragments together before the sockets see them.
    bool reassemble() const noexcept;
    /// How the interface stands now; nothing where there are no sockets. While it is down the driver loses what it takes.
    std::optional<InterfaceState> interface() const noexcept;
    /// Frames that the kernel dropped since the start because a socket's ring was full (PACKET_STATISTICS, whose reading
    /// resets it).
    std::uint64_t dropped() noexcept;

private:
    std::vector<int> sockets_;
    std::uint64_t dropped_ = 0;
};

}  // namespace ferryd
