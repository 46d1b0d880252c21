// What a generated frame carries behind its UDP header: enough to tell loss, repetition, reordering, damage and delay.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <ferry/wire/bytes.hpp>

namespace ferry::bench {

/// One generated frame's identity.
struct Probe {
    std::uint16_t trial = 0;     ///< frames of an earlier trial are told apart by it
    std::uint32_t flow = 0;      ///< index of the flow
    std::uint32_t sequence = 0;  ///< counts within the flow and trial, from 0
    std::uint64_t time = 0;      ///< nanoseconds of the tester's clock when the frame was sent; 48 bits

    friend constexpr bool operator==(const Probe&, const Probe&) noexcept = default;
};

/// The probe as it is sent. It fills what a 64-byte frame has left behind Ethernet, IPv4 and UDP headers and before the
/// FCS.
struct ProbeHeader {
    wire::be16 trial;
    wire::be32 flow;
    wire::be32 sequence;
    wire::be16 time_high;
    wire::be32 time_low;
    wire::be16
        check;  ///< Internet checksum of the rest (RFC 1071), complemented, with a constant that other traffic has not
};
static_assert(sizeof(ProbeHeader) == 18 && wire::WireStruct<ProbeHeader>);

/// Writes the probe to the first sizeof(ProbeHeader) bytes of `payload`.
void write_probe(const Probe& probe, std::uint8_t* payload) noexcept;

/// Nothing where the bytes are too few or their check is wrong. Does not look behind the probe.
std::optional<Probe> read_probe(std::span<const std::uint8_t> payload) noexcept;

/// What follows the probe, the same in every frame: the first `length` bytes of it. At most most_filler.
inline constexpr std::size_t most_filler = 9216;
std::span<const std::uint8_t> filler(std::size_t length) noexcept;

}  // namespace ferry::bench
