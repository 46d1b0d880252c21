#include "engine/sender.hpp"

#include "engine/frame.hpp"

namespace ferry::engine {

void find_sender(Burst& burst, const OuterHeaders& outer, const Vteps& vteps, WorkerCounters& counters) noexcept
{
    Ipv4Address address{};
    VtepId vtep = VtepId::none;
    for (std::size_t i = 0; i < burst.count; ++i) {
        if (burst.verdicts[i] == Verdict::pass)
            continue;
        if (outer.sources[i] != address) {
            address = outer.sources[i];
            vtep = vteps.find(address);
        }
        burst.peers[i] = vtep;
        TrafficCounters& of_vtep = counters.vtep(vtep);
        of_vtep.in_frames.add(1);
        of_vtep.in_bytes.add(burst.frames[i]->pkt_len);
    }
}

}  // namespace ferry::engine
