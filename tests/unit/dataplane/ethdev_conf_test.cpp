// What devices are asked for: table of offer and wish.
#include "ports/ethdev_conf.hpp"

#include <catch2/catch.hpp>
#include <rte_ethdev.h>

#include "eal.hpp"

using ferryd::configuration_for;
using ferryd::EthdevOptions;

namespace {

constexpr std::uint64_t ip_and_udp = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP;

EthdevOptions options()
{
    static rte_mempool* pool = ferry::test::make_pool("conf", 15);
    EthdevOptions made;
    made.pool = pool;
    return made;
}

rte_eth_conf with_rss(std::uint64_t offered, std::uint16_t queues)
{
    rte_eth_dev_info info{};
    info.flow_type_rss_offloads = offered;
    return configuration_for(info, options(), queues);
}

}  // namespace

TEST_CASE("several queues share frames by addresses and UDP ports, and by nothing else that is offered")
{
    const rte_eth_conf conf = with_rss(ip_and_udp | RTE_ETH_RSS_TCP | RTE_ETH_RSS_L2_PAYLOAD, 2);
    CHECK(conf.rxmode.mq_mode == RTE_ETH_MQ_RX_RSS);
    CHECK(conf.rx_adv_conf.rss_conf.rss_hf == ip_and_udp);
}

TEST_CASE("of the outermost headers, where the device lets that be said")
{
    const auto asked = [](std::uint64_t level) { return with_rss(ip_and_udp | level, 2).rx_adv_conf.rss_conf.rss_hf; };
    CHECK(asked(RTE_ETH_RSS_LEVEL_MASK) == (ip_and_udp | RTE_ETH_RSS_LEVEL_OUTERMOST));
    CHECK(asked(RTE_ETH_RSS_LEVEL_OUTERMOST) == (ip_and_udp | RTE_ETH_RSS_LEVEL_OUTERMOST));
    CHECK(asked(RTE_ETH_RSS_LEVEL_INNERMOST) == ip_and_udp);
    CHECK(asked(RTE_ETH_RSS_LEVEL_PMD_DEFAULT) == ip_and_udp);
}

TEST_CASE("nothing is shared where there is one queue, or nothing to share by")
{
    constexpr std::uint64_t level = RTE_ETH_RSS_LEVEL_MASK;
    for (const rte_eth_conf& conf : {with_rss(ip_and_udp | level, 1), with_rss(level, 2)}) {
        CHECK(conf.rxmode.mq_mode == RTE_ETH_MQ_RX_NONE);
        CHECK(conf.rx_adv_conf.rss_conf.rss_hf == 0);
    }
}

TEST_CASE("an MTU larger than Ethernet's, and chains of buffers for it, are asked for where the device has them")
{
    rte_eth_dev_info info{};
    info.max_rx_pktlen = 9'018;
    info.max_mtu = 9'000;
    info.rx_offload_capa = RTE_ETH_RX_OFFLOAD_SCATTER;
    EthdevOptions asked = options();
    CHECK(configuration_for(info, asked, 1).rxmode.mtu == 0);
    asked.mtu = 1'600;
    CHECK(configuration_for(info, asked, 1).rxmode.mtu == 1'600);
    CHECK(configuration_for(info, asked, 1).rxmode.offloads == 0);
    asked.mtu = 9'000;
    CHECK(configuration_for(info, asked, 1).rxmode.mtu == 9'000);
    CHECK(configuration_for(info, asked, 1).rxmode.offloads == RTE_ETH_RX_OFFLOAD_SCATTER);
    asked.mtu = 9'001;
    CHECK(configuration_for(info, asked, 1).rxmode.mtu == 0);
}
