// The text forms of MAC, IPv4 and IPv6 addresses. address.hpp includes this file; nobody else needs to.
#pragma once

#include <arpa/inet.h>

#include <ferry/wire/address.hpp>

namespace ferry {
namespace detail {

inline constexpr int hex_digit(char c) noexcept
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/// Runs inet_pton, which wants a terminated string, over a view. A view with a zero byte in it is no address.
template <int family, typename Address>
std::optional<Address> parse_inet(std::string_view text) noexcept
{
    char terminated[INET6_ADDRSTRLEN];
    if (text.size() >= sizeof(terminated) || text.find('\0') != std::string_view::npos)
        return std::nullopt;
    text.copy(terminated, text.size());
    terminated[text.size()] = '\0';
    Address address;
    if (inet_pton(family, terminated, &address) != 1)
        return std::nullopt;
    return address;
}

template <int family, typename Address>
std::string inet_to_string(const Address& address)
{
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(family, &address, text, sizeof(text));
    return text;
}

}  // namespace detail

inline std::optional<MacAddress> MacAddress::parse(std::string_view text) noexcept
{
    if (text.size() != 17)
        return std::nullopt;
    const char separator = text[2];
    if (separator != ':' && separator != '-')
        return std::nullopt;
    MacAddress mac;
    for (std::size_t i = 0; i < 6; ++i) {
        const int high = detail::hex_digit(text[3 * i]);
        const int low = detail::hex_digit(text[3 * i + 1]);
        if (high < 0 || low < 0 || (i < 5 && text[3 * i + 2] != separator))
            return std::nullopt;
        mac.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return mac;
}

inline std::string MacAddress::to_string() const
{
    constexpr char digits[] = "0123456789abcdef";
    std::string text(17, ':');
    for (std::size_t i = 0; i < 6; ++i) {
        text[3 * i] = digits[bytes[i] >> 4];
        text[3 * i + 1] = digits[bytes[i] & 0xf];
    }
    return text;
}

inline std::optional<Ipv4Address> Ipv4Address::parse(std::string_view text) noexcept
{
    return detail::parse_inet<AF_INET, Ipv4Address>(text);
}

inline std::string Ipv4Address::to_string() const { return detail::inet_to_string<AF_INET>(*this); }

inline std::optional<Ipv6Address> Ipv6Address::parse(std::string_view text) noexcept
{
    return detail::parse_inet<AF_INET6, Ipv6Address>(text);
}

inline std::string Ipv6Address::to_string() const { return detail::inet_to_string<AF_INET6>(*this); }

}  // namespace ferry
