// A port to a VM over vhost-user, on DPDK's vhost library itself, so that ferry sees when its rings start and stop.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include <ferry/error.hpp>

#include "config/config.hpp"
#include "ports/kick.hpp"
#include "ports/port.hpp"
#include "ports/ring_event.hpp"

struct rte_mempool;

namespace ferryd {

class VhostPort final : public Port {
public:
    static constexpr std::uint16_t most_pairs = 16;

    /// Registers the socket; nothing connects before start(). Control thread. Fails with in_use where another process
    /// listens on the socket, already_exists where another port has it, invalid_argument.
    static ferry::Expected<std::unique_ptr<VhostPort>> open(const VhostUserPort& config, PortKey key, RingHost& host, rte_mempool* pool);
    ~VhostPort() override;

    /// Connects (client, again and again) or listens (server). The ring's events begin. Fails with unavailable.
    ferry::Expected<void> start();

    std::uint16_t receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t room) noexcept override;
    /// Refuses as ring_stopped or ring_full. The queue is chosen by the frame's flow; `queue` is not looked at.
    Transmitted transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept override;
    /// The guest's kicks, which it is asked for while the queue is armed.
    std::optional<int> arm(std::uint16_t queue) noexcept override;
    void disarm(std::uint16_t queue) noexcept override;
    std::uint16_t receive_queues() const noexcept override { return queues_; }
    std::uint16_t transmit_queues() const noexcept override { return 1; }
    std::string state() const override;
    std::uint64_t observe() override { return 0; }
    void close() override;

    bool migrating() const noexcept override { return migrating_.load(std::memory_order_relaxed); }
    /// Control thread: lets the VM send, or not. What it sends waits in its ring; after each start it may not.
    void admit(bool may_send) noexcept;
    bool running() const noexcept { return device_.load(std::memory_order_relaxed) >= 0; }

    // DPDK's vhost thread, by way of vhost_callbacks.
    void connected(int device) noexcept;
    void disconnected() noexcept;
    void ring_started(int device);
    void ring_stopped();
    void ring_enabled(std::uint16_t ring, bool enabled) noexcept;
    void features_changed(std::uint64_t features);

private:
    VhostPort(const VhostUserPort& config, PortKey key, RingHost& host, rte_mempool* pool);
    void take_kick(int device, std::uint16_t pair) noexcept;
    std::uint16_t enqueue(int device, std::uint16_t pair, rte_mbuf** frames, std::uint16_t count) noexcept;
    std::uint16_t enqueue_by_flow(int device, std::uint16_t pairs, rte_mbuf** frames, std::uint16_t count) noexcept;

    const std::string path_;
    const bool client_;
    const std::uint16_t queues_;
    const PortKey key_;
    RingHost& host_;
    rte_mempool* const pool_;
    bool open_ = true;

    /// The vhost device that workers may touch; negative while the ring is stopped.
    std::atomic<int> device_{-1};
    std::atomic<std::uint16_t> pairs_{0};
    std::array<std::atomic<bool>, most_pairs> receives_{};  ///< by pair: the guest's receive ring is enabled
    std::array<Kick, most_pairs> kicks_;                    ///< by pair: of the guest's transmit ring
    std::atomic<bool> connected_{false}, migrating_{false}, admitted_{false};
};

}  // namespace ferryd
