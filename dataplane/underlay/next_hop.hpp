// The next hop towards a VTEP, as the kernel has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <ferry/wire/address.hpp>

namespace ferryd {

enum class NextHopState : std::uint8_t {
    unresolved,   ///< its MAC is not known yet, or not any more: frames wait
    unreachable,  ///< no route, or none by the underlay's interface
    down,         ///< the underlay's interface is
    resolved,
};

constexpr std::string_view name_of(NextHopState state) noexcept
{
    switch (state) {
    case NextHopState::unresolved: return "unresolved";
    case NextHopState::unreachable: return "unreachable";
    case NextHopState::down: return "down";
    case NextHopState::resolved: break;
    }
    return "resolved";
}

/// A neighbour on the underlay: a gateway of IPv4 routes may be an IPv6 address (RFC 8950, "unnumbered" BGP).
using HopAddress = std::variant<ferry::Ipv4Address, ferry::Ipv6Address>;

inline std::string text_of(const HopAddress& address)
{
    return std::visit([](const auto& one) { return one.to_string(); }, address);
}

struct NextHop {
    ferry::Ipv4Address vtep;
    NextHopState state = NextHopState::unresolved;
    ferry::MacAddress mac;                    ///< where resolved
    std::optional<HopAddress> via{};          ///< whose MAC it is: a gateway's or the VTEP's; none without a route
    std::uint16_t mtu = 0;                    ///< largest IP packet in bytes
    std::string reason{};                     ///< a sentence for the user where it is not resolved

    bool operator==(const NextHop&) const = default;
};

}  // namespace ferryd
