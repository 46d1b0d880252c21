#include "host/runtime_folder.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include <catch2/catch.hpp>

using ferryd::RuntimeFolder;

namespace {

struct Base {
    std::filesystem::path path;
    Base()
    {
        char name[] = "/tmp/ferry-runtime-XXXXXX";
        path = mkdtemp(name);
    }
    ~Base() { std::filesystem::remove_all(path); }
};

/// The PID of a process that is no more.
pid_t dead_process()
{
    const pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    waitpid(pid, nullptr, 0);
    return pid;
}

}  // namespace

TEST_CASE("the folder goes with what is in it, and the outer one where it is empty")
{
    const Base base;
    {
        const auto folder = RuntimeFolder::make(base.path, "one");
        REQUIRE(folder);
        std::ofstream(base.path / "dpdk/one/socket");
        auto other = RuntimeFolder::make(base.path, "two");
        REQUIRE(other);
        other->reset();
        CHECK_FALSE(std::filesystem::exists(base.path / "dpdk/two"));
        CHECK(std::filesystem::exists(base.path / "dpdk/one/socket"));
    }
    CHECK(std::filesystem::is_empty(base.path));
}

TEST_CASE("a prefix that is in use is refused, and its folder stays")
{
    const Base base;
    const auto first = RuntimeFolder::make(base.path, "one");
    REQUIRE(first);
    const auto second = RuntimeFolder::make(base.path, "one");
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ferry::ErrorCode::in_use);
    CHECK(std::filesystem::exists(base.path / "dpdk/one"));
}

TEST_CASE("what a killed ferryd left is removed, what lives or is somebody else's is not")
{
    const Base base;
    const auto dead = base.path / "dpdk" / ("ferryd-" + std::to_string(dead_process()));
    const auto living = base.path / "dpdk" / ("ferryd-" + std::to_string(getppid()));
    const auto strange = base.path / "dpdk/ferryd-host", other = base.path / "dpdk/rte";
    for (const auto& folder : {dead, living, strange, other})
        std::filesystem::create_directories(folder);
    std::ofstream(dead / "socket");
    const auto own = RuntimeFolder::make(base.path, "one");
    REQUIRE(own);
    CHECK_FALSE(std::filesystem::exists(dead));
    for (const auto& folder : {living, strange, other})
        CHECK(std::filesystem::exists(folder));
}
