#include "ports/ethdev_port.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include <fmt/format.h>
#include <rte_ethdev.h>
#include <spdlog/spdlog.h>

#include "config/device_arguments.hpp"
#include "host/eal_log.hpp"
#include "ports/ethdev_probe.hpp"
#include "ports/fanout_options.hpp"
#include "xdp/xdp_sockets.hpp"

namespace ferryd {

using ferry::ErrorCode;

namespace {

constexpr int transmit_attempts = 4;
/// Frames of AF_PACKET's rings where the device's arguments do not say, and of AF_XDP's: a worker that was asleep may wait some
/// tens of milliseconds for a processor that others use, in which 512 are full at 50,000 frames a second. With AF_PACKET 4 MiB
/// each way; more than these never wait on AF_XDP, where DPDK's driver gives the kernel as many buffers to fill.
constexpr std::uint16_t socket_ring = 2048;
constexpr const char* hint_on_steering =
    "; the kernel must let ferryd load the program (CAP_BPF, CAP_NET_ADMIN), and the interface take it (its MTU may be too "
    "large for that, or LRO be on)";

/// Sockets wake whoever waits for them by themselves.
bool may_have_interrupts(const rte_eth_dev_info& info)
{
    const std::string_view driver(info.driver_name == nullptr ? "" : info.driver_name);
    return driver != "net_af_packet" && driver != "net_af_xdp";
}

/// The interface that `steered_by` is to be loaded on, if it is.
std::optional<std::string> steered_interface(const std::string& devargs, const EthdevOptions& options)
{
    if (options.steered_by.empty() || !is_af_xdp(devargs) || device_argument(devargs, "xdp_prog"))
        return std::nullopt;
    return device_argument(devargs, "iface");
}

/// The arguments as they were given, with what ferry adds where they say nothing of it.
std::string completed(const std::string& device, const std::optional<std::string>& steered, const EthdevOptions& options)
{
    if (steered)
        return fmt::format("{},xdp_prog={}", device, options.steered_by.string());
    if (device.starts_with("net_af_packet") && !device_argument(device, "framecnt"))
        return fmt::format("{},framecnt={}", device, socket_ring);
    return device;
}

}  // namespace

ferry::Expected<std::unique_ptr<EthdevPort>> EthdevPort::open(const std::string& device, const EthdevOptions& options)
{
    const auto steered = steered_interface(device, options);
    const std::string devargs = completed(device, steered, options);
    if (steered) {
        if (auto prepared = Steering::prepare(*steered, options.steered_by); !prepared)
            return tl::unexpected(prepared.error());
    }
    const std::set<int> before = open_descriptors();
    const FanoutOptions fanout_options;
    auto number = probe_ethdev(devargs);
    if (!number)
        return tl::unexpected(number.error());
    auto port = std::unique_ptr<EthdevPort>(new EthdevPort(*number, options));
    port->sockets_ = PacketSockets::opened_since(before);
    port->wakes_.assign(fanout_options.sockets().begin(), fanout_options.sockets().end());
    if (port->sockets_.reassemble())
        spdlog::warn("the device \"{}\" takes frames in whose IP fragments the kernel has put together", devargs);
    if (auto started = port->start(devargs, options); !started)
        return ferry::fail(started.error().code, started.error().sentence +
                                                     (steered && started.error().code == ErrorCode::unavailable ? hint_on_steering : ""));
    if (steered) {
        auto found = Steering::find(*steered);
        if (!found)
            return tl::unexpected(found.error());
        port->steering_ = std::move(*found);
        port->zero_copy_ = all_zero_copy(ferryd::opened_since(before));
    }
    port->discard_received();
    port->observe();
    // The kernel tells of a new carrier up to a second late; what is sent meanwhile would be refused.
    for (int i = 0; i < 100 && !port->link_up_ && port->is_enabled(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
        port->observe();
    }
    if (const std::uint32_t mtu = port->interface_mtu_; options.underlay && mtu != 0 && mtu < options.mtu)
        spdlog::warn("the interface of \"{}\" has an MTU of {}, which is less than the underlay's {}; larger frames are dropped "
                     "(ip link set mtu)", devargs, mtu, options.mtu);
    return port;
}

ferry::Expected<void> EthdevPort::start(const std::string& devargs, const EthdevOptions& options)
{
    rte_eth_dev_info info{};
    if (const int result = rte_eth_dev_info_get(port_, &info); result != 0)
        return ferry::fail(ErrorCode::unavailable,
                           fmt::format("the device \"{}\": asking for its abilities failed: {}", devargs, rte_strerror(-result)));
    receive_queues_ = std::max<std::uint16_t>(1, std::min(options.receive_queues, info.max_rx_queues));
    transmit_queues_ = std::max<std::uint16_t>(1, std::min(options.transmit_queues, info.max_tx_queues));
    rte_eth_conf conf = configuration_for(info, options, receive_queues_);
    chains_ = conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
    if (!options.interrupts || !may_have_interrupts(info) || !start_with_interrupts(devargs, conf, options)) {
        if (auto started = run(devargs, conf, options); !started)
            return started;
    }
    if (options.promiscuous && !sockets_.empty()) {
        sockets_.make_promiscuous();
    } else if (options.promiscuous) {
        // Not every driver can; those over a file take every frame anyway.
        promiscuous_ = rte_eth_promiscuous_enable(port_) == 0;
        rte_eth_allmulticast_enable(port_);
    } else if (options.all_multicast) {
        rte_eth_allmulticast_enable(port_);
    }
    return {};
}

/// True: the device runs, with interrupts or as one that knows none. Else it does not run.
bool EthdevPort::start_with_interrupts(const std::string& devargs, rte_eth_conf conf, const EthdevOptions& options)
{
    // INTx and MSI have one descriptor, which a PCI device has from its probe on; MSI-X gets its own at the start.
    const std::set<int> others = devargs.starts_with("net_") ? std::set<int>{} : open_descriptors();
    conf.intr_conf.rxq = 1;
    auto started = run(devargs, conf, options);
    if (started) {
        const EalComplaints of_drivers_without;
        auto found = RxInterrupts::find(port_, receive_queues_, others);
        if (found) {
            interrupts_ = std::move(*found);
            return true;
        }
        rte_eth_dev_stop(port_);
        started = tl::unexpected(found.error());
    }
    spdlog::debug("the device \"{}\" is used without Rx interrupts: {}", devargs, started.error().sentence);
    return false;
}

/// Configures the device, which does not run, and starts it.
ferry::Expected<void> EthdevPort::run(const std::string& devargs, const rte_eth_conf& conf, const EthdevOptions& options)
{
    const EalComplaints complaints;
    const auto failed = [&](const char* what, int result) {
        return ferry::fail(ErrorCode::unavailable, fmt::format("the device \"{}\": {} failed: {}{}", devargs, what,
                                                               rte_strerror(-result), complaints.text()));
    };
    if (const int result = rte_eth_dev_configure(port_, receive_queues_, transmit_queues_, &conf); result != 0)
        return failed("configuration", result);
    const bool of_af_xdp = is_af_xdp(devargs);
    const std::uint16_t wanted = of_af_xdp ? std::max(options.descriptors, socket_ring) : options.descriptors;
    std::uint16_t receive_descriptors = wanted, transmit_descriptors = wanted;
    if (const int result = rte_eth_dev_adjust_nb_rx_tx_desc(port_, &receive_descriptors, &transmit_descriptors); result != 0)
        return failed("choosing the size of its rings", result);
    const auto socket = static_cast<unsigned>(std::max(0, rte_eth_dev_socket_id(port_)));
    wakes_.resize(receive_queues_);
    for (std::uint16_t queue = 0; queue < receive_queues_; ++queue) {
        if (const unsigned free = rte_mempool_avail_count(options.pool); of_af_xdp && free < socket_ring)
            return ferry::fail(ErrorCode::no_memory, fmt::format("the device \"{}\" keeps {} buffers for each queue to receive into, and {} "
                                                                 "are left for queue {}; raise dpdk.buffers", devargs, socket_ring, free, queue));
        const std::set<int> before = open_descriptors();
        if (const int result = rte_eth_rx_queue_setup(port_, queue, receive_descriptors, socket, nullptr, options.pool); result != 0)
            return failed("setting up a receive queue", result);
        if (const auto found = only_xdp_socket(ferryd::opened_since(before)))
            wakes_[queue] = found;
    }
    for (std::uint16_t queue = 0; queue < transmit_queues_; ++queue) {
        if (const int result = rte_eth_tx_queue_setup(port_, queue, transmit_descriptors, socket, nullptr); result != 0)
            return failed("setting up a transmit queue", result);
    }
    if (const int result = rte_eth_dev_start(port_); result != 0)
        return failed("start", result);
    return {};
}

/// Frees what came before the port's sockets were told what they are not to take.
void EthdevPort::discard_received() noexcept
{
    constexpr int most_bursts = 64;
    if (sockets_.empty())
        return;
    std::array<rte_mbuf*, 32> frames{};
    for (std::uint16_t queue = 0; queue < receive_queues_; ++queue) {
        for (int i = 0; i < most_bursts; ++i) {
            const std::uint16_t count = receive(queue, frames.data(), frames.size());
            rte_pktmbuf_free_bulk(frames.data(), count);
            if (count == 0)
                break;
        }
    }
}

EthdevPort::~EthdevPort()
{
    close();
}

std::string EthdevPort::state() const
{
    if (held_.load(std::memory_order_relaxed))
        return "held";
    return link_up_.load(std::memory_order_relaxed) ? "up" : "down";
}

std::optional<int> EthdevPort::arm(std::uint16_t queue) noexcept
{
    if (interrupts_ != nullptr)
        return interrupts_->arm(queue);
    return queue < wakes_.size() ? wakes_[queue] : std::nullopt;
}

void EthdevPort::disarm(std::uint16_t queue) noexcept
{
    if (interrupts_ != nullptr)
        interrupts_->disarm(queue);
}

std::uint16_t EthdevPort::receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t room) noexcept
{
    return rte_eth_rx_burst(port_, queue, frames, room);
}

Transmitted EthdevPort::transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept
{
    if (held_.load(std::memory_order_relaxed)) [[unlikely]]
        return {0, ferry::DropReason::ring_stopped};
    const bool link_up = link_up_.load(std::memory_order_relaxed);
    const auto refusal = underlay_ && !link_up ? ferry::DropReason::underlay_down : ferry::DropReason::transmit_failed;
    if (!link_up && !sockets_.empty())
        return {0, refusal};
    const std::uint32_t mtu = interface_mtu_.load(std::memory_order_relaxed);
    const std::uint16_t good = chains_ && mtu == 0 ? count : sendable(frames, count, mtu);
    std::uint16_t taken = 0;
    for (int attempt = 0; taken < good && attempt < transmit_attempts; ++attempt)
        taken = static_cast<std::uint16_t>(taken + rte_eth_tx_burst(port_, queue, frames + taken, static_cast<std::uint16_t>(good - taken)));
    if (taken < good || good == count)
        return {taken, refusal, Transmitted::all_others, taken < good && link_up};
    return {taken, too_large(frames[good], mtu) ? ferry::DropReason::frame_too_big : ferry::DropReason::transmit_failed, 1};
}

/// How many frames come before one that the device cannot send. A frame of several buffers is made one where the device
/// wants that.
std::uint16_t EthdevPort::sendable(rte_mbuf** frames, std::uint16_t count, std::uint32_t mtu) const noexcept
{
    const auto chained = [&](const rte_mbuf* frame) { return !chains_ && frame->nb_segs != 1; };
    if (mtu == 0 && std::none_of(frames, frames + count, chained)) [[likely]]
        return count;
    const auto sends = [&](rte_mbuf* frame) {
        return !too_large(frame, mtu) && (!chained(frame) || rte_pktmbuf_linearize(frame) == 0);
    };
    return static_cast<std::uint16_t>(std::find_if_not(frames, frames + count, sends) - frames);
}

/// The kernel's own rule: a VLAN tag does not count. An MTU of 0 bounds nothing.
bool EthdevPort::too_large(const rte_mbuf* frame, std::uint32_t mtu) noexcept
{
    if (mtu == 0 || frame->pkt_len <= mtu + RTE_ETHER_HDR_LEN)
        return false;
    const bool tagged = frame->data_len >= RTE_ETHER_HDR_LEN &&
                        rte_pktmbuf_mtod(frame, const rte_ether_hdr*)->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_VLAN);
    return !tagged || frame->pkt_len > mtu + RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN;
}

