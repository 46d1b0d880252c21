#include "host/socket_path.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include <catch2/catch.hpp>

using ferry::ErrorCode;
using ferryd::free_socket_path;
using ferryd::somebody_listens;

namespace {

/// A folder that goes with the test.
struct Folder {
    std::filesystem::path path;
    Folder()
    {
        char name[] = "/tmp/ferry-socket-path-XXXXXX";
        path = mkdtemp(name);
    }
    ~Folder() { std::filesystem::remove_all(path); }
};

/// A socket bound at `path`; it listens where asked to.
int bound(const std::filesystem::path& path, bool listening)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.string().copy(name.sun_path, sizeof(name.sun_path) - 1);
    REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0);
    if (listening)
        REQUIRE(listen(fd, 1) == 0);
    return fd;
}

}  // namespace

TEST_CASE("a path where nothing is can be taken, and its folder is made")
{
    const Folder folder;
    REQUIRE(free_socket_path(folder.path / "a/b/socket"));
    CHECK(std::filesystem::is_directory(folder.path / "a/b"));
    CHECK_FALSE(somebody_listens(folder.path / "a/b/socket"));
}

TEST_CASE("a socket that a dead process left is removed")
{
    const Folder folder;
    close(bound(folder.path / "socket", true));
    REQUIRE(std::filesystem::exists(folder.path / "socket"));
    REQUIRE(free_socket_path(folder.path / "socket"));
    CHECK_FALSE(std::filesystem::exists(folder.path / "socket"));
}

TEST_CASE("a socket on which somebody listens stays, also when its backlog is full")
{
    const Folder folder;
    const int fd = bound(folder.path / "socket", true);
    for (int i = 0; i < 5; ++i) {
        CHECK(somebody_listens(folder.path / "socket"));
        const auto refused = free_socket_path(folder.path / "socket");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::in_use);
    }
    CHECK(std::filesystem::exists(folder.path / "socket"));
    close(fd);
}

TEST_CASE("what is no socket is left alone")
{
    const Folder folder;
    std::ofstream(folder.path / "file") << "precious";
    const auto refused = free_socket_path(folder.path / "file");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::already_exists);
    CHECK(std::filesystem::file_size(folder.path / "file") == 8);
}

TEST_CASE("a path that no socket can have is refused")
{
    const auto refused = free_socket_path("/tmp/" + std::string(200, 'x'));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid_argument);
}
