#include "ports/fanout_options.hpp"

#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000
#endif

namespace {
thread_local ferryd::FanoutOptions* wanted = nullptr;
}

/// Takes the place of the C library's setsockopt() in the whole process: the same system call, but for the one option above.
extern "C" __attribute__((visibility("default"))) int setsockopt(int fd, int level, int name, const void* value, socklen_t size) noexcept
{
    int fanout = 0;
    if (wanted != nullptr && level == SOL_PACKET && name == PACKET_FANOUT && size == sizeof(fanout)) {
        std::memcpy(&fanout, value, sizeof(fanout));
        fanout &= ~(PACKET_FANOUT_FLAG_DEFRAG << 16);  // the flags are in the upper half
        fanout |= PACKET_FANOUT_FLAG_IGNORE_OUTGOING << 16;
        value = &fanout;
        wanted->joined(fd);
    }
    return static_cast<int>(syscall(SYS_setsockopt, fd, level, name, value, size));
}

namespace ferryd {

FanoutOptions::FanoutOptions()
{
    sockets_.reserve(64);  // more than a device has queues
    wanted = this;
}

FanoutOptions::~FanoutOptions()
{
    wanted = nullptr;
}

void FanoutOptions::joined(int socket) noexcept
{
    if (sockets_.size() < sockets_.capacity())
        sockets_.push_back(socket);
}

}  // namespace ferryd
