#include "host/socket_path.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include <fmt/format.h>

namespace ferryd {

using ferry::ErrorCode;

namespace {

std::optional<sockaddr_un> address_of(const std::filesystem::path& path)
{
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const std::string text = path.string();
    if (text.size() >= sizeof(name.sun_path))
        return std::nullopt;
    text.copy(name.sun_path, text.size());
    return name;
}

}  // namespace

bool somebody_listens(const std::filesystem::path& path)
{
    const auto name = address_of(path);
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (!name || probe < 0)
        return false;
    const int failure = connect(probe, reinterpret_cast<const sockaddr*>(&*name), sizeof(*name)) == 0 ? 0 : errno;
    close(probe);
    // A listener whose backlog is full answers EAGAIN.
    return failure == 0 || failure == EAGAIN;
}

ferry::Expected<void> free_socket_path(const std::filesystem::path& path)
{
    const std::string text = path.string();
    if (!address_of(path))
        return ferry::fail(ErrorCode::invalid_argument, fmt::format("{} is too long for a socket's path", text));
    std::error_code error;
    if (path.has_parent_path())
        std::filesystem::create_directories(path.parent_path(), error);
    if (error)
        return ferry::fail(ErrorCode::unavailable, fmt::format("no folder {}: {}", path.parent_path().string(), error.message()));

    const auto status = std::filesystem::symlink_status(path, error);
    if (status.type() == std::filesystem::file_type::not_found)
        return {};
    if (status.type() != std::filesystem::file_type::socket)
        return ferry::fail(ErrorCode::already_exists, fmt::format("{} exists and is not a socket", text));
    if (somebody_listens(path))
        return ferry::fail(ErrorCode::in_use, fmt::format("another process listens on {}", text));
    std::filesystem::remove(path, error);
    return {};
}

}  // namespace ferryd
