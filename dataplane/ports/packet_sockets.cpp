#include "ports/packet_sockets.hpp"

#include <dirent.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000
#endif

/// Stands before libc's for the whole process. DPDK's AF_PACKET driver puts its sockets, even a single one, into a fanout
/// group that has the kernel put IPv4 fragments together; a guest's fragments would come as one frame of their sum, and
/// outer fragments would pass unseen. Neither DPDK's arguments nor a later call can change that, so it is changed on its
/// way into the kernel. In a group, not seeing what the host itself sends by the interface is the group's option too.
extern "C" int setsockopt(int fd, int level, int option, const void* value, socklen_t size) noexcept
{
    int group = 0;
    if (level == SOL_PACKET && option == PACKET_FANOUT && size == sizeof(group)) {
        std::memcpy(&group, value, sizeof(group));
        group &= ~(PACKET_FANOUT_FLAG_DEFRAG << 16);
        group |= PACKET_FANOUT_FLAG_IGNORE_OUTGOING << 16;
        value = &group;
    }
    return static_cast<int>(syscall(SYS_setsockopt, fd, level, option, value, size));
}

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
