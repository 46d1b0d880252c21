// Whether somebody listens on a Unix socket.
#pragma once

#include <filesystem>

namespace ferryd {

/// Connects and hangs up. Returns 0 where a process listens, otherwise what the system says: ENOENT where there is no
/// socket, ECONNREFUSED where its process is gone, EACCES where it may not be opened, and so on. Does not wait.
int probe_socket(const std::filesystem::path& path);

}  // namespace ferryd
