#include "xdp/xdp_sockets.hpp"

#include <linux/if_xdp.h>
#include <sys/socket.h>

namespace ferryd {
namespace {

bool is_xdp_socket(int fd) noexcept
{
    int domain = 0;
    socklen_t size = sizeof(domain);
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_XDP;
}

}  // namespace

std::optional<int> only_xdp_socket(const std::set<int>& descriptors) noexcept
{
    std::optional<int> found;
    for (const int fd : descriptors) {
        if (!is_xdp_socket(fd))
            continue;
        if (found)
            return std::nullopt;
        found = fd;
    }
    return found;
}

bool all_zero_copy(const std::set<int>& descriptors) noexcept
{
    bool any = false;
    for (const int fd : descriptors) {
        if (!is_xdp_socket(fd))
            continue;
        xdp_options options{};
        socklen_t size = sizeof(options);
        if (getsockopt(fd, SOL_XDP, XDP_OPTIONS, &options, &size) != 0 || (options.flags & XDP_OPTIONS_ZEROCOPY) == 0)
            return false;
        any = true;
    }
    return any;
}

}  // namespace ferryd
