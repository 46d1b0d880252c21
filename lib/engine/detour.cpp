#include "engine/detour.hpp"

#include "engine/encap.hpp"
#include "engine/relay.hpp"

namespace ferry::engine {

const Detour* detour_of(const rte_mbuf& frame, VtepId peer, const DetourList& detours) noexcept
{
    return find_detour(detours, MacAddress::from_u48(source_of(bytes_of(frame))), peer);
}

void take_detours(Burst& burst, const Delivery& delivery) noexcept
{
    for (std::size_t i = 0; i < burst.count; ++i) {
        if (burst.verdicts[i] != Verdict::forward || burst.rows[i].kind() != RowKind::remote)
            continue;
        rte_mbuf& frame = *burst.frames[i];
        const Detour* const detour = detour_of(frame, burst.rows[i].vtep(), *delivery.detours);
        if (detour == nullptr)
            continue;
        if (const Adjacency* const adjacency = adjacency_for(burst, i, detour->via, delivery)) {
            encapsulate(frame, *adjacency, detour->label, flow_of(frame, delivery.entropy_ports));
            leaves(burst, i, *adjacency, delivery);
        }
    }
}

void leave_detour(Burst& burst, std::size_t i, const Delivery& delivery) noexcept
{
    const DetourExit& exit = delivery.exits.at(burst.exits[i]);
    const std::uint8_t ttl = burst.arrivals[i].ttl;
    const Adjacency* const adjacency = way_on(burst, i, exit.to, ttl, delivery);
    if (adjacency == nullptr)
        return;
    rte_mbuf& frame = *burst.frames[i];
    encapsulate(frame, *adjacency, exit.vni, flow_of(frame, delivery.entropy_ports));
    set_outer_ttl(frame, static_cast<std::uint8_t>(ttl - 1));
    goes_on(burst, i, *adjacency, delivery);
}

}  // namespace ferry::engine
