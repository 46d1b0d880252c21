#include "ports/vhost_port.hpp"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>
#include <rte_vhost.h>
#include <spdlog/spdlog.h>

#include <ferry/wire/entropy.hpp>

#include "host/eal_log.hpp"
#include "host/socket_path.hpp"
#include "ports/vhost_callbacks.hpp"

namespace ferryd {

using ferry::DropReason;
using ferry::ErrorCode;

namespace {

/// VIRTIO_NET_F_CSUM, GUEST_CSUM, GUEST_TSO4, GUEST_TSO6, GUEST_ECN, GUEST_UFO, HOST_TSO4, HOST_TSO6, HOST_ECN and
/// HOST_UFO (virtio 1.1 §5.1.3): a guest that has them leaves checksums and segments for somebody else to finish.
constexpr std::uint64_t unfinished_frames = 1U << 0 | 1U << 1 | 0xffU << 7;
constexpr std::uint64_t log_all = 1ULL << 26;  // VHOST_F_LOG_ALL


constexpr std::uint16_t guest_receive_ring(std::uint16_t pair) noexcept { return static_cast<std::uint16_t>(2 * pair); }
constexpr std::uint16_t guest_transmit_ring(std::uint16_t pair) noexcept { return static_cast<std::uint16_t>(2 * pair + 1); }

}  // namespace

VhostPort::VhostPort(const VhostUserPort& config, PortKey key, RingHost& host, rte_mempool* pool)
    : path_(config.socket.string()),
      client_(config.client),
      queues_(std::clamp<std::uint16_t>(config.queues, 1, most_pairs)),
      key_(key),
      host_(host),
      pool_(pool)
{
}

ferry::Expected<std::unique_ptr<VhostPort>> VhostPort::open(const VhostUserPort& config, PortKey key, RingHost& host, rte_mempool* pool)
{
    if (config.queues > most_pairs)
        return ferry::fail(ErrorCode::invalid_argument, fmt::format("a port has at most {} queues", most_pairs));
    if (has_vhost_callbacks(config.socket.string()))
        return ferry::fail(ErrorCode::already_exists, fmt::format("another port has the socket {}", config.socket.string()));
    // Before DPDK knows the path: unregistering it removes whatever a server finds there.
    if (!config.client) {
        if (auto free = free_socket_path(config.socket); !free)
            return tl::unexpected(free.error());
    }
    auto port = std::unique_ptr<VhostPort>(new VhostPort(config, key, host, pool));
    port->open_ = false;
    const EalComplaints complaints;
    const std::uint64_t flags = RTE_VHOST_USER_NET_COMPLIANT_OL_FLAGS | (config.client ? RTE_VHOST_USER_CLIENT : 0);
    if (rte_vhost_driver_register(port->path_.c_str(), flags) != 0)
        return ferry::fail(ErrorCode::unavailable, fmt::format("DPDK does not take the vhost-user socket {}{}", port->path_,
                                                               complaints.text()));
    port->open_ = true;
    if (rte_vhost_driver_disable_features(port->path_.c_str(), unfinished_frames) != 0)
        return ferry::fail(ErrorCode::internal, fmt::format("DPDK does not withhold features of {}", port->path_));
    if (auto attached = attach_vhost_callbacks(port->path_, *port); !attached)
        return tl::unexpected(attached.error());
    return port;
}

VhostPort::~VhostPort()
{
    close();
}

ferry::Expected<void> VhostPort::start()
{
    const EalComplaints complaints;
    if (rte_vhost_driver_start(path_.c_str()) != 0)
        return ferry::fail(ErrorCode::unavailable,
                           fmt::format("the vhost-user socket {} cannot be {}{}", path_,
                                       client_ ? "connected to" : "listened on", complaints.text()));
    return {};
}

void VhostPort::close()
{
    if (!open_)
        return;
    open_ = false;
    // Ends a connection as its other side would: ring_stopped() and disconnected() come before this returns.
    rte_vhost_driver_unregister(path_.c_str());
    detach_vhost_callbacks(path_);
}

std::string VhostPort::state() const
{
    if (running())
        return "up";
    return connected_.load(std::memory_order_relaxed) ? "stopped" : "waiting";
}

std::uint16_t VhostPort::receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t room) noexcept
{
    const int device = device_.load(std::memory_order_acquire);
    if (device < 0 || !admitted_.load(std::memory_order_acquire) || queue >= pairs_.load(std::memory_order_relaxed))
        return 0;
    return rte_vhost_dequeue_burst(device, guest_transmit_ring(queue), pool_, frames, room);
}

std::optional<int> VhostPort::arm(std::uint16_t queue) noexcept
{
    const int device = device_.load(std::memory_order_acquire);
    if (device < 0 || !admitted_.load(std::memory_order_acquire) || queue >= pairs_.load(std::memory_order_relaxed))
        return -1;
    const int kick = kicks_[queue].descriptor();
    if (kick < 0)
        return std::nullopt;
    kicks_[queue].drain();
    if (rte_vhost_enable_guest_notification(device, guest_transmit_ring(queue), 1) != 0)
        return std::nullopt;
    return kick;
}

void VhostPort::disarm(std::uint16_t queue) noexcept
{
    const int device = device_.load(std::memory_order_acquire);
    if (device >= 0 && queue < pairs_.load(std::memory_order_relaxed))
        rte_vhost_enable_guest_notification(device, guest_transmit_ring(queue), 0);
}

void VhostPort::admit(bool may_send) noexcept
{
    admitted_.store(may_send, std::memory_order_release);
    host_.wake_workers();
}

