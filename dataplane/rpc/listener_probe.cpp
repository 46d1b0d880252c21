#include "rpc/listener_probe.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace ferryd {

bool refuses_connections(const std::string& endpoint, std::chrono::milliseconds most)
{
    const std::size_t colon = endpoint.rfind(':');
    if (colon == std::string::npos)
        return false;
    std::string host = endpoint.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    addrinfo hints{}, *found = nullptr;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host.c_str(), endpoint.c_str() + colon + 1, &hints, &found) != 0)
        return false;
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> address(found, freeaddrinfo);
    const int probe = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return false;
    int error = connect(probe, found->ai_addr, found->ai_addrlen) == 0 ? 0 : errno;
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
