#include "ports/packet_sockets.hpp"

#include <dirent.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace ferryd {

std::set<int> open_descriptors()
{
    std::set<int> descriptors;
    DIR* folder = opendir("/proc/self/fd");
    if (folder == nullptr)
        return descriptors;
    while (const dirent* entry = readdir(folder)) {
        char* end = nullptr;
        const long fd = std::strtol(entry->d_name, &end, 10);
        if (end != entry->d_name && fd != dirfd(folder))
            descriptors.insert(static_cast<int>(fd));
    }
    closedir(folder);
    return descriptors;
}

std::set<int> opened_since(const std::set<int>& before)
{
    std::set<int> opened = open_descriptors();
    std::erase_if(opened, [&](int fd) { return before.contains(fd); });
    return opened;
}

PacketSockets PacketSockets::opened_since(const std::set<int>& before)
{
    PacketSockets found;
    for (const int fd : ferryd::opened_since(before)) {
        int domain = 0;
        socklen_t size = sizeof(domain);
        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_PACKET)
            found.sockets_.push_back(fd);
    }
    return found;
}

void PacketSockets::make_promiscuous() const noexcept
{
    for (const int fd : sockets_) {
        sockaddr_ll name{};
        socklen_t size = sizeof(name);
        if (getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0)
            continue;
        packet_mreq membership{};
        membership.mr_ifindex = name.sll_ifindex;
        membership.mr_type = PACKET_MR_PROMISC;
        setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof(membership));
    }
}

std::optional<InterfaceState> PacketSockets::interface() const noexcept
{
    if (sockets_.empty())
        return std::nullopt;
    sockaddr_ll name{};
    socklen_t size = sizeof(name);
    ifreq request{};
    if (getsockname(sockets_.front(), reinterpret_cast<sockaddr*>(&name), &size) != 0 || name.sll_ifindex <= 0 ||
        if_indextoname(static_cast<unsigned>(name.sll_ifindex), request.ifr_name) == nullptr)
        return InterfaceState{};  // it has gone
    InterfaceState state;
    if (ioctl(sockets_.front(), SIOCGIFMTU, &request) == 0)
        state.mtu = static_cast<std::uint32_t>(request.ifr_mtu);
    if (ioctl(sockets_.front(), SIOCGIFFLAGS, &request) == 0) {
        state.enabled = (request.ifr_flags & IFF_UP) != 0;
        state.up = state.enabled && (request.ifr_flags & IFF_RUNNING) != 0;
    }
    return state;
}

bool PacketSockets::reassemble() const noexcept
{
    for (const int fd : sockets_) {
        // Group, type and flags, the latter from bit 24 on (packet(7) says how they are set, net/packet how they are told).
        std::uint32_t fanout = 0;
        socklen_t size = sizeof(fanout);
        constexpr std::uint32_t told = std::uint32_t{PACKET_FANOUT_FLAG_DEFRAG} >> 8 << 24;
        if (getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &fanout, &size) == 0 && (fanout & told) != 0)
            return true;
    }
    return false;
}

std::uint64_t PacketSockets::dropped() noexcept
{
    for (const int fd : sockets_) {
        tpacket_stats statistics{};
        socklen_t size = sizeof(statistics);
        if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0)
            dropped_ += statistics.tp_drops;
    }
    return dropped_;
}

}  // namespace ferryd
