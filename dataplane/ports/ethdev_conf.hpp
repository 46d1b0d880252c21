// What an Ethernet device of DPDK's is asked for when it is configured.
#pragma once

#include <cstdint>
#include <filesystem>

struct rte_eth_conf;
struct rte_eth_dev_info;
struct rte_mempool;

namespace ferryd {

struct EthdevOptions {
    rte_mempool* pool = nullptr;
    std::uint16_t receive_queues = 1;   ///< at most; a device may have fewer
    std::uint16_t transmit_queues = 1;  ///< at most
    std::uint16_t mtu = 1500;           ///< largest IP packet to be received, where the device lets it be set
    std::uint16_t descriptors = 1024;   ///< of each queue, as near as the device comes
    bool promiscuous = false;           ///< take frames for every MAC
    bool all_multicast = false;         ///< take every multicast, besides frames for the device's own MAC
    bool underlay = false;              ///< which decides the reason of drops while the link is down
    bool interrupts = true;             ///< of receive queues, where there are some; whoever polls may sleep
    std::filesystem::path steered_by;   ///< the BPF object that chooses an AF_XDP device's frames; empty: it gets all of them
};

/// Of what the device offers, what `options` and `receive_queues` (as many as it will have) call for; no interrupts yet.
/// Several queues share frames by IP addresses and UDP ports, those of the outermost headers where the device can be told
/// so (RTE_ETH_RSS_LEVEL_OUTERMOST): the outer source port has the inner flow's entropy (RFC 7348, section 5).
rte_eth_conf configuration_for(const rte_eth_dev_info& info, const EthdevOptions& options,
                               std::uint16_t receive_queues);

}  // namespace ferryd
