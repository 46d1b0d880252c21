// What tests of sockets and connections share: a folder of their own, a free port, waiting.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>

namespace ferryd {

/// An empty folder that goes with the object.
class TestFolder {
public:
    TestFolder();
    ~TestFolder();
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;
    const std::filesystem::path& path() const noexcept { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

/// "127.0.0.1:PORT" with a port on which nobody listened a moment ago.
std::string free_address();

/// True as soon as `condition` is; false when that takes longer than `most`.
template <typename Condition>
bool wait_until(Condition condition, std::chrono::milliseconds most = std::chrono::seconds(10))
{
    const auto end = std::chrono::steady_clock::now() + most;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace ferryd
