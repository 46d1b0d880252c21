#include "traffic/verdict.hpp"

#include <cstring>

#include <ferry/wire/checksum.hpp>
#include <ferry/wire/vxlan.hpp>

namespace ferry::bench {
namespace {

using Bytes = std::span<const std::uint8_t>;
using namespace wire;

constexpr std::size_t ip_at = sizeof(EthernetHeader), udp_at = ip_at + sizeof(Ipv4Header);
constexpr std::size_t vxlan_at = udp_at + sizeof(UdpHeader);

bool is_udp(Bytes frame) noexcept
{
    return frame.size() >= vxlan_at && header_at<EthernetHeader>(frame.data()).type.host() == ether_type::ipv4 &&
           header_at<Ipv4Header>(frame.data() + ip_at).version_ihl == ipv4_version_ihl &&
           header_at<Ipv4Header>(frame.data() + ip_at).protocol == ip_protocol::udp;
}

/// A frame of which no byte of the tester's is wrong. What a router or switch may change is not looked at in plain
/// traffic.
Judgement judge_plain(const Plan& plan, Bytes frame) noexcept
{
    if (!is_udp(frame))
        return {};
    const auto& udp = header_at<UdpHeader>(frame.data() + udp_at);
    std::uint8_t expected[plain_header_size];
    const auto probe = read_probe(frame.subspan(plain_header_size));
    if (!probe || probe->flow >= plan.flows) {
        write_plain_header(plan, 0, frame.size(), expected);
        const bool ours = udp.destination_port == header_at<UdpHeader>(expected + udp_at).destination_port;
        return {ours ? Verdict::corrupted : Verdict::other, {}};
    }
    const std::size_t size = ip_at + header_at<Ipv4Header>(frame.data() + ip_at).total_length.host();
    if (size > frame.size() || size < plain_header_size + sizeof(ProbeHeader) || size > most_filler)
        return {Verdict::corrupted, {}};
    write_plain_header(plan, probe->flow, size, expected);
    const bool may_change = plan.traffic == Traffic::plain;
    const std::size_t from = may_change ? ip_at + offsetof(Ipv4Header, source) : 0;
    const std::size_t to = udp_at + offsetof(UdpHeader, checksum);
    const Bytes rest = frame.first(size).subspan(plain_header_size + sizeof(ProbeHeader));
    if (std::memcmp(frame.data() + from, expected + from, to - from) != 0 || (!may_change && size != frame.size()) ||
        std::memcmp(rest.data(), filler(rest.size()).data(), rest.size()) != 0)
        return {Verdict::corrupted, {}};
    return {Verdict::good, *probe};
}

Judgement judge_vxlan(const Plan& plan, Bytes frame) noexcept
{
    if (!is_udp(frame))
        return {};
    const auto& ip = header_at<Ipv4Header>(frame.data() + ip_at);
    const auto& udp = header_at<UdpHeader>(frame.data() + udp_at);
    if (frame.size() < outer_header_size + plain_header_size + sizeof(ProbeHeader))
        return {judge_plain(plan, frame).verdict == Verdict::other ? Verdict::other : Verdict::not_vxlan, {}};
    const Judgement inner = judge_plain(plan, frame.subspan(outer_header_size));
    if (inner.verdict != Verdict::good)
        return {judge_plain(plan, frame).verdict == Verdict::good ? Verdict::not_vxlan : inner.verdict, {}};
    if (udp.destination_port.host() != plan.vxlan_port)
        return {Verdict::wrong_port, {}};
    const auto& vxlan = header_at<VxlanHeader>(frame.data() + vxlan_at);
    if (!verify_ipv4_header_checksum(ip) || ip.total_length.host() != frame.size() - ip_at ||
        udp.length.host() != frame.size() - udp_at || !vxlan.has_valid_vni() || ip.source != plan.vtep)
        return {Verdict::bad_outer, {}};
    const std::uint32_t endpoint = plan.endpoint_of(inner.probe.flow);
    if (vxlan.vni() != plan.vni_of(endpoint))
        return {Verdict::wrong_vni, {}};
    if (ip.destination != plan.remote_of(endpoint))
        return {Verdict::wrong_remote, {}};
    return inner;
}

}  // namespace

Judgement judge(const Plan& plan, Bytes frame) noexcept
{
    if (plan.traffic == Traffic::encap)
        return judge_vxlan(plan, frame);
    const Judgement plain = judge_plain(plan, frame);
    if (plain.verdict != Verdict::good && frame.size() > outer_header_size &&
        judge_plain(plan, frame.subspan(outer_header_size)).verdict == Verdict::good)
        return {Verdict::not_vxlan, {}};
    return plain;
}

}  // namespace ferry::bench
