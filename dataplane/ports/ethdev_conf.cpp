#include "ports/ethdev_conf.hpp"

#include <rte_ethdev.h>

namespace ferryd {
namespace {

constexpr std::uint32_t ethernet_overhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

/// The level is no type of its own, but DPDK checks it against the device's offer as if it were.
std::uint64_t hashed(const rte_eth_dev_info& info)
{
    const std::uint64_t types = info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP);
    return types == 0 ? 0 : types | (info.flow_type_rss_offloads & RTE_ETH_RSS_LEVEL_OUTERMOST);
}

}  // namespace

rte_eth_conf configuration_for(const rte_eth_dev_info& info, const EthdevOptions& options,
                               std::uint16_t receive_queues)
{
    rte_eth_conf conf{};
    // A device that takes 1,500 bytes at most (AF_PACKET says so, and receives more) keeps its own MTU.
    const std::uint32_t longest = options.mtu + ethernet_overhead;
    if (options.mtu > RTE_ETHER_MTU && info.max_rx_pktlen >= longest && options.mtu <= info.max_mtu)
        conf.rxmode.mtu = options.mtu;
    const std::uint32_t room = rte_pktmbuf_data_room_size(options.pool) - RTE_PKTMBUF_HEADROOM;
    if (longest > room)
        conf.rxmode.offloads |= info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
    if (receive_queues > 1) {
        conf.rx_adv_conf.rss_conf.rss_hf = hashed(info);
        if (conf.rx_adv_conf.rss_conf.rss_hf != 0)
            conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    }
    conf.txmode.offloads |= info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
    return conf;
}

}  // namespace ferryd
