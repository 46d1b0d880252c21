// A port of the tester: opened, its link awaited, and what there is to know of it.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <ferry/error.hpp>

#include "ports/ethdev_port.hpp"

namespace ferry::bench {

struct PortFacts {
    std::string device;           ///< PCI address, or name in the device arguments
    std::string driver;           ///< DPDK's name of it
    bool is_virtual = true;       ///< no NIC behind DPDK's driver
    double bits_per_second = 0;   ///< of the link; 0: not known, as of all virtual ports
    std::uint32_t most_bytes = 0; ///< the largest frame without FCS that it takes; 0: not known
    int numa_node = -1;
};

/// True for "0000:3b:00.0" and "3b:00.0", with arguments or without.
bool is_pci_address(const std::string& device);

/// Opens the port. Fails with what the device fails with.
Expected<std::unique_ptr<ferryd::EthdevPort>> open_port(const std::string& device,
                                                        const ferryd::EthdevOptions& options);

/// Waits until the links of all ports are up. Fails with unavailable after `seconds`, or when `stop` is set.
Expected<void> await_links(const std::vector<ferryd::EthdevPort*>& ports, const std::vector<std::string>& devices,
                           double seconds, const std::atomic<bool>& stop);

PortFacts facts_of(const ferryd::EthdevPort& port, const std::string& device);

}  // namespace ferry::bench
