// Rx interrupts of a DPDK device, as descriptors that poll(2) finds readable when frames come to a queue.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <ferry/error.hpp>

namespace ferryd {

/// By what a descriptor that a driver gives for Rx interrupts becomes unreadable again. DPDK itself waits for edges and
/// need not know; poll(2) tells of levels.
enum class RxDescriptor : std::uint8_t {
    count,    ///< a non-blocking eventfd, whose count has to be read: of VFIO's MSI-X vectors and of virtio-user
    queue,    ///< a file of a tap, readable while the queue has frames
    driver,   ///< an RDMA completion channel, whose event the driver takes when the interrupt is disabled
    unknown,  ///< any other: UIO's files, which EAL's own thread reads, or net_vhost's sets of epoll(7)
};

/// What `fd` is, by what /proc calls it.
RxDescriptor rx_descriptor(int fd);

/// Why poll(2) is not to wait for these descriptors, of a device's receive queues in turn: one is unknown; or it is
/// another queue's as well, since the device has fewer vectors than queues; or it is in `others`, which serve the
/// device's other interrupts too, so that their events are EAL's to read. Empty: it may.
std::string unfit(const std::vector<int>& descriptors, const std::set<int>& others);

class RxInterrupts {
public:
    /// Control thread: those of a device that has been started with intr_conf.rxq set; null where the driver has no
    /// such thing. Fails with unavailable where its descriptors are unfit().
    static ferry::Expected<std::unique_ptr<RxInterrupts>> find(std::uint16_t port, std::uint16_t queues,
                                                               const std::set<int>& others);

    /// As Port::arm() and Port::disarm() say it.
    std::optional<int> arm(std::uint16_t queue) noexcept;
    void disarm(std::uint16_t queue) noexcept;

private:
    struct Descriptor {
        int fd = -1;
        RxDescriptor kind = RxDescriptor::unknown;
    };

    explicit RxInterrupts(std::uint16_t port) : port_(port) {}

    std::uint16_t port_;
    std::vector<Descriptor> queues_;
    std::mutex mutex_;  ///< drivers change one mask for all queues, and those are of several workers
};

}  // namespace ferryd
