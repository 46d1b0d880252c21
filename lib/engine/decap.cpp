#include "engine/decap.hpp"

#include "engine/frame.hpp"
#include "engine/outer_of.hpp"

#include <ferry/wire/ecn.hpp>

namespace ferry::engine {
namespace {

constexpr std::uint16_t overhead = wire::vxlan_ipv4_overhead;

/// The other two marks change no inner packet (RFC 6040 §4.2, figure 4).
constexpr bool says_congestion(std::uint8_t outer_tos) noexcept
{
    const wire::Ecn ecn = wire::ecn_of(outer_tos);
    return ecn == wire::Ecn::ect1 || ecn == wire::Ecn::ce;
}

/// Takes the outer headers of a frame off, calls label() while the mbuf is at hand, and returns where the inner frame begins; null
/// where it was dropped instead.
inline const std::uint8_t* strip(Burst& burst, std::size_t i, const OuterHeaders& outer) noexcept
{
    rte_mbuf& frame = *burst.frames[i];
    const std::uint16_t inner_length = outer.inner_lengths[i];
    std::uint8_t* const inner = burst.fronts[i] + overhead;
    if (frame.nb_segs == 1) [[likely]] {
        frame.data_off = static_cast<std::uint16_t>(frame.data_off + overhead);
        frame.data_len = inner_length;
        frame.pkt_len = inner_length;
    } else {
        cut_chain(frame, std::uint32_t{overhead} + inner_length);
        take_off(frame, overhead);
    }
    label(frame, burst.peers[i]);
    if (says_congestion(outer.tos[i])) [[unlikely]] {
        if (!wire::apply_outer_ecn(inner, frame.data_len, outer.tos[i])) {
            burst.drop(i, DropReason::ecn);
            return nullptr;
        }
    }
    return inner;
}

/// A frame under the label of a detour: of the endpoint that has moved, by the host that was given the label, or
/// dropped.
bool follow_exit(Burst& burst, std::size_t i, const OuterHeaders& outer, const DetourExits& exits, ExitId id) noexcept
{
    const DetourExit& exit = exits.at(id);
    if (burst.peers[i] != exit.from || source_of(bytes_of(*burst.frames[i]) + overhead) != exit.source.to_u48()) {
        burst.drop(i, DropReason::detour_refused);
        return false;
    }
    if (strip(burst, i, outer) == nullptr)
        return false;
    burst.verdicts[i] = Verdict::detoured;
    burst.exits[i] = id;
    burst.arrivals[i] = arrival_of(*burst.frames[i], burst.peers[i]);
    burst.any_labelled = true;
    return true;
}

/// A frame whose VNI has no segment: is it a label? Returns whether it was decapsulated.
[[gnu::noinline, gnu::cold]] bool follow_label(Burst& burst, std::size_t i, const OuterHeaders& outer,
                                               const Tables& tables, Epoch epoch, const LookUp& look_up) noexcept
{
    const Vni vni = outer.vnis[i];
    if (!tables.labels().contains(vni)) {
        burst.drop(i, DropReason::vni_unknown);
        return false;
    }
    if (const ExitId exit = tables.labels().exit(vni); exit != ExitId::none)
        return follow_exit(burst, i, outer, tables.exits(), exit);
    const FdbKey key = tables.labels().find(vni);
    const Segment* const segment = tables.segments().at(key.segment(), epoch);
    if (segment == nullptr) {
        burst.drop(i, DropReason::label_unknown);
        return false;
    }
    if (strip(burst, i, outer) == nullptr)
        return false;
    burst.segments[i] = segment;
    burst.begin_look_up(i, key, look_up);
    burst.verdicts[i] = Verdict::labelled;
    burst.arrivals[i] = arrival_of(*burst.frames[i], burst.peers[i]);
    if (tables.labels().is_demoted(vni)) {
        burst.arrivals[i].via = Via::earlier;
        burst.arrivals[i].mark = Mark::none;
    } else {
        burst.arrivals[i].via = Labels::is_flush(vni) ? Via::flush : Via::relay;
    }
    burst.any_labelled = true;
    return true;
}

/// `extended`: frames may have come by a way from which one must not learn.
template <bool extended>
std::size_t decap_all(Burst& burst, const OuterHeaders& outer, const Tables& tables, Epoch epoch, const LookUp& rows,
                      Sightings& seen) noexcept
{
    const LookUp look_up = rows;
    const Segments& segments = tables.segments();
    std::size_t done = 0;
    std::uint64_t bytes = 0;
    Vni vni;
    const Segment* segment = segments.find(vni, epoch);
    const std::size_t count = burst.count;
    for (std::size_t i = 0; i < count; ++i) {
        if (burst.verdicts[i] != Verdict::forward) [[unlikely]]
            continue;
        if (outer.vnis[i] != vni) {
            vni = outer.vnis[i];
            segment = segments.find(vni, epoch);
        }
        if (segment == nullptr) [[unlikely]] {
            done += follow_label(burst, i, outer, tables, epoch, rows);
            continue;
        }
        const std::uint8_t* const inner = strip(burst, i, outer);
        if (inner == nullptr) [[unlikely]]
            continue;
        ++done;
        bytes += outer.inner_lengths[i];

        burst.segments[i] = segment;
        burst.begin_look_up(i, key_of(segment->index, destination_of(inner)), look_up);
        const std::uint64_t source = source_of(inner);
        if constexpr (extended)
            if (!may_learn_from(*burst.frames[i]))
                continue;
        if (segment->learning && burst.peers[i] != VtepId::none && is_valid_source(source))
            seen.add(key_of(segment->index, source), Row::remote(burst.peers[i], RowOrigin::learned), look_up);
    }
    burst.bytes = bytes;
    return done;
}

}  // namespace

std::size_t decap(Burst& burst, const OuterHeaders& outer, const Tables& tables, Epoch epoch, const LookUp& look_up,
                  Sightings& seen) noexcept
{
    if (outer.any_extended) [[unlikely]]
        return decap_all<true>(burst, outer, tables, epoch, look_up, seen);
    return decap_all<false>(burst, outer, tables, epoch, look_up, seen);
}

}  // namespace ferry::engine