/// Whether the kernel's interface behind the device, if there is one, has been switched on.
bool EthdevPort::is_enabled() const noexcept
{
    const auto interface = sockets_.interface();
    return interface && interface->enabled;
}

std::uint64_t EthdevPort::observe()
{
    rte_eth_link link{};
    if (const auto interface = sockets_.interface()) {
        link_up_.store(interface->up, std::memory_order_relaxed);
        interface_mtu_.store(interface->mtu, std::memory_order_relaxed);
    } else if (rte_eth_link_get_nowait(port_, &link) == 0) {
        link_up_.store(link.link_status == RTE_ETH_LINK_UP, std::memory_order_relaxed);
    }
    rte_eth_stats statistics{};
    std::uint64_t missed = sockets_.dropped();
    if (rte_eth_stats_get(port_, &statistics) == 0)
        missed += statistics.imissed;
    return missed;
}

void EthdevPort::close()
{
    if (!open_)
        return;
    open_ = false;
    if (promiscuous_)
        rte_eth_promiscuous_disable(port_);  // AF_XDP's driver leaves the flag on the interface otherwise
    rte_eth_dev_stop(port_);
    remove_ethdev(port_);
}

ferry::Expected<void> EthdevPort::steer_to(const vtep_key& vtep)
{
    return steering_ ? steering_->vteps().add(vtep) : ferry::Expected<void>{};
}

ferry::Expected<void> EthdevPort::steer_away(const vtep_key& vtep)
{
    return steering_ ? steering_->vteps().remove(vtep) : ferry::Expected<void>{};
}

/// Not AF_XDP: its frames leave the kernel before any filter could see them.
std::optional<KernelInterface> EthdevPort::kernel_interface() const
{
    rte_eth_dev_info info{};
    if (rte_eth_dev_info_get(port_, &info) != 0 || info.driver_name == nullptr || info.if_index == 0)
        return std::nullopt;
    const std::string_view driver(info.driver_name);
    if (driver == "net_af_packet")
        return KernelInterface{static_cast<int>(info.if_index), TcSide::received};
    if (driver == "net_tap")  // DPDK holds its descriptor, so that the kernel sends what the port receives
        return KernelInterface{static_cast<int>(info.if_index), TcSide::sent};
    return std::nullopt;
}

ferry::MacAddress EthdevPort::mac() const
{
    rte_ether_addr address{};
    ferry::MacAddress mac;
    if (rte_eth_macaddr_get(port_, &address) == 0)
        std::copy(std::begin(address.addr_bytes), std::end(address.addr_bytes), mac.bytes.begin());
    return mac;
}

}  // namespace ferryd
