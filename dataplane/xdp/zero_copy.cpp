#include "xdp/zero_copy.hpp"

#include <linux/if_xdp.h>
#include <sys/socket.h>

namespace ferryd {

bool all_zero_copy(const std::set<int>& descriptors) noexcept
{
    bool any = false;
    for (const int fd : descriptors) {
        int domain = 0;
        socklen_t size = sizeof(domain);
        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_XDP)
            continue;
        xdp_options options{};
        size = sizeof(options);
        if (getsockopt(fd, SOL_XDP, XDP_OPTIONS, &options, &size) != 0 || (options.flags & XDP_OPTIONS_ZEROCOPY) == 0)
            return false;
        any = true;
    }
    return any;
}

}  // namespace ferryd
