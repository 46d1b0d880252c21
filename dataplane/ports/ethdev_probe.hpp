// Devices that come and go while ferryd runs: DPDK's hot plug, with errors that name the device and say what to do.
#pragma once

#include <cstdint>
#include <string>

#include <ferry/error.hpp>

namespace ferryd {

/// Plugs in the device that `devargs` names ("net_af_packet0,iface=eth1", "0000:03:00.0") and returns DPDK's number of its
/// port. Fails with already_exists, not_found (no such interface), invalid_argument (what DPDK makes of the rest).
/// Control thread.
ferry::Expected<std::uint16_t> probe_ethdev(const std::string& devargs);

/// Closes the port, which must be stopped, and unplugs its device.
void remove_ethdev(std::uint16_t port);

}  // namespace ferryd
