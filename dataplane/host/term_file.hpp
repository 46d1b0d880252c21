// This host's term (ferry/move/message.hpp): a number on disk, so that it rises over restarts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include <ferry/error.hpp>

namespace ferryd {

/// The file `term` in a folder: the highest term that this host used or saw. Not for several threads at once.
class TermFile {
public:
    /// Reads the file, or begins at 0 where there is none; makes the folder where it is missing. Fails with
    /// invalid_argument for a file that holds no number, unavailable where folder or file cannot be used.
    static ferry::Expected<std::unique_ptr<TermFile>> open(const std::filesystem::path& folder);

    std::uint64_t term() const noexcept { return term_; }
    /// On disk when it returns; a lower term than before changes nothing. Fails with unavailable; then the file is as it
    /// was.
    ferry::Expected<void> keep(std::uint64_t term);

private:
    TermFile(std::filesystem::path path, std::uint64_t term) : path_(std::move(path)), term_(term) {}
    std::filesystem::path path_;
    std::uint64_t term_;
};

}  // namespace ferryd
