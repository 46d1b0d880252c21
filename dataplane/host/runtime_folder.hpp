// The folder that EAL makes for its sockets and leaves behind.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <ferry/error.hpp>

namespace ferryd {

/// EAL's run-time folder of one file prefix, locked for as long as it is ours, because EAL would share it with another
/// process of the same prefix. Goes with everything in it.
class RuntimeFolder {
public:
    /// Where EAL puts its folders, by its own rule (lib/eal/unix/eal_filesystem.c).
    static std::filesystem::path base();

    /// Makes and locks `base`/dpdk/`file_prefix`, and removes what processes that were killed have left there under
    /// ferryd's own default prefixes. Fails with in_use where another process has the prefix, unavailable where the
    /// folder cannot be made.
    static ferry::Expected<std::unique_ptr<RuntimeFolder>> make(const std::filesystem::path& base, const std::string& file_prefix);
    ~RuntimeFolder();
    RuntimeFolder(const RuntimeFolder&) = delete;
    RuntimeFolder& operator=(const RuntimeFolder&) = delete;

private:
    RuntimeFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
    std::filesystem::path path_;
    int lock_;
};

}  // namespace ferryd
