// How AF_XDP sockets get their frames.
#pragma once

#include <set>

namespace ferryd {

/// Of these descriptors, whether there is an AF_XDP socket, and the device writes into the memory of each (XDP_OPTIONS).
bool all_zero_copy(const std::set<int>& descriptors) noexcept;

}  // namespace ferryd
