#include "rpc/socket_probe.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ferryd {

int probe_socket(const std::filesystem::path& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.native().size() >= sizeof(address.sun_path))
        return ENAMETOOLONG;
    std::memcpy(address.sun_path, path.c_str(), path.native().size());
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return errno;
    // An address of a family is passed as the general type; that is the socket interface's own way.
    const int error = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? 0 : errno;
    close(probe);
    return error == EAGAIN ? 0 : error;  // its queue of connections is full: somebody is there
}

}  // namespace ferryd
