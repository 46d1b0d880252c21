// The parts of a split virtqueue (virtio 1.1 section 2.6) and the header before a network frame (section 5.1.6), as they
// lie in memory. They are little-endian, as this machine is. The kernel's own headers are C.
#pragma once

#include <bit>
#include <cstdint>

namespace ferry::front_end {

static_assert(std::endian::native == std::endian::little);

struct RingDescriptor {
    static constexpr std::uint16_t device_writes = 2;

    std::uint64_t address;  ///< the VM's physical one
    std::uint32_t length;
    std::uint16_t flags;
    std::uint16_t next;
};
static_assert(sizeof(RingDescriptor) == 16);

struct AvailableHead {
    static constexpr std::uint16_t no_interrupt = 1;

    std::uint16_t flags;
    std::uint16_t index;
    // followed by a descriptor's number for each place
};

struct UsedHead {
    static constexpr std::uint16_t no_notify = 1;

    std::uint16_t flags;
    std::uint16_t index;
    // followed by a UsedElement for each place
};

struct UsedElement {
    std::uint32_t id;
    std::uint32_t length;  ///< bytes that the device has written
};
static_assert(sizeof(AvailableHead) == 4 && sizeof(UsedHead) == 4 && sizeof(UsedElement) == 8);

/// With virtio 1, whatever other features there are.
struct NetworkHeader {
    std::uint8_t flags;
    std::uint8_t gso_type;
    std::uint16_t header_length;
    std::uint16_t gso_size;
    std::uint16_t checksum_start;
    std::uint16_t checksum_offset;
    std::uint16_t buffers;  ///< of a received frame: how many it is in
};
static_assert(sizeof(NetworkHeader) == 12);

}  // namespace ferry::front_end
