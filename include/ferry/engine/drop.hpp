// Why a frame was dropped: every reason has a name and a sentence, in one table that feeds counters, tools and docs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ferry {

enum class DropReason : std::uint8_t {
    // From an attachment
    inner_truncated,  ///< from the underlay too
    source_invalid,
    source_spoofed,
    hairpin,
    attachment_unknown,
    frame_too_big,
    // From the underlay
    outer_truncated,
    outer_version,
    outer_options,
    outer_fragment,
    outer_length,
    outer_checksum,
    udp_length,
    udp_checksum,
    vxlan_flags,
    vni_unknown,
    ecn,
    split_horizon,
    relay_ttl,
    label_unknown,
    detour_refused,
    // Either
    blackhole,
    flood_empty,
    adjacency_gone,
    no_buffer,
    no_headroom,
    // Counted by the switch that links the library, through Worker::drop()
    ring_full,
    ring_stopped,
    transmit_failed,
    handover_full,
    underlay_down,
    vtep_unreachable,
    neighbour_unknown,
    dock_full,
    dock_expired,
    hold_expired,
    move_silenced,
};
inline constexpr std::size_t drop_reason_count = static_cast<std::size_t>(DropReason::move_silenced) + 1;

struct DropText {
    std::string_view name;      ///< as tools print it
    std::string_view sentence;  ///< what happened, and what to do where something can be done
};

/// By DropReason.
inline constexpr std::array<DropText, drop_reason_count> drop_texts{{
    {"inner_truncated", "A frame shorter than an Ethernet header (14 bytes), from a guest or inside VXLAN."},
    {"source_invalid", "The frame's source MAC is zero or a multicast address."},
    {"source_spoofed",
     "The frame's source MAC is not one of its attachment's; add it to the attachment's macs if it is wanted."},
    {"hairpin", "The destination is behind the attachment or VTEP that the frame came from."},
    {"attachment_unknown", "The frame came from an attachment that is no longer in the tables."},
    {"frame_too_big",
     "The frame is larger than the underlay's MTU, with its outer headers, or than its attachment's; raise that, or lower the guest's."},
    {"outer_truncated", "The frame from the underlay ends before its outer headers and an inner Ethernet header do."},
    {"outer_version", "The outer IP header says another version than its EtherType."},
    {"outer_options", "The outer IPv4 header has options, or a length that is not 20 bytes; VTEPs send none."},
    {"outer_fragment",
     "The outer IPv4 packet is a fragment; VTEPs must not fragment (RFC 7348 section 4.3). Raise the underlay's MTU."},
    {"outer_length", "The outer IPv4 total length does not fit the frame."},
    {"outer_checksum", "The outer IPv4 header checksum is wrong."},
    {"udp_length", "The outer UDP length does not fit the IPv4 packet."},
    {"udp_checksum",
     "The outer UDP checksum is not zero and wrong; on a veth, switch transmit offload off at the sender "
     "(ethtool -K DEV tx off)."},
    {"vxlan_flags", "The VXLAN header's I flag is not set (RFC 7348 section 5)."},
    {"vni_unknown", "No segment has the frame's VNI; add the VNI if it is wanted."},
    {"ecn",
     "The underlay marked congestion on a frame whose inner packet cannot carry the mark (RFC 6040 section 4.2)."},
    {"split_horizon",
     "A frame from the underlay for an endpoint that is behind another VTEP; its sender has an old row."},
    {"relay_ttl", "A frame for an endpoint that has moved was passed on from host to host until its TTL was used up."},
    {"label_unknown",
     "A frame under a label of a move that leads nowhere here: the move is over, or this host never asked for it."},
    {"detour_refused",
     "A frame under the label of a detour that is not from the endpoint that has moved, or not by the host that it has "
     "moved to."},
    {"blackhole", "The endpoint's row says to drop."},
    {"flood_empty", "Broadcast, multicast or unknown unicast that nobody else in the segment can get."},
    {"adjacency_gone", "The row names a VTEP that has been removed."},
    {"no_buffer", "No buffer was free for a copy; enlarge the buffer pool."},
    {"no_headroom", "The buffer has no room before the frame for the outer headers."},
    {"ring_full",
     "The guest's receive ring had no room: the guest is slower than its traffic; a larger rx_queue_size helps "
     "against bursts."},
    {"ring_stopped", "The attachment's ring is stopped: the guest is not running here now."},
    {"transmit_failed", "The port did not take the frame."},
    {"handover_full", "The queue to the worker that owns the port was full."},
    {"underlay_down", "The underlay port that the adjacency names is not there or not started."},
    {"vtep_unreachable",
     "The host's kernel has no route to the VTEP by the underlay's interface; ferryctl vtep show says why."},
    {"neighbour_unknown",
     "The next hop towards the VTEP did not tell its MAC address in time, or more frames waited for that than may."},
    {"dock_full",
     "The dock, where frames wait for an endpoint that is moving, was full; raise its bound, or shorten the pause of "
     "the move."},
    {"dock_expired", "The frame waited too long for room: in the guest's running ring, which the guest does not empty, or, after a grant, in the underlay port."},
    {"hold_expired",
     "Nobody claimed the endpoint while its frames were held: the guest was shut down, or its new host cannot be "
     "reached."},
    {"move_silenced", "Two VMs use one MAC address, on two hosts; this one sends nothing until the other is gone."},
}};

constexpr const DropText& text_of(DropReason reason) noexcept
{
    return drop_texts[static_cast<std::size_t>(reason)];
}

}  // namespace ferry
