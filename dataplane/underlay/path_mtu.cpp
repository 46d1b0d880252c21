#include "underlay/path_mtu.hpp"

#include <net/if.h>  // before linux/icmp.h, which has its names too
#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/icmp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include <ferry/wire/ipv4.hpp>
#include <ferry/wire/udp.hpp>

namespace ferryd {

using namespace ferry::wire;

namespace {

/// "Destination unreachable, fragmentation needed and DF set" (RFC 792, RFC 1191 §4). Then comes the head of the packet
/// that was too large.
struct IcmpTooBig {
    std::uint8_t type, code;
    be16 checksum, unused, next_hop_mtu;
};
static_assert(sizeof(IcmpTooBig) == 8 && WireStruct<IcmpTooBig>);

/// The IPv4 header that `bytes` begin with, which are cut to what is behind it; null where there is no whole one.
const Ipv4Header* take_ipv4(std::span<const std::uint8_t>& bytes) noexcept
{
    if (bytes.size() < sizeof(Ipv4Header))
        return nullptr;
    const auto& header = header_at<Ipv4Header>(bytes.data());
    if (header.version() != 4 || header.header_length() < sizeof(Ipv4Header) || header.header_length() > bytes.size())
        return nullptr;
    bytes = bytes.subspan(header.header_length());
    return &header;
}

}  // namespace

std::optional<PathMtu> read_path_mtu(std::span<const std::uint8_t> packet, const OwnPackets& own) noexcept
{
    const Ipv4Header* const outer = take_ipv4(packet);
    if (outer == nullptr || outer->protocol != ip_protocol::icmp || packet.size() < sizeof(IcmpTooBig))
        return std::nullopt;
    const auto& message = header_at<IcmpTooBig>(packet.data());
    if (message.type != ICMP_DEST_UNREACH || message.code != ICMP_FRAG_NEEDED)
        return std::nullopt;
    packet = packet.subspan(sizeof(IcmpTooBig));
    const Ipv4Header* const sent = take_ipv4(packet);
    if (sent == nullptr || sent->protocol != ip_protocol::udp || sent->source != own.source || packet.size() < sizeof(UdpHeader))
        return std::nullopt;
    const auto& udp = header_at<UdpHeader>(packet.data());
    const std::uint16_t mtu = message.next_hop_mtu.host();
    if (udp.destination_port.host() != own.vxlan_port || !own.source_ports.contains(udp.source_port.host()) || mtu == 0 ||
        mtu >= sent->total_length.host())
        return std::nullopt;
    return PathMtu{sent->destination, std::max(mtu, smallest_path_mtu)};
}

ferry::Expected<IcmpSocket> IcmpSocket::open()
{
    Descriptor socket(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP));
    const icmp_filter others{~(1U << ICMP_DEST_UNREACH)};
    if (!socket || ::setsockopt(socket.get(), SOL_RAW, ICMP_FILTER, &others, sizeof(others)) != 0)
        return ferry::fail(ferry::ErrorCode::unavailable, fmt::format("no ICMP socket: {}", std::strerror(errno)));
    return IcmpSocket(std::move(socket));
}

std::vector<PathMtu> IcmpSocket::read(const OwnPackets& own)
{
    constexpr int most = 64;  // the rest at the next call
    std::vector<PathMtu> told;
    std::array<std::uint8_t, 576> packet;  // messages are no longer (RFC 1812 §4.3.2.3)
    for (int i = 0; i < most; ++i) {
        const ssize_t size = ::recv(socket_.get(), packet.data(), packet.size(), 0);
        if (size < 0)
            break;
        if (const auto path = read_path_mtu({packet.data(), static_cast<std::size_t>(size)}, own))
            told.push_back(*path);
    }
    return told;
}

}  // namespace ferryd
