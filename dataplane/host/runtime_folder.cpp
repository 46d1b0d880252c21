#include "host/runtime_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace ferryd {

using ferry::ErrorCode;

namespace {

/// Opens and locks a folder; negative with errno where that fails, EWOULDBLOCK where another process has it.
int lock_folder(const std::filesystem::path& path)
{
    const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fd;
    struct stat locked{}, named{};
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        const int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    // Who removed it meanwhile left us a lock on nothing.
    if (fstat(fd, &locked) == 0 && stat(path.c_str(), &named) == 0 && locked.st_ino == named.st_ino)
        return fd;
    close(fd);
    errno = ENOENT;
    return -1;
}

/// True for "ferryd-PID" of a process that is no more.
bool is_left_over(const std::string& name)
{
    constexpr std::string_view prefix = "ferryd-";
    if (!name.starts_with(prefix))
        return false;
    char* end = nullptr;
    const long pid = std::strtol(name.c_str() + prefix.size(), &end, 10);
    return pid > 0 && *end == '\0' && kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH;
}

void remove_left_overs(const std::filesystem::path& folder)
{
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
        if (!is_left_over(entry.path().filename().string()))
            continue;
        // A process of another PID namespace would hold the lock.
        if (const int lock = lock_folder(entry.path()); lock >= 0) {
            std::filesystem::remove_all(entry.path(), ignored);
            close(lock);
        }
    }
}

}  // namespace

std::filesystem::path RuntimeFolder::base()
{
    if (const char* systemd = std::getenv("RUNTIME_DIRECTORY"); systemd != nullptr)
        return systemd;
    if (getuid() == 0)
        return "/var/run";
    const char* user = std::getenv("XDG_RUNTIME_DIR");
    return user != nullptr ? user : "/tmp";
}

ferry::Expected<std::unique_ptr<RuntimeFolder>> RuntimeFolder::make(const std::filesystem::path& base, const std::string& file_prefix)
{
    const std::filesystem::path path = base / "dpdk" / file_prefix;
    remove_left_overs(path.parent_path());
    // Another ferryd that ends may remove the outer folder just now.
    constexpr int attempts = 5;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        std::error_code error;
        std::filesystem::create_directories(path, error);
        if (const int lock = lock_folder(path); lock >= 0)
            return std::unique_ptr<RuntimeFolder>(new RuntimeFolder(path, lock));
        if (errno == EWOULDBLOCK)
            return ferry::fail(ErrorCode::in_use,
                               fmt::format("another process uses DPDK's file prefix \"{}\" ({} is locked); choose another "
                                           "dpdk.file_prefix", file_prefix, path.string()));
    }
    return ferry::fail(ErrorCode::unavailable,
                       fmt::format("no run-time folder for DPDK at {}: {}", path.string(), std::strerror(errno)));
}

RuntimeFolder::~RuntimeFolder()
{
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    std::filesystem::remove(path_.parent_path(), ignored);  // which fails where others' folders are in it
    close(lock_);
}

}  // namespace ferryd
