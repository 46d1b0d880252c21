#include "engine/sender.hpp"

#include "engine/frame.hpp"

namespace ferry::engine {

void find_sender(Burst& burst, const OuterHeaders& outer, const Vteps& vteps, RecentSenders& recent,
                 WorkerCounters& counters) noexcept
{
    recent.refresh(vteps);
    const std::size_t count = burst.count;
    for (std::size_t i = 0; i < count; ++i) {
        if (burst.verdicts[i] == Verdict::pass)
            continue;
        const VtepId vtep = recent.find(outer.sources[i], vteps);
        burst.peers[i] = vtep;
        TrafficCounters& of_vtep = counters.vtep(vtep);
        of_vtep.in_frames.add(1);
        of_vtep.in_bytes.add(burst.frames[i]->pkt_len);
    }
}

}  // namespace ferry::engine
