// Unix sockets in the file system: whether a path may be taken.
#pragma once

#include <filesystem>

#include <ferry/error.hpp>

namespace ferryd {

/// True where a process listens on the Unix socket at `path`.
bool somebody_listens(const std::filesystem::path& path);

/// Makes sure that a Unix socket can be made at `path`: makes its folder, and removes a socket that nobody listens on any
/// more. Fails with in_use where somebody does, already_exists where something else than a socket is there,
/// invalid_argument where the path is too long for a socket (107 bytes).
ferry::Expected<void> free_socket_path(const std::filesystem::path& path);

}  // namespace ferryd
