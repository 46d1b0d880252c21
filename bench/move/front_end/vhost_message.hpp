// The messages of vhost-user (QEMU's docs/interop/vhost-user.rst) that a front end of a network device sends, as they lie
// on the socket: all integers in the machine's own order.
#pragma once

#include <cstdint>

namespace ferry::front_end {

enum class Request : std::uint32_t {
    get_features = 1,
    set_features = 2,
    set_owner = 3,
    set_mem_table = 5,
    set_log_base = 6,
    set_vring_num = 8,
    set_vring_addr = 9,
    set_vring_base = 10,
    get_vring_base = 11,
    set_vring_kick = 12,
    set_vring_call = 13,
    get_protocol_features = 15,
    set_protocol_features = 16,
    set_vring_enable = 18,
    send_rarp = 19,
};

struct MessageHeader {
    static constexpr std::uint32_t version = 1;
    static constexpr std::uint32_t is_reply = 1U << 2;
    static constexpr std::uint32_t need_reply = 1U << 3;

    Request request;
    std::uint32_t flags;
    std::uint32_t size;  ///< bytes of payload
};
static_assert(sizeof(MessageHeader) == 12);

/// The payload of set_mem_table with one region.
struct MemoryTable {
    std::uint32_t regions = 1;
    std::uint32_t padding = 0;
    std::uint64_t guest_address;
    std::uint64_t size;
    std::uint64_t user_address;  ///< by which set_vring_addr names places in it
    std::uint64_t file_offset;
};
static_assert(sizeof(MemoryTable) == 40);

struct LogArea {
    std::uint64_t size;
    std::uint64_t file_offset;
};

struct RingNumber {
    std::uint32_t ring;
    std::uint32_t number;
};

/// Where a ring's parts lie in the front end's own addresses.
struct RingAddresses {
    static constexpr std::uint32_t log = 1;

    std::uint32_t ring;
    std::uint32_t flags;
    std::uint64_t descriptors;
    std::uint64_t used;
    std::uint64_t available;
    std::uint64_t used_guest_address;  ///< by which writes to the used ring are logged
};
static_assert(sizeof(RingNumber) == 8 && sizeof(RingAddresses) == 40);

namespace feature {
inline constexpr std::uint64_t mergeable_buffers = 1ULL << 15;   // VIRTIO_NET_F_MRG_RXBUF
inline constexpr std::uint64_t log_all = 1ULL << 26;             // VHOST_F_LOG_ALL
inline constexpr std::uint64_t protocol_features = 1ULL << 30;   // VHOST_USER_F_PROTOCOL_FEATURES
inline constexpr std::uint64_t version_1 = 1ULL << 32;           // VIRTIO_F_VERSION_1
}  // namespace feature

namespace protocol_feature {
inline constexpr std::uint64_t log_shared = 1ULL << 1;  // LOG_SHMFD
inline constexpr std::uint64_t rarp = 1ULL << 2;
inline constexpr std::uint64_t reply_ack = 1ULL << 3;
}  // namespace protocol_feature

}  // namespace ferry::front_end
