#include "xdp/vtep_map.hpp"

#include <arpa/inet.h>
#include <bpf/bpf.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace ferryd {

using ferry::ErrorCode;

vtep_key vtep_key_of(ferry::Ipv4Address address, std::uint16_t port) noexcept
{
    return {{0, 0, htonl(0xffff), htonl(address.host())}, htons(port), 0};
}

vtep_key vtep_key_of(const ferry::Ipv6Address& address, std::uint16_t port) noexcept
{
    vtep_key key{{}, htons(port), 0};
    std::memcpy(key.address, address.bytes.data(), sizeof(key.address));
    return key;
}

ferry::Expected<void> VtepMap::add(const vtep_key& key) const
{
    constexpr std::uint8_t present = 1;
    if (bpf_map_update_elem(descriptor_, &key, &present, BPF_ANY) == 0)
        return {};
    return ferry::fail(errno == E2BIG ? ErrorCode::table_full : ErrorCode::unavailable,
                       fmt::format("the kernel takes no further VTEP address for the XDP program: {}", std::strerror(errno)));
}

ferry::Expected<void> VtepMap::remove(const vtep_key& key) const
{
    if (bpf_map_delete_elem(descriptor_, &key) == 0)
        return {};
    return ferry::fail(errno == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable,
                       fmt::format("the XDP program's VTEP address cannot be taken away: {}", std::strerror(errno)));
}

std::optional<vtep_key> VtepMap::any() const noexcept
{
    vtep_key key{};
    if (bpf_map_get_next_key(descriptor_, nullptr, &key) != 0)
        return std::nullopt;
    return key;
}

}  // namespace ferryd
