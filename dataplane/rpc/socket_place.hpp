// Where a Unix socket stands in the file system: taken with the right permissions from the first moment, never from a
// server that lives, and left clean.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <ferry/error.hpp>

namespace ferryd {

using ferry::Expected;

/// The place of one server's socket. The server binds at bind_path(), in a folder that nobody else may enter; publish()
/// then gives it its permissions and its name.
class SocketPlace {
public:
    /// Makes the socket's folder where it is missing and under /run. Fails with already_exists where a process listens
    /// on the socket or a file of another kind has its name, not_found where the folder is missing, invalid_argument
    /// for a path that no socket can have, and unavailable where the system refuses.
    static Expected<std::unique_ptr<SocketPlace>> take(const std::filesystem::path& path);
    /// Removes the socket, unless another one has taken its name meanwhile, and folders that take() made and that are
    /// empty again. Stop the server first.
    ~SocketPlace();
    SocketPlace(const SocketPlace&) = delete;
    SocketPlace& operator=(const SocketPlace&) = delete;

    /// Where the server is to bind; not longer than a socket's path may be.
    std::string bind_path() const;
    /// Lets clients in: call it once, when the server listens. A socket that a dead server left is replaced.
    Expected<void> publish(std::uint32_t mode);

private:
    explicit SocketPlace(std::filesystem::path path) : path_(std::move(path)) {}
    Expected<void> make_folder();
    Expected<void> refuse_living() const;
    Expected<void> make_hidden();
    void remove_hidden();

    std::filesystem::path path_;
    std::filesystem::path first_made_;      ///< topmost of the folders that were made; empty: none
    std::filesystem::path hidden_;          ///< folder in which the server binds; empty: gone
    int folder_ = -1;                       ///< descriptor of the socket's folder, locked until publish()
    int inside_ = -1;                       ///< descriptor of the hidden folder
    std::uint64_t device_ = 0, inode_ = 0;  ///< of the published socket
};

}  // namespace ferryd
