// What the outer headers said of a frame from which they have been taken off: they still lie before it.
#pragma once

#include "engine/burst.hpp"
#include "engine/frame.hpp"

#include <ferry/wire/ipv4.hpp>
#include <ferry/wire/vxlan.hpp>

namespace ferry::engine {

inline const wire::VxlanHeader& vxlan_of(const rte_mbuf& decapsulated) noexcept
{
    return wire::header_at<wire::VxlanHeader>(bytes_of(decapsulated) - sizeof(wire::VxlanHeader));
}

/// How a decapsulated frame came from the VTEP `peer`, under no label.
inline Arrival arrival_of(const rte_mbuf& decapsulated, VtepId peer) noexcept
{
    const auto& ip = wire::header_at<wire::Ipv4Header>(bytes_of(decapsulated) - wire::vxlan_ipv4_overhead + ip_offset);
    const wire::VxlanHeader& vxlan = vxlan_of(decapsulated);
    Arrival arrival;
    arrival.ttl = ip.ttl;
    arrival.peer = peer;
    if (vxlan.flags & wire::vxlan_flag_detour)
        arrival.mark = Mark::detour;
    else if (vxlan.flags & wire::vxlan_flag_turned)
        arrival.mark = Mark::turned;
    if (arrival.mark != Mark::none)
        arrival.stream = vxlan.stream();
    return arrival;
}

/// False where the outer source may not be where the inner source is. A marked frame's is; but marks are for the short
/// time in which the endpoint's place is changing, and nothing is lost by waiting for a frame without.
inline bool may_learn_from(const rte_mbuf& decapsulated) noexcept
{
    const wire::VxlanHeader& vxlan = vxlan_of(decapsulated);
    return (vxlan.flags & (wire::vxlan_flag_detour | wire::vxlan_flag_turned)) == 0 &&
           (vxlan.policy_flags & wire::vxlan_dont_learn) == 0;
}

}  // namespace ferry::engine
