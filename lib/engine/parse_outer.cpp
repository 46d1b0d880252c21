#include "engine/parse_outer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <optional>

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

constexpr std::size_t least_length = wire::vxlan_ipv4_overhead + sizeof(EthernetHeader);
constexpr std::size_t least_udp_length = sizeof(UdpHeader) + sizeof(VxlanHeader);

bool is_local(Ipv4Address address, const OuterRules& rules) noexcept
{
    return address == rules.local.address || rules.further.has(address);
}

bool is_local(const LocalVtep& vtep, const OuterRules& rules) noexcept
{
    return vtep == rules.local || rules.further.has(vtep);
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
    const auto irregular = [&](DropReason reason) {
        return rules.pass_irregular ? Finding{Verdict::pass} : dropped(reason);
    };
    const std::uint8_t* const bytes = bytes_of(frame);
    const std::size_t length = frame.pkt_len;
    if (length < sizeof(EthernetHeader))
        return dropped(DropReason::outer_truncated);
    if (header_at<EthernetHeader>(bytes).type != wire::be16{wire::ether_type::ipv4})
        return {Verdict::pass};
    if (length < udp_offset)
        return irregular(DropReason::outer_truncated);
    const auto& ip = header_at<Ipv4Header>(bytes + ip_offset);
    if (!is_local(ip.destination, rules) || ip.protocol != wire::ip_protocol::udp ||
        ip.fragment_offset() != 0)
        return {Verdict::pass};

    // The port tells, also where the IP header is not one that a VTEP sends.
    const std::size_t header_length = ip.header_length();
    if (header_length < sizeof(Ipv4Header))
        return irregular(ip.version() == 4 ? DropReason::outer_options : DropReason::outer_version);
    if (length < ip_offset + header_length + sizeof(UdpHeader))
        return irregular(DropReason::outer_truncated);
    const std::uint16_t port = header_at<UdpHeader>(bytes + ip_offset + header_length).destination_port.host();
    if (!is_local({ip.destination, port}, rules))
        return {Verdict::pass};

    source = ip.source;
    if (ip.version() != 4)
        return irregular(DropReason::outer_version);
    if (header_length != sizeof(Ipv4Header))
        return irregular(DropReason::outer_options);
    if (ip.is_fragment() && rules.pass_irregular)
        return {Verdict::pass};
    if (length < least_length)
        return dropped(DropReason::outer_truncated);
    if (!wire::verify_ipv4_header_checksum(ip))
        return dropped(DropReason::outer_checksum);
    return ip.is_fragment() ? dropped(DropReason::outer_fragment) : Finding{Verdict::forward};
}

/// What the outer headers of nearly all of our frames have in common: the bytes from the EtherType to the VXLAN flags
/// that must be so, as words of eight bytes.
class CommonOuter {
public:
    explicit CommonOuter(const OuterRules& rules) noexcept
    {
        Bytes mask{}, wanted{};
        const auto demand = [&](std::size_t offset, const auto& value, const auto& bits) {
            std::memcpy(wanted.data() + (offset - first), &value, sizeof(value));
            std::memcpy(mask.data() + (offset - first), &bits, sizeof(bits));
        };
        demand(type_offset, wire::be16{wire::ether_type::ipv4}, wire::be16{0xffff});
        demand(ip_offset, wire::ipv4_version_ihl, std::uint8_t{0xff});
        demand(ip_offset + offsetof(Ipv4Header, flags_fragment), wire::be16{0}, wire::be16{0x3fff});  // MF and offset
        demand(ip_offset + offsetof(Ipv4Header, protocol), wire::ip_protocol::udp, std::uint8_t{0xff});
        demand(ip_offset + offsetof(Ipv4Header, destination), rules.local.address, ~std::uint32_t{0});
        demand(udp_offset + offsetof(UdpHeader, destination_port), wire::be16{rules.local.port}, wire::be16{0xffff});
        demand(udp_offset + offsetof(UdpHeader, checksum), wire::be16{0}, wire::be16{0xffff});
        demand(vxlan_offset, wire::vxlan_flag_i, std::uint8_t{0xff});
        demand(vxlan_offset + 1, std::uint8_t{0}, std::uint8_t{0xff});
        for (std::size_t i = 0; i < words; ++i) {
            wanted_[i] = wire::load<std::uint64_t>(wanted.data() + 8 * i);
            mask_[i] = wire::load<std::uint64_t>(mask.data() + 8 * i);
        }
    }

