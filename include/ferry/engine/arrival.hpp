// How a frame came to an endpoint that is in the middle of a move.
#pragma once

#include <cstdint>

#include <ferry/table/row.hpp>

namespace ferry {

/// By which way.
enum class Via : std::uint8_t {
    direct,  ///< from its sender, by a VTEP or from an attachment of this host
    flush,   ///< from the endpoint's old host, which had docked it
    relay,   ///< from the endpoint's old host, which passed it on
    earlier, ///< from an older host: under a label of an earlier claim
};

/// What a ferry peer that turns from the old host to the new one writes on its frames (wire/vxlan.hpp).
enum class Mark : std::uint8_t {
    none,
    detour,  ///< sent by way of the old host
    turned,  ///< sent directly to the new host
};

/// Known of a frame for a gated row. For a frame that no row led out of the fast path all but `peer` say nothing.
struct Arrival {
    Via via = Via::direct;
    Mark mark = Mark::none;
    std::uint8_t stream = 0;      ///< with a mark
    std::uint8_t ttl = 64;        ///< of the outer header, or what a fresh one has
    VtepId peer = VtepId::none;   ///< outer source; none: from an attachment of this host, or a VTEP not in the table
    bool from_attachment = false;

    friend constexpr bool operator==(const Arrival&, const Arrival&) noexcept = default;
};

}  // namespace ferry
