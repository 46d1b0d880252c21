// The kernel's interface on the underlay.
#pragma once

#include <optional>
#include <string>

#include "config/config.hpp"
#include "config/device_arguments.hpp"

namespace ferryd {

/// The interface by whose routes and neighbours the kernel reaches other VTEPs: the host's on a device that ferryd has
/// alone, else the one that the device stands on; nothing where there is none.
inline std::optional<std::string> kernel_interface_of(const UnderlayConfig& underlay)
{
    if (!underlay.host_interface.empty())
        return underlay.host_interface;
    return device_argument(underlay.device, "iface");
}

}  // namespace ferryd
