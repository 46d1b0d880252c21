// The AF_XDP sockets that DPDK's driver opened: which they are, and how they get their frames.
#pragma once

#include <optional>
#include <set>

namespace ferryd {

/// The AF_XDP socket among `descriptors`, where there is one alone.
std::optional<int> only_xdp_socket(const std::set<int>& descriptors) noexcept;
/// Of these descriptors, whether there is an AF_XDP socket, and the device writes into the memory of each
/// (XDP_OPTIONS).
bool all_zero_copy(const std::set<int>& descriptors) noexcept;

}  // namespace ferryd