Transmitted VhostPort::transmit(std::uint16_t, rte_mbuf** frames, std::uint16_t count) noexcept
{
    const int device = device_.load(std::memory_order_acquire);
    if (device < 0 || !receives_[0].load(std::memory_order_relaxed))
        return {0, DropReason::ring_stopped};
    const std::uint16_t pairs = pairs_.load(std::memory_order_relaxed);
    const std::uint16_t taken =
        pairs > 1 ? enqueue_by_flow(device, pairs, frames, count) : enqueue(device, 0, frames, count);
    return {taken, DropReason::ring_full};
}

/// Copies frames into the guest's ring and frees those that it took. DPDK takes 32 at a time (MAX_PKT_BURST), however many there are.
std::uint16_t VhostPort::enqueue(int device, std::uint16_t pair, rte_mbuf** frames, std::uint16_t count) noexcept
{
    constexpr std::uint16_t at_a_time = 32;
    std::uint16_t taken = 0, wanted = 0;
    do {
        const auto part = std::min(static_cast<std::uint16_t>(count - wanted), at_a_time);
        taken = static_cast<std::uint16_t>(taken + rte_vhost_enqueue_burst(device, guest_receive_ring(pair), frames + taken, part));
        wanted = static_cast<std::uint16_t>(wanted + part);
    } while (taken == wanted && wanted < count);
    rte_pktmbuf_free_bulk(frames, taken);
    return taken;
}

/// Runs of frames whose flows belong to one queue go there together; the first run that does not fit ends the burst, so
/// that what is refused is its end.
std::uint16_t VhostPort::enqueue_by_flow(int device, std::uint16_t pairs, rte_mbuf** frames, std::uint16_t count) noexcept
{
    const auto pair_of = [&](const rte_mbuf* frame) {
        const std::uint32_t hash = ferry::wire::flow_hash(rte_pktmbuf_mtod(frame, const std::uint8_t*), rte_pktmbuf_data_len(frame));
        const auto pair = static_cast<std::uint16_t>(std::uint64_t{hash} * pairs >> 32);
        return receives_[pair].load(std::memory_order_relaxed) ? pair : std::uint16_t{0};
    };
    std::uint16_t done = 0;
    std::uint16_t pair = pair_of(frames[0]);
    while (done < count) {
        std::uint16_t end = static_cast<std::uint16_t>(done + 1);
        std::uint16_t next = 0;
        while (end < count && (next = pair_of(frames[end])) == pair)
            ++end;
        const auto run = static_cast<std::uint16_t>(end - done);
        const std::uint16_t taken = enqueue(device, pair, frames + done, run);
        done = static_cast<std::uint16_t>(done + taken);
        if (taken < run)
            break;
        pair = next;
    }
    return done;
}

void VhostPort::connected(int) noexcept
{
    connected_.store(true, std::memory_order_relaxed);
}

void VhostPort::disconnected() noexcept
{
    connected_.store(false, std::memory_order_relaxed);
    migrating_.store(false, std::memory_order_relaxed);
    for (auto& receives : receives_)
        receives.store(false, std::memory_order_relaxed);
}

void VhostPort::ring_started(int device)
{
    const std::uint16_t rings = rte_vhost_get_vring_num(device);
    // The guest need not tell of room that it makes, and of frames that it sends only while the worker sleeps.
    for (std::uint16_t ring = 0; ring < rings; ++ring)
        rte_vhost_enable_guest_notification(device, ring, 0);
    const auto pairs = std::min<std::uint16_t>(static_cast<std::uint16_t>(rings / 2), queues_);
    for (std::uint16_t pair = 0; pair < pairs; ++pair)
        take_kick(device, pair);
    pairs_.store(pairs, std::memory_order_relaxed);
    const Stamp now = stamp_now();
    admitted_.store(false, std::memory_order_relaxed);
    device_.store(device, std::memory_order_release);
    host_.ring_event({key_, RingEvent::Kind::started, now});
}

void VhostPort::ring_stopped()
{
    const Stamp now = stamp_now();
    device_.store(-1, std::memory_order_release);
    host_.wake_workers();  // so that none waits for a kick
    // The VM's memory may go, and the VM may start elsewhere, as soon as this returns.
    host_.wait_until_handed_on();
    for (Kick& kick : kicks_)
        kick.close();
    host_.ring_event({key_, RingEvent::Kind::stopped, now});
}

void VhostPort::ring_enabled(std::uint16_t ring, bool enabled) noexcept
{
    const auto pair = static_cast<std::size_t>(ring / 2);
    if (pair >= receives_.size())
        return;
    if (ring % 2 == 0) {
        receives_[pair].store(enabled, std::memory_order_relaxed);
    } else if (const int device = device_.load(std::memory_order_relaxed); !enabled) {
        kicks_[pair].lose();
    } else if (device >= 0) {  // a pair after the first is set up when the device runs already
        take_kick(device, static_cast<std::uint16_t>(pair));
        host_.wake_workers();
    }
}

/// The ring's lock may be held.
void VhostPort::take_kick(int device, std::uint16_t pair) noexcept
{
    rte_vhost_vring ring{};
    if (rte_vhost_get_vhost_vring(device, guest_transmit_ring(pair), &ring) == 0)
        kicks_[pair].take(ring.kickfd);
}

void VhostPort::features_changed(std::uint64_t features)
{
    const bool migrating = (features & log_all) != 0;
    if (migrating_.exchange(migrating, std::memory_order_relaxed) != migrating)
        host_.ring_event({key_, migrating ? RingEvent::Kind::migration_begun : RingEvent::Kind::migration_ended, stamp_now()});
}

}  // namespace ferryd
