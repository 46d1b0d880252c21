// Which frames are sent: the addresses of endpoints, segments and remotes, by number.
#pragma once

#include <cstdint>
#include <span>

#include <ferry/wire/address.hpp>

namespace ferry::bench {

enum class Traffic : std::uint8_t {
    encap,  ///< plain frames are sent, the same in VXLAN is expected
    decap,  ///< VXLAN is sent, what is in it is expected
    plain,  ///< plain frames are sent and expected, their addresses may change
};

/// The addresses of all that is generated. A flow belongs to the endpoint flow % endpoints, an endpoint to the segment
/// endpoint % segments, and is behind the remote endpoint % remotes.
struct Plan {
    Traffic traffic = Traffic::encap;
    std::uint32_t flows = 1, endpoints = 1, segments = 1, remotes = 1;
    Vni first_vni = *Vni::make(100);
    std::uint16_t vxlan_port = 4789;
    Ipv4Address vtep;                      ///< the DUT's
    Ipv4Address first_remote;              ///< VTEPs that the tester plays; the others follow
    MacAddress vtep_mac, remote_mac;       ///< outer addresses of decap: the DUT's, the tester's
    MacAddress first_endpoint, first_host; ///< inner addresses: endpoints are the destinations, hosts the sources

    std::uint32_t endpoint_of(std::uint32_t flow) const noexcept { return flow % endpoints; }
    std::uint32_t segment_of(std::uint32_t endpoint) const noexcept { return endpoint % segments; }
    Vni vni_of(std::uint32_t endpoint) const noexcept;
    Ipv4Address remote_of(std::uint32_t endpoint) const noexcept;
    MacAddress endpoint_mac(std::uint32_t endpoint) const noexcept;
    /// The source of the endpoint's frames: one a segment, and with decap one a segment and remote, so that no source
    /// seems to move.
    MacAddress host_mac(std::uint32_t endpoint) const noexcept;
};

/// Bytes of Ethernet, IPv4 and UDP header before the probe.
inline constexpr std::size_t plain_header_size = 42;
/// Bytes that VXLAN adds in front.
inline constexpr std::size_t outer_header_size = 50;
/// The largest IP packet that frames of largest_frame bytes make with it, and room to spare.
inline constexpr std::uint16_t largest_underlay_packet = 9500;

/// Writes the headers of the flow's frame of `length` bytes, without FCS.
void write_plain_header(const Plan& plan, std::uint32_t flow, std::size_t length, std::uint8_t* bytes) noexcept;
/// Writes outer Ethernet, IPv4, UDP and VXLAN headers in front of such a frame, as the flow's remote sends it to the
/// DUT.
void write_outer_header(const Plan& plan, std::uint32_t flow, std::size_t inner_length, std::uint8_t* bytes) noexcept;

/// The order in which flows take turns: each once a round, neighbours far apart.
class FlowOrder {
public:
    explicit FlowOrder(std::uint32_t flows) noexcept;
    std::uint32_t next() noexcept
    {
        const std::uint32_t flow = at_;
        at_ = at_ >= flows_ - step_ ? at_ - (flows_ - step_) : at_ + step_;
        return flow;
    }

private:
    std::uint32_t flows_, step_, at_ = 0;
};

}  // namespace ferry::bench
