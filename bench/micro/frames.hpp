// Frames of guests and of VTEPs, as the benchmarks' generators write them.
#pragma once

#include <cstddef>
#include <cstdint>

#include <ferry/wire/address.hpp>

namespace ferry::bench {

inline constexpr std::size_t fcs_size = 4;  ///< of a frame on a wire, which no buffer holds

/// What is in an inner frame, apart from its addresses.
enum class Payload : std::uint8_t { udp, tcp, ipv6_udp, arp, tagged_udp };

struct InnerFrame {
    MacAddress destination, source;
    std::size_t flow = 0;   ///< which decides ports and the last bytes of addresses
    Payload payload = Payload::udp;
    std::size_t size = 60;  ///< bytes without the FCS, 62 or more for ipv6_udp, 60 for others
};

/// Writes the frame and returns its size. Its checksums are zero.
std::size_t write_frame(std::uint8_t* place, const InnerFrame& frame) noexcept;

struct OuterFrame {
    Ipv4Address source;     ///< the sending VTEP
    Vni vni;
    bool udp_checksum = false;
    InnerFrame inner;
};

/// Writes the inner frame as VXLAN to the host's address and returns the whole's size.
std::size_t write_frame(std::uint8_t* place, const OuterFrame& frame) noexcept;

}  // namespace ferry::bench
