#include <cstddef>
#include <cstring>

#include <ferry/table/vtep.hpp>
#include <ferry/wire/checksum.hpp>
#include <ferry/wire/ethernet.hpp>
#include <ferry/wire/ipv4.hpp>
#include <ferry/wire/udp.hpp>
#include <ferry/wire/vxlan.hpp>

namespace ferry {
namespace {

/// Outer bytes that count towards the underlay's MTU: all but the outer Ethernet header.
constexpr std::size_t ip_overhead = wire::vxlan_ipv4_overhead - sizeof(wire::EthernetHeader);

bool is_unicast(Ipv4Address address) noexcept
{
    return !address.is_zero() && !address.is_multicast() && address.host() != 0xffff'ffff;
}

bool is_unicast(MacAddress mac) noexcept
{
    return !mac.is_zero() && !mac.is_multicast();
}

/// What is wrong with the arguments of make(), or null.
const char* complaint(Ipv4Address remote, const AdjacencySpec& spec) noexcept
{
    if (!is_unicast(remote))
        return "the VTEP's address must be a unicast address";
    if (!is_unicast(spec.source))
        return "the source address must be a unicast address: this host's VTEP address";
    if (remote == spec.source)
        return "the VTEP's address is this host's own";
    if (!is_unicast(spec.next_hop))
        return "the next hop's MAC must be a unicast address: that of the neighbour or gateway";
    if (!is_unicast(spec.source_mac))
        return "the source MAC must be a unicast address: that of the underlay port";
    if (spec.port == 0)
        return "the UDP destination port must not be 0; VXLAN's is 4789";
    if (spec.ttl == 0)
        return "the TTL must not be 0: nobody would forward the frame";
    if (spec.dscp > 63)
        return "the DSCP must be 0 to 63: it has six bits";
    if (spec.mtu < ip_overhead + wire::minimum_frame_size)
        return "the MTU has no room for the smallest Ethernet frame; it must be 96 or more";
    return nullptr;
}

}  // namespace

static_assert(Adjacency::header_size == wire::vxlan_ipv4_overhead);
static_assert(offsetof(Adjacency, vtep) <= 56, "what an ordinary frame needs lies in one line with the version");

Expected<Adjacency> Adjacency::make(VtepId id, Ipv4Address remote, const AdjacencySpec& spec)
{
    if (const char* sentence = complaint(remote, spec))
        return fail(ErrorCode::invalid_argument, sentence);

    struct Outer {
        wire::EthernetHeader ethernet;
        wire::Ipv4Header ip;
        wire::UdpHeader udp;  // checksum 0: RFC 7348 §5
        wire::VxlanHeader vxlan;
    };
    static_assert(sizeof(Outer) == header_size && wire::WireStruct<Outer>);

    Outer outer{};
    outer.ethernet = {spec.next_hop, spec.source_mac, wire::be16{wire::ether_type::ipv4}};
    outer.ip.tos = static_cast<std::uint8_t>(spec.dscp << 2);
    // VTEPs must not fragment (RFC 7348 §4.3). With DF set the id says nothing and may be 0 (RFC 6864 §4.1).
    outer.ip.flags_fragment = wire::be16{wire::ipv4_dont_fragment};
    outer.ip.ttl = spec.ttl;
    outer.ip.protocol = wire::ip_protocol::udp;
    outer.ip.source = spec.source;
    outer.ip.destination = remote;
    outer.udp.destination_port = wire::be16{spec.port};
    outer.vxlan = wire::VxlanHeader::make(Vni{});

    Adjacency adjacency;
    std::memcpy(adjacency.header.data(), &outer, header_size);
    adjacency.header_sum = wire::InternetSum{}.add(&outer.ip, sizeof(outer.ip)).sum().host();
    adjacency.underlay = spec.underlay;
    adjacency.max_inner = static_cast<std::uint16_t>(spec.mtu - ip_overhead);
    adjacency.vtep = id;
    adjacency.remote = remote;
    adjacency.spec = spec;
    return adjacency;
}

}  // namespace ferry
