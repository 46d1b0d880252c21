#include "channel.hpp"

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fmt/format.h>

namespace ferry::front_end {
namespace {

tl::unexpected<Error> system_failure(const char* what)
{
    return fail(ErrorCode::unavailable, fmt::format("{}: {}", what, std::strerror(errno)));
}

/// Waits until the socket can be read; false when `patience` is over.
bool readable(int fd)
{
    pollfd wanted{fd, POLLIN, 0};
    return ::poll(&wanted, 1, static_cast<int>(patience.count())) == 1;
}

}  // namespace

Expected<Listener> Listener::open(const std::filesystem::path& path)
{
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (path.native().size() >= sizeof(name.sun_path))
        return fail(ErrorCode::invalid_argument, fmt::format("the path {} is too long for a socket", path.string()));
    std::memcpy(name.sun_path, path.c_str(), path.native().size());
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0 || ::listen(socket.get(), 1) != 0)
        return system_failure(path.c_str());
    return Listener(path, std::move(socket));
}

Listener::~Listener()
{
    std::error_code ignored;
    if (socket_)
        std::filesystem::remove(path_, ignored);
}

Expected<Descriptor> Listener::accept() const
{
    if (!readable(socket_.get()))
        return fail(ErrorCode::unavailable, fmt::format("no back end connects to {}", path_.string()));
    Descriptor connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection)
        return system_failure(path_.c_str());
    return connection;
}

Expected<void> Channel::write(Request request, std::uint32_t flags, std::span<const std::byte> payload, int fd) const
{
    MessageHeader header{request, MessageHeader::version | flags, static_cast<std::uint32_t>(payload.size())};
    iovec parts[2] = {{&header, sizeof(header)}, {const_cast<std::byte*>(payload.data()), payload.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    if (fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        cmsghdr* const rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
    }
    const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(sizeof(header) + payload.size()))
        return system_failure(fmt::format("vhost-user request {} is not taken", static_cast<std::uint32_t>(request)).c_str());
    return {};
}

Expected<void> Channel::read(Request request, std::span<std::byte> payload) const
{
    MessageHeader header{};
    if (auto read = read_bytes(request, std::as_writable_bytes(std::span(&header, 1))); !read)
        return read;
    if (header.request != request || !(header.flags & MessageHeader::is_reply) || header.size != payload.size())
        return fail(ErrorCode::internal, fmt::format("the reply to vhost-user request {} is another one: request {}, {} bytes",
                                                     static_cast<std::uint32_t>(request),
                                                     static_cast<std::uint32_t>(header.request), header.size));
    return read_bytes(request, payload);
}

Expected<void> Channel::read_bytes(Request request, std::span<std::byte> bytes) const
{
    while (!bytes.empty()) {
        if (!readable(socket_.get()))
            return fail(ErrorCode::unavailable,
                        fmt::format("the back end does not answer vhost-user request {}", static_cast<std::uint32_t>(request)));
        const ssize_t count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
        if (count == 0)
            return fail(ErrorCode::unavailable, fmt::format("the back end refuses vhost-user request {}, or an earlier one",
                                                            static_cast<std::uint32_t>(request)));
        if (count < 0)
            return system_failure("vhost-user");
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

Expected<void> Channel::check_confirmed(Request request, std::uint64_t result)
{
    if (result != 0)
        return fail(ErrorCode::unavailable, fmt::format("the back end refuses vhost-user request {}", static_cast<std::uint32_t>(request)));
    return {};
}

}  // namespace ferry::front_end
