#include "engine/sender.hpp"

#include "engine/frame.hpp"

namespace ferry::engine {

void find_sender(Burst& burst, const OuterHeaders& outer, const Vteps& vteps, WorkerCounters& counters) noexcept
{
    Ipv4Address address{};
    VtepId vtep = VtepId::none;
    std::uint64_t frames = 0, bytes = 0;
    const auto count_run = [&] {
        TrafficCounters& of_vtep = counters.vtep(vtep);
        of_vtep.in_frames.add(frames);
        of_vtep.in_bytes.add(bytes);
        frames = bytes = 0;
    };
    for (std::size_t i = 0; i < burst.count; ++i) {
        if (burst.verdicts[i] == Verdict::pass)
            continue;
        if (outer.sources[i] != address) {
            count_run();
            address = outer.sources[i];
            vtep = vteps.find(address);
        }
        burst.peers[i] = vtep;
        ++frames;
        bytes += burst.frames[i]->pkt_len;
    }
    count_run();
}

}  // namespace ferry::engine
