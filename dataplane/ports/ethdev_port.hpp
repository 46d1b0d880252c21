// A port on any DPDK Ethernet device: AF_PACKET, AF_XDP, tap, pcap, null, or a NIC on PCI.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ferry/error.hpp>
#include <ferry/wire/address.hpp>

#include "ports/ethdev_conf.hpp"
#include "ports/packet_sockets.hpp"
#include "ports/port.hpp"
#include "ports/rx_interrupts.hpp"
#include "xdp/steering.hpp"
#include "xdp/tc_filter.hpp"

namespace ferryd {

/// A network interface of the kernel's behind a device.
struct KernelInterface {
    int index = 0;
    TcSide from_port = TcSide::received;  ///< where the kernel sees what the port receives
};

class EthdevPort final : public Port {
public:
    /// Plugs the device in and starts it. Control thread. Fails as probe_ethdev() does, with no_memory where the pool has not
    /// the buffers that AF_XDP receives into, and with unavailable where the device cannot be set up; it is unplugged again
    /// then. Where the device is to be steered, as Steering does, and it gets no frame until steer_to() is called; device
    /// arguments that name a program (xdp_prog) come before `steered_by`.
    static ferry::Expected<std::unique_ptr<EthdevPort>> open(const std::string& devargs, const EthdevOptions& options);
    ~EthdevPort() override;

    std::uint16_t receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t room) noexcept override;
    Transmitted transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept override;
    std::uint16_t receive_queues() const noexcept override { return receive_queues_; }
    std::uint16_t transmit_queues() const noexcept override { return transmit_queues_; }
    /// AF_PACKET's and AF_XDP's sockets are readable for as long as the queue has frames; other devices have Rx
    /// interrupts, or nothing.
    std::optional<int> arm(std::uint16_t queue) noexcept override;
    void disarm(std::uint16_t queue) noexcept override;
    std::string state() const override;
    std::uint64_t observe() override;
    void close() override;

    ferry::MacAddress mac() const;
    /// DPDK's number of the port.
    std::uint16_t number() const noexcept { return port_; }
    /// Where the kernel too sees each frame that the port receives, whether or not anybody polls it: packet sockets and taps.
    std::optional<KernelInterface> kernel_interface() const;
    /// Of the kernel's interface behind packet sockets, in bytes; 0 where there is none.
    std::uint32_t interface_mtu() const noexcept { return interface_mtu_.load(std::memory_order_relaxed); }
    /// From now on VXLAN to this VTEP comes by the port, where a program chooses its frames; otherwise it does so anyway.
    /// Fails as VtepMap::add() does.
    ferry::Expected<void> steer_to(const vtep_key& vtep);
    /// The kernel has it again, where a program chooses; otherwise nothing changes. Fails as VtepMap::remove() does.
    ferry::Expected<void> steer_away(const vtep_key& vtep);
    /// What chooses the port's frames; null where it gets all of them.
    const Steering* steering() const noexcept { return steering_.get(); }
    /// An AF_XDP device: it writes into the pool's memory, without the kernel's copying.
    bool zero_copy() const noexcept { return zero_copy_; }
    /// Any thread: while it is held the port refuses every frame as a stopped ring does.
    void hold(bool held) noexcept { held_.store(held, std::memory_order_release); }

private:
    EthdevPort(std::uint16_t port, const EthdevOptions& options) : port_(port), underlay_(options.underlay) {}
    ferry::Expected<void> start(const std::string& devargs, const EthdevOptions& options);
    bool start_with_interrupts(const std::string& devargs, rte_eth_conf conf, const EthdevOptions& options);
    ferry::Expected<void> run(const std::string& devargs, const rte_eth_conf& conf, const EthdevOptions& options);
    void discard_received() noexcept;
    std::uint16_t sendable(rte_mbuf** frames, std::uint16_t count, std::uint32_t mtu) const noexcept;
    static bool too_large(const rte_mbuf* frame, std::uint32_t mtu) noexcept;
    bool is_enabled() const noexcept;

    std::uint16_t port_;
    std::uint16_t receive_queues_ = 1, transmit_queues_ = 1;
    bool underlay_;
    bool chains_ = false;          ///< the device sends frames of several buffers
    bool promiscuous_ = false;     ///< the device was made so, and is to be made as it was
    bool zero_copy_ = false;
    bool open_ = true;
    std::atomic<bool> link_up_{true};
    std::atomic<bool> held_{false};
    std::atomic<std::uint32_t> interface_mtu_{0};  ///< of a kernel interface behind packet sockets; 0: not known
    std::vector<std::optional<int>> wakes_;        ///< by receive queue, the driver's sockets
    std::unique_ptr<RxInterrupts> interrupts_;     ///< null: the device has none
    PacketSockets sockets_;
    std::unique_ptr<Steering> steering_;
};

}  // namespace ferryd
