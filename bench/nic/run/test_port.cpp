#include "run/test_port.hpp"

#include <chrono>
#include <cstring>
#include <regex>
#include <thread>

#include <fmt/format.h>
#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

namespace ferry::bench {

bool is_pci_address(const std::string& device)
{
    static const std::regex address("([0-9a-fA-F]{4,}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\\.[0-7](,.*)?");
    return std::regex_match(device, address);
}

Expected<std::unique_ptr<ferryd::EthdevPort>> open_port(const std::string& device, const ferryd::EthdevOptions& options)
{
    auto port = ferryd::EthdevPort::open(device, options);
    if (!port && is_pci_address(device))
        return fail(port.error().code,
                    fmt::format("{}; is it bound to vfio-pci (dpdk-devbind.py --status), and its IOMMU group with it?",
                                port.error().sentence));
    return port;
}

Expected<void> await_links(const std::vector<ferryd::EthdevPort*>& ports, const std::vector<std::string>& devices,
                           double seconds, const std::atomic<bool>& stop)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    for (std::size_t i = 0; i < ports.size(); ++i) {
        ports[i]->observe();
        while (ports[i]->state() != "up") {
            if (std::chrono::steady_clock::now() >= end || stop.load())
                return fail(ErrorCode::unavailable,
                            fmt::format("the port {} has no link after {} s; is its cable plugged in, is the other "
                                        "end up, and does it take longer (--wait)?",
                                        devices[i], seconds));
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
            ports[i]->observe();
        }
    }
    return {};
}

PortFacts facts_of(const ferryd::EthdevPort& port, const std::string& device)
{
    PortFacts facts;
    facts.device = device.substr(0, device.find(','));
    rte_eth_dev_info info{};
    if (rte_eth_dev_info_get(port.number(), &info) == 0) {
        facts.driver = info.driver_name;
        const rte_bus* const bus = info.device != nullptr ? rte_dev_bus(info.device) : nullptr;
        facts.is_virtual =
            bus == nullptr || std::strcmp(rte_bus_name(bus), "vdev") == 0 || facts.driver.starts_with("net_virtio");
        if (!facts.is_virtual && info.max_mtu != 0 && info.max_mtu != UINT16_MAX)
            facts.most_bytes = info.max_mtu + RTE_ETHER_HDR_LEN;
    }
    rte_eth_link link{};
    if (!facts.is_virtual && rte_eth_link_get_nowait(port.number(), &link) == 0 &&
        link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN)
        facts.bits_per_second = link.link_speed * 1e6;
    if (port.interface_mtu() != 0)
        facts.most_bytes = port.interface_mtu() + RTE_ETHER_HDR_LEN;
    facts.numa_node = facts.is_virtual ? -1 : rte_eth_dev_socket_id(port.number());
    return facts;
}

}  // namespace ferry::bench
