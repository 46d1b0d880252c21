// The driver's side of a split virtqueue (virtio 1.1 section 2.6), with one buffer for each descriptor.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ferry/error.hpp>

#include "host/descriptor.hpp"
#include "guest_memory.hpp"
#include "vhost_message.hpp"
#include "virtio.hpp"

namespace ferry::front_end {

using ferryd::Descriptor;

/// Lies in the VM's memory, all but the driver's own indices. The back end is not believed: what it writes is checked.
/// For one thread, besides the const functions that a front end calls while the VM is paused.
class SplitRing {
public:
    static constexpr std::uint16_t largest = 32768;

    /// Which side writes the buffers.
    enum class Writer { driver, device };

    /// A ring of `size` descriptors, a power of two up to `largest`, each with a buffer of `buffer_bytes`.
    static Expected<SplitRing> make(GuestMemory& memory, Writer writer, std::uint16_t size, std::uint32_t buffer_bytes);

    /// A buffer that the device has used.
    struct Used {
        std::uint16_t id;
        std::uint32_t length;  ///< bytes that the device has written, no more than the buffer's
    };

    std::uint16_t size() const noexcept { return size_; }
    std::span<std::byte> buffer(std::uint16_t id) const noexcept
    {
        return buffers_.subspan(std::size_t{id} * buffer_bytes_, buffer_bytes_);
    }

    /// Adds a buffer to those that the device may use; it sees them with the next publish().
    void offer(std::uint16_t id, std::uint32_t length) noexcept
    {
        descriptors_[id].length = length;
        available_places_[offered_ & mask_] = id;
        ++offered_;
    }

    /// Shows the device what has been offered, and kicks it unless it has asked not to be.
    void publish() noexcept;

    /// How many used buffers the driver has not taken yet, as the device last said; 0 makes it look again.
    std::uint16_t waiting() noexcept
    {
        if (used_seen_ == taken_)
            used_seen_ = std::atomic_ref(used_->index).load(std::memory_order_acquire);
        return static_cast<std::uint16_t>(used_seen_ - taken_);
    }
    /// Looks again in any case.
    std::uint16_t look() noexcept
    {
        used_seen_ = taken_;
        return waiting();
    }

    /// The used buffer that is `ahead` places behind the next; `ahead` is less than waiting(). An id that is none is
    /// counted and becomes 0.
    Used peek(std::uint16_t ahead) noexcept;

    /// Takes the next `count` used buffers off the ring.
    void take(std::uint16_t count) noexcept { taken_ = static_cast<std::uint16_t>(taken_ + count); }

    /// Used elements that named no buffer, or more bytes than it has.
    std::uint64_t malformed() const noexcept { return malformed_; }

    // For the front end.

    /// Where the ring lies, as SET_VRING_ADDR says it; with `log`, where writes to the used ring are logged.
    RingAddresses addresses(std::uint32_t index, const GuestMemory& memory, bool log) const noexcept;
    std::uint16_t used_index() const noexcept { return std::atomic_ref(used_->index).load(std::memory_order_acquire); }
    std::uint16_t offered_index() const noexcept { return offered_; }
    int kick_fd() const noexcept { return kick_.get(); }
    int call_fd() const noexcept { return call_.get(); }

private:
    SplitRing() = default;

    std::uint16_t size_ = 0, mask_ = 0;
    std::uint32_t buffer_bytes_ = 0;
    RingDescriptor* descriptors_ = nullptr;
    AvailableHead* available_ = nullptr;
    std::uint16_t* available_places_ = nullptr;
    UsedHead* used_ = nullptr;
    UsedElement* used_places_ = nullptr;
    std::span<std::byte> buffers_;
    std::uint16_t offered_ = 0;    // the next place in the available ring
    std::uint16_t taken_ = 0;      // the next place in the used ring
    std::uint16_t used_seen_ = 0;  // the device's index when it was last read
    std::uint64_t malformed_ = 0;
    Descriptor kick_, call_;
};

}  // namespace ferry::front_end
