#include "rpc/socket_place.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "config/values.hpp"
#include "rpc/socket_probe.hpp"

namespace ferryd {

namespace fs = std::filesystem;
using ferry::ErrorCode;

namespace {

constexpr const char* name_inside = "s";

auto refused(const std::string& what, int error)
{
    return ferry::fail(ErrorCode::unavailable, fmt::format("{}: {}", what, std::generic_category().message(error)));
}

}  // namespace

Expected<std::unique_ptr<SocketPlace>> SocketPlace::take(const fs::path& path)
{
    if (const auto checked = parse_socket_path(path.native()); !checked)
        return tl::unexpected(checked.error());
    std::unique_ptr<SocketPlace> place(new SocketPlace(path));
    for (auto step : {&SocketPlace::make_folder, &SocketPlace::make_hidden})
        if (auto done = (place.get()->*step)(); !done)
            return tl::unexpected(std::move(done.error()));
    if (auto free = place->refuse_living(); !free)
        return tl::unexpected(std::move(free.error()));
    return place;
}

Expected<void> SocketPlace::make_folder()
{
    const fs::path folder = path_.parent_path();
    std::error_code error;
    if (!fs::exists(folder, error) && path_.native().starts_with("/run/")) {
        first_made_ = folder;
        while (!fs::exists(first_made_.parent_path(), error))
            first_made_ = first_made_.parent_path();
        fs::create_directories(folder, error);
        if (error)
            return refused(fmt::format("the socket's folder {} cannot be made", folder.string()), error.value());
    }
    folder_ = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_ < 0 && errno == ENOENT)
        return ferry::fail(ErrorCode::not_found,
                           fmt::format("the socket's folder {} does not exist; make it", folder.string()));
    // Two servers that start at once look one after the other.
    if (folder_ < 0 || flock(folder_, LOCK_EX) != 0)
        return refused(fmt::format("the socket's folder {} cannot be used", folder.string()), errno);
    return {};
}

Expected<void> SocketPlace::make_hidden()
{
    std::string name = (path_.parent_path() / ".ferryd-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
        return refused(fmt::format("no socket can be made in {}", path_.parent_path().string()), errno);
    hidden_ = name;
    inside_ = open(hidden_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (inside_ < 0)
        return refused(fmt::format("{} cannot be opened", hidden_.string()), errno);
    return {};
}

Expected<void> SocketPlace::refuse_living() const
{
    struct stat found {};
    if (lstat(path_.c_str(), &found) != 0) {
        if (errno == ENOENT)
            return {};
        return refused(fmt::format("{} cannot be looked at", path_.string()), errno);
    }
    if (!S_ISSOCK(found.st_mode))
        return ferry::fail(ErrorCode::already_exists,
                           fmt::format("{} exists and is not a socket; choose another path", path_.string()));
    switch (const int error = probe_socket(path_); error) {
    case 0:
        return ferry::fail(ErrorCode::already_exists,
                           fmt::format("another process serves {}; stop it, or choose another path", path_.string()));
    case ECONNREFUSED: return {};  // left by a server that died
    case ENOENT: return {};        // gone meanwhile
    default: return refused(fmt::format("{} exists and cannot be tried", path_.string()), error);
    }
}

std::string SocketPlace::bind_path() const
{
    return fmt::format("/proc/self/fd/{}/{}", inside_, name_inside);
}

Expected<void> SocketPlace::publish(std::uint32_t mode)
{
    struct stat made {};
    if (fchmodat(inside_, name_inside, static_cast<mode_t>(mode), 0) != 0 ||
        fstatat(inside_, name_inside, &made, AT_SYMLINK_NOFOLLOW) != 0 ||
        renameat(inside_, name_inside, folder_, path_.filename().c_str()) != 0)
        return refused(fmt::format("the socket {} cannot be made", path_.string()), errno);
    device_ = made.st_dev;
    inode_ = made.st_ino;
    remove_hidden();
    flock(folder_, LOCK_UN);
    return {};
}

void SocketPlace::remove_hidden()
{
    if (hidden_.empty())
        return;
    unlinkat(inside_, name_inside, 0);
    rmdir(hidden_.c_str());
    hidden_.clear();
}

SocketPlace::~SocketPlace()
{
    remove_hidden();
    struct stat found {};
    if (inode_ != 0 && lstat(path_.c_str(), &found) == 0 && found.st_ino == inode_ && found.st_dev == device_)
        unlink(path_.c_str());
    for (const int descriptor : {inside_, folder_})
        if (descriptor >= 0)
            close(descriptor);
    if (first_made_.empty())
        return;
    for (fs::path folder = path_.parent_path(); folder.native().size() >= first_made_.native().size();
         folder = folder.parent_path())
        if (rmdir(folder.c_str()) != 0)
            break;
}

}  // namespace ferryd
