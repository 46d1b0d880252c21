// An mbuf as the engine sees it: bytes in front, the rest maybe in further buffers.
#pragma once

#include <cstddef>
#include <cstdint>

#include <rte_mbuf.h>

#include <ferry/table/row.hpp>
#include <ferry/wire/bytes.hpp>
#include <ferry/wire/vxlan.hpp>

namespace ferry::engine {

/// Where outer headers, an inner Ethernet header with two tags and an inner IPv6 header end, rounded up. As much of
/// every frame as it has lies in its first buffer when the steps look at it.
inline constexpr std::size_t contiguous_size = 128;

/// Where the EtherType and the headers of a frame without a VLAN tag begin, those behind IPv4 where it has no options: of outer
/// frames, and of nearly all inner ones.
inline constexpr std::size_t type_offset = offsetof(wire::EthernetHeader, type);
inline constexpr std::size_t ip_offset = sizeof(wire::EthernetHeader);
inline constexpr std::size_t udp_offset = ip_offset + sizeof(wire::Ipv4Header);
inline constexpr std::size_t vxlan_offset = udp_offset + sizeof(wire::UdpHeader);

inline std::uint8_t* bytes_of(const rte_mbuf& frame) noexcept
{
    return static_cast<std::uint8_t*>(frame.buf_addr) + frame.data_off;
}

/// The MAC address whose six bytes begin at `bytes`, as MacAddress::to_u48() gives it. Reads eight bytes: both
/// addresses of an Ethernet header are followed by two more.
inline std::uint64_t mac_at(const std::uint8_t* bytes) noexcept
{
    return wire::be64::from_raw(wire::load<std::uint64_t>(bytes)).host() >> 16;
}

inline std::uint64_t destination_of(const std::uint8_t* ethernet) noexcept { return mac_at(ethernet); }
inline std::uint64_t source_of(const std::uint8_t* ethernet) noexcept { return mac_at(ethernet + sizeof(MacAddress)); }

/// True for an address that a frame may come from: not zero, not the group bit (IEEE 802-2014 §8.2).
constexpr bool is_valid_source(std::uint64_t mac) noexcept { return mac != 0 && (mac >> 40 & 1) == 0; }

constexpr FdbKey key_of(SegmentIndex segment, std::uint64_t mac) noexcept
{
    return FdbKey::from_word(std::uint64_t{index_of(segment)} << 48 | mac);
}

/// Forgets what the port that received the frame said of it, which is no longer true, and remembers `peer`
/// (worker.hpp).
inline void label(rte_mbuf& frame, VtepId peer) noexcept
{
    frame.ol_flags &= RTE_MBUF_F_EXTERNAL | RTE_MBUF_F_INDIRECT;
    frame.packet_type = 0;
    frame.hash.usr = index_of(peer);
}

/// A copy from `pool`, in one piece where it fits a buffer, in the frame's place. Null where no buffer was free; the frame is
/// left then.
inline rte_mbuf* replace_by_copy(rte_mbuf* frame, rte_mempool* pool) noexcept
{
    rte_mbuf* const copy = rte_pktmbuf_copy(frame, pool, 0, UINT32_MAX);
    if (copy != nullptr)
        rte_pktmbuf_free(frame);
    return copy;
}

/// Cuts a chain of buffers off behind `length` bytes, and frees those that are left empty. `length` lies beyond the
/// first buffer's beginning and not beyond the frame's end.
void cut_chain(rte_mbuf& frame, std::uint32_t length) noexcept;

/// Takes the `length` bytes off the frame's front; they are in its first buffer.
inline void take_off(rte_mbuf& frame, std::uint16_t length) noexcept
{
    frame.data_off = static_cast<std::uint16_t>(frame.data_off + length);
    frame.data_len = static_cast<std::uint16_t>(frame.data_len - length);
    frame.pkt_len -= length;
}

}  // namespace ferry::engine
