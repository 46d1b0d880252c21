#include "ports/packet_sockets.hpp"

#include <dirent.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <cstdlib>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

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

PacketSockets PacketSockets::opened_since(const std::set<int>& before)
{
    PacketSockets found;
    for (const int fd : open_descriptors()) {
        int domain = 0;
        socklen_t size = sizeof(domain);
        if (!before.contains(fd) && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_PACKET)
            found.sockets_.push_back(fd);
    }
    return found;
}

void PacketSockets::ignore_outgoing() const noexcept
{
    const int on = 1;
    for (const int fd : sockets_)
        setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
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
