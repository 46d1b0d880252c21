#include "engine/turn.hpp"

#include "engine/relay.hpp"

namespace ferry::engine {

void turn(Burst& burst, std::size_t i, const Delivery& delivery) noexcept
{
    const TurnId id = burst.rows[i].turn();
    const Turn& turn = delivery.turns.at(id);
    const bool direct = delivery.turns.phase(id) == TurnPhase::direct;
    if (!direct && turn.gate != AttachmentId::none) {
        if (turn.gate == delivery.from)
            return burst.drop(i, DropReason::hairpin);
        burst.verdicts[i] = Verdict::gate;
        burst.gates[i] = turn.gate;
        burst.arrivals[i] = {.mark = Mark::detour, .stream = turn.stream, .from_attachment = true};
        delivery.turns.count_detour(id, delivery.worker);
        return;
    }
    const Adjacency* const adjacency = adjacency_for(burst, i, direct ? turn.to : turn.via, delivery);
    if (adjacency == nullptr)
        return;
    rte_mbuf& frame = *burst.frames[i];
    encapsulate_marked(frame, *adjacency, burst.segments[i]->vni, flow_of(frame, delivery.entropy_ports),
                       direct ? Mark::turned : Mark::detour, turn.stream);
    leaves(burst, i, *adjacency, delivery);
    if (!direct)
        delivery.turns.count_detour(id, delivery.worker);
}

}  // namespace ferry::engine
