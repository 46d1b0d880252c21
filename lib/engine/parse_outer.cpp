#include "engine/parse_outer.hpp"

#include <algorithm>

#include "engine/frame.hpp"

#include <ferry/wire/checksum.hpp>
#include <ferry/wire/ethernet.hpp>
#include <ferry/wire/ipv4.hpp>
#include <ferry/wire/udp.hpp>
#include <ferry/wire/vxlan.hpp>

namespace ferry::engine {
namespace {

using wire::EthernetHeader;
using wire::header_at;
using wire::Ipv4Header;
using wire::UdpHeader;
using wire::VxlanHeader;

constexpr std::size_t ip_offset = sizeof(EthernetHeader);
constexpr std::size_t udp_offset = ip_offset + sizeof(Ipv4Header);
constexpr std::size_t vxlan_offset = udp_offset + sizeof(UdpHeader);
constexpr std::size_t least_length = wire::vxlan_ipv4_overhead + sizeof(EthernetHeader);
constexpr std::size_t least_udp_length = sizeof(UdpHeader) + sizeof(VxlanHeader);

bool is_local(Ipv4Address address, std::span<const Ipv4Address> local_vteps) noexcept
{
    return address == local_vteps.front() ||
           std::find(local_vteps.begin() + 1, local_vteps.end(), address) != local_vteps.end();
}

/// The UDP checksum is over what may lie in several buffers.
[[gnu::noinline]] bool has_right_udp_checksum(const rte_mbuf& frame, const Ipv4Header& ip,
                                              std::size_t udp_length) noexcept
{
    auto sum = wire::pseudo_header_sum(ip.source, ip.destination, ip.protocol, udp_length);
    std::size_t skip = udp_offset;
    for (const rte_mbuf* buffer = &frame; udp_length != 0; buffer = buffer->next, skip = 0) {
        const std::size_t here = std::min<std::size_t>(buffer->data_len - skip, udp_length);
        sum.add(bytes_of(*buffer) + skip, here);
        udp_length -= here;
    }
    return sum.sum().raw() == 0xffff;
}

/// A verdict, and the reason where it is drop.
struct Finding {
    Verdict verdict;
    DropReason reason{};
};

constexpr Finding dropped(DropReason reason) noexcept { return {Verdict::drop, reason}; }

/// Whose is the frame, as far as its bytes go? forward: ours, and its IPv4 header is one that a VTEP sends.
[[gnu::noinline]] Finding whose(const rte_mbuf& frame, Ipv4Address& source, const OuterRules& rules) noexcept
{
    const std::uint8_t* const bytes = bytes_of(frame);
    const std::size_t length = frame.pkt_len;
    if (length < sizeof(EthernetHeader))
        return dropped(DropReason::outer_truncated);
    if (header_at<EthernetHeader>(bytes).type != wire::be16{wire::ether_type::ipv4})
        return {Verdict::pass};
    if (length < udp_offset)
        return dropped(DropReason::outer_truncated);
    const auto& ip = header_at<Ipv4Header>(bytes + ip_offset);
    if (!is_local(ip.destination, rules.local_vteps) || ip.protocol != wire::ip_protocol::udp ||
        ip.fragment_offset() != 0)
        return {Verdict::pass};

    // The port tells, also where the IP header is not one that a VTEP sends.
    const std::size_t header_length = ip.header_length();
    if (header_length < sizeof(Ipv4Header))
        return dropped(ip.version() == 4 ? DropReason::outer_options : DropReason::outer_version);
    if (length < ip_offset + header_length + sizeof(UdpHeader))
        return dropped(DropReason::outer_truncated);
    if (header_at<UdpHeader>(bytes + ip_offset + header_length).destination_port != rules.vxlan_port)
        return {Verdict::pass};

    source = ip.source;
    if (ip.version() != 4)
        return dropped(DropReason::outer_version);
    if (header_length != sizeof(Ipv4Header))
        return dropped(DropReason::outer_options);
    if (length < least_length)
        return dropped(DropReason::outer_truncated);
    if (!wire::verify_ipv4_header_checksum(ip))
        return dropped(DropReason::outer_checksum);
    return ip.is_fragment() ? dropped(DropReason::outer_fragment) : Finding{Verdict::forward};
}

/// A shortcut for nearly all frames: true only for what whose() would call ours.
bool is_plainly_ours(const rte_mbuf& frame, const OuterRules& rules) noexcept
{
    const std::uint8_t* const bytes = bytes_of(frame);
    if (frame.pkt_len < least_length)
        return false;
    const auto& ip = header_at<Ipv4Header>(bytes + ip_offset);
    const auto& udp = header_at<UdpHeader>(bytes + udp_offset);
    return header_at<EthernetHeader>(bytes).type == wire::be16{wire::ether_type::ipv4} &&
           ip.version_ihl == wire::ipv4_version_ihl && ip.destination == rules.local_vteps.front() &&
           ip.protocol == wire::ip_protocol::udp && !ip.is_fragment() && udp.destination_port == rules.vxlan_port &&
           wire::verify_ipv4_header_checksum(ip);
}

/// Looks at frame `i`, of which the bytes to contiguous_size are in one piece.
Finding examine(const rte_mbuf& frame, std::size_t i, OuterHeaders& outer, const OuterRules& rules) noexcept
{
    if (!is_plainly_ours(frame, rules)) [[unlikely]] {
        outer.sources[i] = {};
        if (const Finding finding = whose(frame, outer.sources[i], rules); finding.verdict != Verdict::forward)
            return finding;
    }
    const std::uint8_t* const bytes = bytes_of(frame);
    const auto& ip = header_at<Ipv4Header>(bytes + ip_offset);
    const auto& udp = header_at<UdpHeader>(bytes + udp_offset);
    const auto& vxlan = header_at<VxlanHeader>(bytes + vxlan_offset);
    outer.sources[i] = ip.source;
    const std::size_t total_length = ip.total_length.host();
    if (total_length < sizeof(Ipv4Header) + sizeof(UdpHeader) || total_length > frame.pkt_len - ip_offset) [[unlikely]]
        return dropped(DropReason::outer_length);
    const std::size_t udp_length = udp.length.host();
    if (udp_length < least_udp_length || udp_length > total_length - sizeof(Ipv4Header)) [[unlikely]]
        return dropped(DropReason::udp_length);
    if (udp.checksum.raw() != 0 && !has_right_udp_checksum(frame, ip, udp_length)) [[unlikely]]
        return dropped(DropReason::udp_checksum);
    if (!vxlan.is_plain()) [[unlikely]] {
        if (!vxlan.has_valid_vni())
            return dropped(DropReason::vxlan_flags);
        outer.any_extended = true;
    }
    if (udp_length < least_udp_length + sizeof(EthernetHeader)) [[unlikely]]
        return dropped(DropReason::inner_truncated);

    outer.vnis[i] = vxlan.vni();
    outer.inner_lengths[i] = static_cast<std::uint16_t>(udp_length - least_udp_length);
    outer.tos[i] = ip.tos;
    return {Verdict::forward};
}

}  // namespace

void parse_outer(Burst& burst, OuterHeaders& outer, const OuterRules& rules) noexcept
{
    outer.any_extended = false;
    for (std::size_t i = 0; i < burst.count; ++i) {
        if (burst.verdicts[i] != Verdict::forward) [[unlikely]] {
            outer.sources[i] = {};
            continue;
        }
        const Finding finding = examine(*burst.frames[i], i, outer, rules);
        if (finding.verdict != Verdict::forward) [[unlikely]] {
            burst.decide(i, finding.verdict);
            burst.reasons[i] = finding.reason;
        }
    }
}

}  // namespace ferry::engine
