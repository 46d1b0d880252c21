// A VM's network device: its memory, its two rings, and the indices that go with it from host to host.
#pragma once

#include <array>

#include "receive_ring.hpp"
#include "transmit_ring.hpp"

namespace ferry::front_end {

struct DeviceOptions {
    std::uint16_t ring_size = 1024;
    std::uint32_t buffer_bytes = 2048;  ///< of one buffer, with the 12 bytes of virtio's header
};

/// What a migration carries over. The rings are the VM's processor's, the rest is the front end's.
class Device {
public:
    static constexpr std::size_t rings = 2;  ///< receive, then transmit, as virtio numbers them

    static Expected<Device> make(const DeviceOptions& options);

    GuestMemory memory;
    SharedMemory log;  ///< one bit for each page of the VM's physical addresses, set by a back end that writes it
    ReceiveRing receive;
    TransmitRing transmit;
    std::array<std::uint16_t, rings> bases{};  ///< where the last back end stopped in the available rings

    const SplitRing& ring(std::size_t index) const noexcept { return index == 0 ? receive.ring() : transmit.ring(); }
    /// Pages that are marked in the log.
    std::size_t dirty_pages() const noexcept;
    void clear_log() noexcept;
};

}  // namespace ferry::front_end
