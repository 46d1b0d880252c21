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
thread_local bool wanted = false;
}

/// Takes the place of the C library's setsockopt() in the whole process: the same system call, but for the one option above.
extern "C" __attribute__((visibility("default"))) int setsockopt(int fd, int level, int name, const void* value, socklen_t size) noexcept
{
    int fanout = 0;
    if (wanted && level == SOL_PACKET && name == PACKET_FANOUT && size == sizeof(fanout)) {
        std::memcpy(&fanout, value, sizeof(fanout));
        fanout &= ~(PACKET_FANOUT_FLAG_DEFRAG << 16);  // the flags are in the upper half
        fanout |= PACKET_FANOUT_FLAG_IGNORE_OUTGOING << 16;
        value = &fanout;
    }
    return static_cast<int>(syscall(SYS_setsockopt, fd, level, name, value, size));
}

namespace ferryd {

FanoutOptions::FanoutOptions() noexcept
{
    wanted = true;
}

FanoutOptions::~FanoutOptions()
{
    wanted = false;
}

}  // namespace ferryd
