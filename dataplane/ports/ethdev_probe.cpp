#include "ports/ethdev_probe.hpp"

#include <net/if.h>

#include <set>

#include <fmt/format.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <spdlog/spdlog.h>

#include "config/device_arguments.hpp"
#include "host/eal_log.hpp"

namespace ferryd {

using ferry::ErrorCode;

namespace {

std::set<std::uint16_t> all_ports()
{
    std::set<std::uint16_t> ports;
    std::uint16_t port = 0;
    RTE_ETH_FOREACH_DEV(port)
    ports.insert(port);
    return ports;
}

/// Drivers over an interface that the kernel must have already.
bool needs_interface(std::string_view device)
{
    return device.starts_with("net_af_packet") || device.starts_with("net_af_xdp") || device.starts_with("eth_af_packet");
}

}  // namespace

ferry::Expected<std::uint16_t> probe_ethdev(const std::string& devargs)
{
    const std::string device = devargs.substr(0, devargs.find(','));
    std::uint16_t existing = 0;
    if (rte_eth_dev_get_port_by_name(device.c_str(), &existing) == 0)
        return ferry::fail(ErrorCode::already_exists,
                           fmt::format("the device {} is in use already; give it another number", device));
    if (needs_interface(device)) {
        const auto interface = device_argument(devargs, "iface");
        if (!interface)
            return ferry::fail(ErrorCode::invalid_argument,
                               fmt::format("the device {} needs an interface: \"{},iface=NAME\"", device, device));
        if (if_nametoindex(interface->c_str()) == 0)
            return ferry::fail(ErrorCode::not_found,
                               fmt::format("the device {} names the interface {}, which this host does not have (ip link)",
                                           device, *interface));
    }

    const std::set<std::uint16_t> before = all_ports();
    const EalComplaints complaints;
    const int result = rte_dev_probe(devargs.c_str());
    if (result < 0)
        return ferry::fail(ErrorCode::invalid_argument,
                           fmt::format("the device \"{}\" does not start: {}{}; is the driver's name right, are its arguments?",
                                       devargs, rte_strerror(-result), complaints.text()));
    for (const std::uint16_t port : all_ports()) {
        if (!before.contains(port))
            return port;
    }
    return ferry::fail(ErrorCode::invalid_argument, fmt::format("the device \"{}\" is no Ethernet device", devargs));
}

void remove_ethdev(std::uint16_t port)
{
    rte_eth_dev_info info{};
    rte_device* device = rte_eth_dev_info_get(port, &info) == 0 ? info.device : nullptr;
    rte_eth_dev_close(port);
    if (device == nullptr)
        return;
    const std::string name = rte_dev_name(device);
    const EalComplaints complaints;
    if (rte_dev_remove(device) < 0)
        spdlog::warn("the device {} was closed but could not be unplugged{}", name, complaints.text());
}

}  // namespace ferryd
