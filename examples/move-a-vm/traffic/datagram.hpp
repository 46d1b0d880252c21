// The datagrams of the demo: what a sender numbers, and what the guest answers. All integers are big-endian.
#pragma once

#include <cstddef>
#include <cstdint>

#include <ferry/wire/endian.hpp>

namespace ferry::demo {

/// A flow's port in the guest is first_flow_port + flow - 1. A port of its own, and so a socket of its own, makes the
/// kernel count every flow's socket drops apart.
inline constexpr std::uint16_t first_flow_port = 7001;
inline constexpr std::uint16_t flow_limit = 16;
/// Where the guest answers questions about its counts.
inline constexpr std::uint16_t report_port = 7000;

inline constexpr std::uint32_t request_magic = 0x66727271;  // "frrq"
inline constexpr std::uint32_t answer_magic = 0x66727261;   // "frra"

/// The first bytes of every request and answer. What follows is filling.
struct Datagram {
    wire::be32 magic;
    wire::be16 flow;      ///< 1 to flow_limit
    wire::be16 run;       ///< a higher run starts the guest's counts of the flow afresh
    wire::be64 sequence;  ///< the sender's number of this request, from 0; an answer repeats it
    wire::be64 answer;    ///< the guest's number of this answer, from 0; zero in a request
    wire::be64 sent_at;   ///< the sender's CLOCK_MONOTONIC in nanoseconds; an answer repeats it
};
static_assert(sizeof(Datagram) == 32);

/// The largest payload that fits one frame of a 1,500-byte MTU.
inline constexpr std::size_t payload_limit = 1472;

}  // namespace ferry::demo
