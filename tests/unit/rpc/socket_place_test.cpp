// The API's socket in the file system: permissions, leftovers of the dead, respect for the living.
#include <catch2/catch.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "fake_control.hpp"
#include "rpc/client.hpp"
#include "rpc/local_server.hpp"
#include "rpc/socket_place.hpp"
#include "test_folder.hpp"

using namespace ferryd;
namespace fs = std::filesystem;

namespace {

/// A socket that is bound at `path`; listening while the descriptor is open.
int bind_socket(const fs::path& path)
{
    const int made = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    REQUIRE(bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(listen(made, 1) == 0);
    return made;
}

std::vector<std::string> names_in(const fs::path& folder)
{
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
        names.push_back(entry.path().filename());
    return names;
}

}  // namespace

TEST_CASE("the socket has the permissions asked for, and goes when the server stops")
{
    const TestFolder folder;
    FakeControl control;
    for (const std::uint32_t mode : {0600u, 0660u, 0666u}) {
        {
            const auto server = LocalServer::start({folder / "api", mode}, control);
            REQUIRE(server);
            struct stat found {};
            REQUIRE(stat((folder / "api").c_str(), &found) == 0);
            CHECK((found.st_mode & 0777) == mode);
            CHECK(names_in(folder.path()) == std::vector<std::string>{"api"});
            const auto client = Client::connect(folder / "api");
            REQUIRE(client);
            CHECK((*client)->ports());
        }
        CHECK(names_in(folder.path()).empty());
    }
}

TEST_CASE("a socket that a dead server left is replaced")
{
    const TestFolder folder;
    close(bind_socket(folder / "api"));
    FakeControl control;
    const auto server = LocalServer::start({folder / "api", 0600}, control);
    REQUIRE(server);
    const auto client = Client::connect(folder / "api");
    REQUIRE(client);
    CHECK((*client)->ports());
}

TEST_CASE("a socket on which somebody listens is left alone")
{
    const TestFolder folder;
    FakeControl control;
    const auto first = LocalServer::start({folder / "api", 0600}, control);
    REQUIRE(first);
    const auto second = LocalServer::start({folder / "api", 0600}, control);
    REQUIRE(!second);
    CHECK(second.error().code == ferry::ErrorCode::already_exists);
    CHECK(second.error().sentence.find("another process serves") == 0);
    const auto client = Client::connect(folder / "api");
    REQUIRE(client);
    CHECK((*client)->ports());
    CHECK(names_in(folder.path()) == std::vector<std::string>{"api"});
}

TEST_CASE("a file of another kind is left alone")
{
    const TestFolder folder;
    std::ofstream(folder / "api") << "text";
    FakeControl control;
    const auto server = LocalServer::start({folder / "api", 0600}, control);
    REQUIRE(!server);
    CHECK(server.error().code == ferry::ErrorCode::already_exists);
    CHECK(fs::file_size(folder / "api") == 4);
}

TEST_CASE("a socket that has taken the name meanwhile is not removed")
{
    const TestFolder folder;
    FakeControl control;
    auto server = LocalServer::start({folder / "api", 0600}, control);
    REQUIRE(server);
    fs::remove(folder / "api");
    const int other = bind_socket(folder / "api");
    server->reset();
    CHECK(fs::exists(folder / "api"));
    close(other);
}

TEST_CASE("folders are made under /run, and nowhere else")
{
    const TestFolder folder;
    FakeControl control;
    const auto elsewhere = LocalServer::start({folder / "none/api", 0600}, control);
    REQUIRE(!elsewhere);
    CHECK(elsewhere.error().code == ferry::ErrorCode::not_found);
    CHECK(elsewhere.error().sentence.find("does not exist; make it") != std::string::npos);

    if (access("/run", W_OK) != 0) {
        WARN("the rest needs the right to write to /run");
        return;
    }
    const fs::path top = "/run/ferry-unit-rpc-" + std::to_string(getpid());
    {
        const auto server = LocalServer::start({top / "a/b/api", 0600}, control);
        REQUIRE(server);
        CHECK(fs::is_socket(top / "a/b/api"));
    }
    CHECK(!fs::exists(top));
}

TEST_CASE("a path with room for the socket alone will do")
{
    const TestFolder folder;
    FakeControl control;
    const std::string name(107 - folder.path().native().size() - 1, 'n');
    {
        const auto server = LocalServer::start({folder / name, 0600}, control);
        REQUIRE(server);
        const auto client = Client::connect(folder / name);
        REQUIRE(client);
        CHECK((*client)->ports());
    }
    const auto longer = LocalServer::start({folder / (name + "n"), 0600}, control);
    REQUIRE(!longer);
    CHECK(longer.error().code == ferry::ErrorCode::invalid_argument);
}
