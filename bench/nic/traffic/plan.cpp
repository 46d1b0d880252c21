#include "traffic/plan.hpp"

#include <numeric>

#include <ferry/wire/checksum.hpp>
#include <ferry/wire/entropy.hpp>
#include <ferry/wire/vxlan.hpp>

namespace ferry::bench {
namespace {

constexpr std::uint32_t first_source = 0x0a00'0001;       // 10.0.0.1 on, one a segment
constexpr std::uint32_t first_destination = 0x1400'0000;  // 20.0.0.0 on, one an endpoint
constexpr std::uint16_t first_port = 1024,
                        service = 9;  // from ports that differ by flow, to the discard service (RFC 863)
constexpr std::uint32_t source_ports = 65'536 - first_port;

}  // namespace

Vni Plan::vni_of(std::uint32_t endpoint) const noexcept
{
    return *Vni::make((first_vni.value() + segment_of(endpoint)) & Vni::max);
}

Ipv4Address Plan::remote_of(std::uint32_t endpoint) const noexcept
{
    return Ipv4Address::from_host(first_remote.host() + endpoint % remotes);
}

MacAddress Plan::endpoint_mac(std::uint32_t endpoint) const noexcept
{
    return MacAddress::from_u48(first_endpoint.to_u48() + endpoint);
}

MacAddress Plan::host_mac(std::uint32_t endpoint) const noexcept
{
    const std::uint64_t remote = traffic == Traffic::decap ? endpoint % remotes : 0;
    return MacAddress::from_u48(first_host.to_u48() + remote * segments + segment_of(endpoint));
}

void write_plain_header(const Plan& plan, std::uint32_t flow, std::size_t length, std::uint8_t* bytes) noexcept
{
    using namespace wire;
    const std::uint32_t endpoint = plan.endpoint_of(flow), segment = plan.segment_of(endpoint);
    header_at<EthernetHeader>(bytes) = {plan.endpoint_mac(endpoint), plan.host_mac(endpoint), be16{ether_type::ipv4}};
    Ipv4Header ip;
    ip.total_length = be16{static_cast<std::uint16_t>(length - sizeof(EthernetHeader))};
    ip.ttl = 64;
    ip.protocol = ip_protocol::udp;
    ip.source = Ipv4Address::from_host(first_source + segment);
    ip.destination = Ipv4Address::from_host(first_destination + endpoint);
    ip.checksum = ipv4_header_checksum(ip);
    header_at<Ipv4Header>(bytes + sizeof(EthernetHeader)) = ip;
    header_at<UdpHeader>(bytes + sizeof(EthernetHeader) + sizeof(Ipv4Header)) = {
        be16{static_cast<std::uint16_t>(first_port + flow % source_ports)}, be16{service},
        be16{static_cast<std::uint16_t>(length - sizeof(EthernetHeader) - sizeof(Ipv4Header))}, be16{}};
}

void write_outer_header(const Plan& plan, std::uint32_t flow, std::size_t inner_length, std::uint8_t* bytes) noexcept
{
    using namespace wire;
    const std::uint32_t endpoint = plan.endpoint_of(flow);
    header_at<EthernetHeader>(bytes) = {plan.vtep_mac, plan.remote_mac, be16{ether_type::ipv4}};
    Ipv4Header ip;
    ip.total_length = be16{static_cast<std::uint16_t>(inner_length + outer_header_size - sizeof(EthernetHeader))};
    ip.flags_fragment = be16{ipv4_dont_fragment};
    ip.ttl = 64;
    ip.protocol = ip_protocol::udp;
    ip.source = plan.remote_of(endpoint);
    ip.destination = plan.vtep;
    ip.checksum = ipv4_header_checksum(ip);
    bytes += sizeof(EthernetHeader);
    header_at<Ipv4Header>(bytes) = ip;
    bytes += sizeof(Ipv4Header);
    const std::uint16_t port = entropy_port(static_cast<std::uint32_t>(flow * std::uint64_t{2'654'435'761}));
    header_at<UdpHeader>(bytes) = {
        be16{port}, be16{plan.vxlan_port},
        be16{static_cast<std::uint16_t>(inner_length + sizeof(UdpHeader) + sizeof(VxlanHeader))}, be16{}};
    header_at<VxlanHeader>(bytes + sizeof(UdpHeader)) = VxlanHeader::make(plan.vni_of(endpoint));
}

FlowOrder::FlowOrder(std::uint32_t flows) noexcept : flows_(flows)
{
    step_ = static_cast<std::uint32_t>(flows * 0.6180339887) % flows;
    while (flows > 1 && (step_ == 0 || std::gcd(step_, flows) != 1))
        step_ = (step_ + 1) % flows;
}

}  // namespace ferry::bench
