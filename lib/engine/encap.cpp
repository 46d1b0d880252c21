#include "engine/encap.hpp"

namespace ferry::engine {

void encap(Burst& burst, wire::PortRange ports) noexcept
{
    const std::size_t count = burst.count;
    for (std::size_t i = 0; i < count; ++i) {
        if (burst.verdicts[i] != Verdict::remote)
            continue;
        rte_mbuf& frame = *burst.frames[i];
        encapsulate(frame, *burst.adjacencies[i], burst.segments[i]->vni, flow_of(frame, ports));
    }
}

}  // namespace ferry::engine
