#include "host/term_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <string>

#include <fmt/format.h>

namespace ferryd {

using ferry::ErrorCode;

namespace {

/// Writes and syncs; an errno, 0 for success.
int write_file(const std::filesystem::path& path, const std::string& text)
{
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return errno;
    int fault = 0;
    if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(fd) != 0)
        fault = errno != 0 ? errno : EIO;
    ::close(fd);
    return fault;
}

void sync_folder(const std::filesystem::path& folder)
{
    if (const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); fd >= 0) {
        ::fsync(fd);
        ::close(fd);
    }
}

}  // namespace

ferry::Expected<std::unique_ptr<TermFile>> TermFile::open(const std::filesystem::path& folder)
{
    std::error_code fault;
    std::filesystem::create_directories(folder, fault);
    if (fault)
        return ferry::fail(ErrorCode::unavailable,
                           fmt::format("the folder {} (host.state) cannot be made: {}", folder.string(), fault.message()));
    const std::filesystem::path path = folder / "term";
    std::uint64_t term = 0;
    if (std::filesystem::exists(path, fault)) {
        std::string text;
        if (!std::getline(std::ifstream(path), text))
            return ferry::fail(ErrorCode::unavailable, fmt::format("{} cannot be read", path.string()));
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), term);
        if (error != std::errc{} || end != text.data() + text.size())
            return ferry::fail(ErrorCode::invalid_argument,
                               fmt::format("{} holds no term but \"{}\"; write a number there that is higher than any that this "
                                           "host has used, for instance one that a peer shows (ferryctl moves)", path.string(), text));
    }
    return std::unique_ptr<TermFile>(new TermFile(path, term));
}

ferry::Expected<void> TermFile::keep(std::uint64_t term)
{
    if (term <= term_)
        return {};
    const std::filesystem::path fresh = path_.string() + ".new";
    if (const int fault = write_file(fresh, fmt::format("{}\n", term)); fault != 0)
        return ferry::fail(ErrorCode::unavailable, fmt::format("the term {} cannot be written to {}: {}; after a restart this "
                                                               "host may be taken for an old one", term, fresh.string(), std::strerror(fault)));
    std::error_code fault;
    std::filesystem::rename(fresh, path_, fault);
    if (fault)
        return ferry::fail(ErrorCode::unavailable, fmt::format("{} cannot be replaced: {}", path_.string(), fault.message()));
    sync_folder(path_.parent_path());
    term_ = term;
    return {};
}

}  // namespace ferryd