    /// True only for headers that are right as far as they can be without a look at the lengths. `bytes` are
    /// least_length.
    bool matches(const std::uint8_t* bytes) const noexcept
    {
        std::uint64_t word[words], differ = wire::load<std::uint16_t>(bytes + vxlan_offset + 2);  // reserved
        for (std::size_t i = 0; i < words; ++i) {
            word[i] = wire::load<std::uint64_t>(bytes + first + 8 * i);
            differ |= (word[i] ^ wanted_[i]) & mask_[i];
        }
        return differ == 0 && wire::verify_ipv4_header_checksum(header_at<Ipv4Header>(bytes + ip_offset));
    }

private:
    static constexpr std::size_t first = type_offset, words = 4;
    using Bytes = std::array<std::uint8_t, 8 * words>;
    static_assert(first + sizeof(Bytes) == vxlan_offset + 2);
    std::uint64_t wanted_[words], mask_[words];
};

/// What the lengths in a frame's outer headers allow: of the frame and, behind it, of what is inside.
std::optional<DropReason> wrong_length(std::size_t total_length, std::size_t udp_length,
                                       std::size_t frame_length) noexcept
{
    if (total_length < sizeof(Ipv4Header) + sizeof(UdpHeader) || total_length > frame_length - ip_offset)
        return DropReason::outer_length;
    if (udp_length < least_udp_length || udp_length > total_length - sizeof(Ipv4Header))
        return DropReason::udp_length;
    return std::nullopt;
}

/// Looks at frame `i`, which has not all that is common.
[[gnu::noinline]] Finding examine(const rte_mbuf& frame, std::size_t i, Ipv4Address& source, OuterHeaders& outer,
                                  const OuterRules& rules) noexcept
{
    if (const Finding finding = whose(frame, source, rules); finding.verdict != Verdict::forward)
        return finding;
    const std::uint8_t* const bytes = bytes_of(frame);
    const auto& ip = header_at<Ipv4Header>(bytes + ip_offset);
    const auto& udp = header_at<UdpHeader>(bytes + udp_offset);
    const auto& vxlan = header_at<VxlanHeader>(bytes + vxlan_offset);
    const std::size_t udp_length = udp.length.host();
    if (const auto wrong = wrong_length(ip.total_length.host(), udp_length, frame.pkt_len))
        return dropped(*wrong);
    if (udp.checksum.raw() != 0 && !has_right_udp_checksum(frame, ip, udp_length))
        return dropped(DropReason::udp_checksum);
    if (!vxlan.is_plain()) {
        if (!vxlan.has_valid_vni())
            return dropped(DropReason::vxlan_flags);
        outer.any_extended = true;
    }
    if (udp_length < least_udp_length + sizeof(EthernetHeader))
        return dropped(DropReason::inner_truncated);

    outer.vnis[i] = vxlan.vni();
    outer.inner_lengths[i] = static_cast<std::uint16_t>(udp_length - least_udp_length);
    outer.tos[i] = ip.tos;
    return {Verdict::forward};
}

/// The same in a few steps for nearly all frames; false where it takes more. `bytes` are the frame's first.
inline bool examine_common(const std::uint8_t* bytes, std::size_t length, std::size_t i, OuterHeaders& outer,
                           const CommonOuter& common) noexcept
{
    if (length < least_length || !common.matches(bytes)) [[unlikely]]
        return false;
    const auto& ip = header_at<Ipv4Header>(bytes + ip_offset);
    const std::size_t total_length = ip.total_length.host();
    const std::size_t udp_length = header_at<UdpHeader>(bytes + udp_offset).length.host();
    if (total_length > length - ip_offset || udp_length + sizeof(Ipv4Header) > total_length ||
        udp_length < least_udp_length + sizeof(EthernetHeader)) [[unlikely]]
        return false;
    outer.vnis[i] = header_at<VxlanHeader>(bytes + vxlan_offset).vni();
    outer.inner_lengths[i] = static_cast<std::uint16_t>(udp_length - least_udp_length);
    outer.tos[i] = ip.tos;
    return true;
}

}  // namespace

void parse_outer(Burst& burst, OuterHeaders& outer, const OuterRules& rules, Senders senders) noexcept
{
    outer.any_extended = false;
    const CommonOuter common(rules);
    const std::size_t count = burst.count;
    for (std::size_t i = 0; i < count; ++i) {
        const rte_mbuf& frame = *burst.frames[i];
        if (burst.verdicts[i] != Verdict::forward) [[unlikely]] {
            burst.peers[i] = senders.received({}, frame.pkt_len);
            continue;
        }
        const std::uint8_t* const bytes = burst.fronts[i];
        if (examine_common(bytes, frame.pkt_len, i, outer, common)) [[likely]] {
            burst.peers[i] = senders.received(header_at<Ipv4Header>(bytes + ip_offset).source, frame.pkt_len);
            continue;
        }
        Ipv4Address source{};
        const Finding finding = examine(frame, i, source, outer, rules);
        if (finding.verdict != Verdict::pass)
            burst.peers[i] = senders.received(source, frame.pkt_len);
        if (finding.verdict != Verdict::forward) {
            burst.verdicts[i] = finding.verdict;
            burst.reasons[i] = finding.reason;
        }
    }
}

}  // namespace ferry::engine
