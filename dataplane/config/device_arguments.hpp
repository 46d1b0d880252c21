// DPDK's device arguments: "device,name=value,...".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ferryd {

/// The value of `name`; nothing where it is not there.
inline std::optional<std::string> device_argument(std::string_view device, std::string_view name)
{
    for (std::size_t at = device.find(','); at != std::string_view::npos; at = device.find(',', at + 1)) {
        const std::string_view rest = device.substr(at + 1);
        if (rest.substr(0, name.size()) == name && rest.size() > name.size() && rest[name.size()] == '=')
            return std::string(rest.substr(name.size() + 1, rest.find(',') - name.size() - 1));
    }
    return std::nullopt;
}

/// True for device arguments of DPDK's AF_XDP driver.
inline bool is_af_xdp(std::string_view device) noexcept
{
    return device.starts_with("net_af_xdp");
}

}  // namespace ferryd
