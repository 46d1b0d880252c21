// From DPDK's vhost callbacks, which know a number, to the port that they are about.
#pragma once

#include <string>

#include <ferry/error.hpp>

namespace ferryd {

class VhostPort;

/// Makes `port` the one whose callbacks come for the socket `path`, which has been registered with DPDK. Fails with
/// already_exists, internal.
ferry::Expected<void> attach_vhost_callbacks(const std::string& path, VhostPort& port);
/// True where a port of this process has the socket `path`.
bool has_vhost_callbacks(const std::string& path);
/// No callback for `path` is under way or will come any more: it has been unregistered.
void detach_vhost_callbacks(const std::string& path);

}  // namespace ferryd
