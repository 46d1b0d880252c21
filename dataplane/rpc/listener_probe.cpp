#include "rpc/listener_probe.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "rpc/numeric_address.hpp"

namespace ferryd {

bool refuses_connections(const std::string& endpoint, std::chrono::milliseconds most)
{
    const auto address = numeric_address(endpoint);
    if (!address)
        return false;
    const int probe = socket(address->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return false;
    int error = connect(probe, address->get(), address->size) == 0 ? 0 : errno;
    pollfd wait{probe, POLLOUT, 0};
    if (error == EINPROGRESS && poll(&wait, 1, static_cast<int>(most.count())) == 1) {
        socklen_t size = sizeof(error);
        if (getsockopt(probe, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
            error = errno;
    }
    close(probe);
    return error == ECONNREFUSED;
}

}  // namespace ferryd
