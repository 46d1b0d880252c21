#include "engine/decap.hpp"

#include "engine/frame.hpp"

#include <ferry/wire/ecn.hpp>

namespace ferry::engine {
namespace {

/// The other two marks change no inner packet (RFC 6040 §4.2, figure 4).
constexpr bool says_congestion(std::uint8_t outer_tos) noexcept
{
    const wire::Ecn ecn = wire::ecn_of(outer_tos);
    return ecn == wire::Ecn::ect1 || ecn == wire::Ecn::ce;
}

}  // namespace

std::size_t decap(Burst& burst, const OuterHeaders& outer, const Segments& segments, Epoch epoch,
                  Sightings& seen) noexcept
{
    constexpr std::uint16_t overhead = wire::vxlan_ipv4_overhead;
    std::size_t done = 0;
    Vni vni;
    const Segment* segment = segments.find(vni, epoch);
    for (std::size_t i = 0; i < burst.count; ++i) {
        if (burst.verdicts[i] != Verdict::forward) [[unlikely]]
            continue;
        if (outer.vnis[i] != vni) {
            vni = outer.vnis[i];
            segment = segments.find(vni, epoch);
        }
        if (segment == nullptr) [[unlikely]] {
            burst.drop(i, DropReason::vni_unknown);
            continue;
        }
        rte_mbuf& frame = *burst.frames[i];
        cut(frame, std::uint32_t{overhead} + outer.inner_lengths[i]);
        std::uint8_t* const inner = bytes_of(frame) + overhead;
        if (says_congestion(outer.tos[i])) [[unlikely]] {
            if (!wire::apply_outer_ecn(inner, frame.data_len - std::size_t{overhead}, outer.tos[i])) {
                burst.drop(i, DropReason::ecn);
                continue;
            }
        }
        take_off(frame, overhead);
        ++done;

        burst.segments[i] = segment;
        burst.keys[i] = key_of(segment->index, destination_of(inner));
        const std::uint64_t source = source_of(inner);
        if (segment->learning && burst.peers[i] != VtepId::none && is_valid_source(source))
            seen.add(key_of(segment->index, source), Row::remote(burst.peers[i], RowOrigin::learned));
    }
    return done;
}

}  // namespace ferry::engine
