#include "engine/decide.hpp"

#include <span>

#include "engine/detour.hpp"
#include "engine/encap.hpp"
#include "engine/exceptional.hpp"

namespace ferry::engine {
namespace {

/// Adjacencies and counters of more VTEPs than these do not stay in the first cache.
constexpr std::uint32_t few_vteps = 128;

/// What encapsulation reads for every frame: copies of what does not change, on the stack, where no write to a frame can be
/// taken for a change of it.
struct Remotes {
    Remotes(Vni segment, const Delivery& delivery) noexcept
        : vteps(delivery.vteps.view()), epoch(delivery.epoch), vni(segment), ports(delivery.entropy_ports),
          counters(delivery.counters.vteps())
    {
    }

    void prefetch(VtepId vtep) const noexcept
    {
        vteps.prefetch(vtep);
        __builtin_prefetch(&counters[index_of(vtep)], 1);
    }

    Vteps::View vteps;
    Epoch epoch;
    Vni vni;
    wire::PortScale ports;
    std::span<TrafficCounters> counters;  ///< there are as many as of VTEPs
};

/// Ends the look-ups of a burst from an attachment. Those that go on beyond their key's home come last, when the lines that
/// they want have had time to come.
template <bool prefetches>
void end_look_ups(Burst& burst, const LookUp look_up, const Remotes& remotes) noexcept
{
    const std::size_t count = burst.count;
    PerFrame<std::uint8_t> late;
    std::size_t late_count = 0;
    FdbKey last;  // its row stands for the whole burst
    Row row;
    const auto ended = [&](std::size_t i) {
        if constexpr (prefetches)
            if (burst.rows[i].kind() == RowKind::remote)
                remotes.prefetch(burst.rows[i].vtep());
    };
    for (std::size_t i = 0; i < count; ++i) {
        if (burst.verdicts[i] != Verdict::forward) [[unlikely]]
            continue;
        if (burst.keys[i] != last) {
            const auto found = look_up.end_at_home(burst.homes[i], burst.keys[i]);
            if (!found) [[unlikely]] {
                late[late_count++] = static_cast<std::uint8_t>(i);
                last = {};
                continue;
            }
            last = burst.keys[i];
            row = found->row;
        }
        burst.rows[i] = row;
        ended(i);
    }
    for (std::size_t n = 0; n < late_count; ++n) {
        burst.end_look_up(late[n], look_up);
        ended(late[n]);
    }
}

/// Encapsulates a frame for a VTEP and returns by which adjacency; null where it was dropped instead. Does what
/// adjacency_for() and leaves() do (dispatch.hpp), from the copies.
inline const Adjacency* to_remote(Burst& burst, std::size_t i, VtepId vtep, const Remotes& remotes) noexcept
{
    rte_mbuf& frame = *burst.frames[i];
    const Adjacency* const adjacency = remotes.vteps.at(vtep, remotes.epoch);
    if (adjacency == nullptr || !fits(frame, *adjacency)) [[unlikely]] {
        burst.peers[i] = vtep;
        burst.drop(i, adjacency != nullptr ? *misfit(frame, *adjacency) : DropReason::adjacency_gone);
        return nullptr;
    }
    std::uint8_t* const front = burst.fronts[i];
    const std::uint32_t bytes =
        encapsulate(frame, front, *adjacency, remotes.vni, flow_of(front, frame.data_len, remotes.ports));
    label(frame, vtep);
    TrafficCounters& of_vtep = remotes.counters[index_of(vtep)];
    of_vtep.out_frames.add(1);
    of_vtep.out_bytes.add(bytes);
    burst.adjacencies[i] = adjacency;
    burst.verdicts[i] = Verdict::encapsulated;
    return adjacency;
}

}  // namespace

void decide_from_attachment(Burst& burst, Vni vni, const LookUp& look_up, const Delivery& delivery) noexcept
{
    const Remotes remotes(vni, delivery);
    if (delivery.vteps.size() > few_vteps)
        end_look_ups<true>(burst, look_up, remotes);
    else
        end_look_ups<false>(burst, look_up, remotes);
    if (delivery.detours != nullptr) [[unlikely]]
        take_detours(burst, delivery);
    const std::size_t count = burst.count;
    std::uint32_t ports_and = ~std::uint32_t{0}, ports_or = 0;  // equal where all that leave do so by one port
    std::size_t not_encapsulated = 0, for_first = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (burst.verdicts[i] != Verdict::forward) [[unlikely]] {
            ++not_encapsulated;
            continue;
        }
        const Row row = burst.rows[i];
        if (row.kind() == RowKind::remote) [[likely]] {
            if (const Adjacency* const adjacency = to_remote(burst, i, row.vtep(), remotes)) [[likely]] {
                ports_and &= static_cast<std::uint32_t>(adjacency->underlay);
                ports_or |= static_cast<std::uint32_t>(adjacency->underlay);
                continue;
            }
        } else if (row.kind() == RowKind::local) {
            if (row.attachment() == delivery.from) {
                burst.drop(i, DropReason::hairpin);
            } else {
                label(*burst.frames[i], VtepId::none);
                burst.verdicts[i] = Verdict::local;
                for_first += row.attachment() == burst.rows[0].attachment();
            }
        } else if (row.is_absent()) {
            burst.verdicts[i] = Verdict::flood;
        } else {
            exceptional_from_attachment(burst, i, delivery);
        }
        ++not_encapsulated;
    }
    burst.all_to_port = not_encapsulated == 0 && ports_and == ports_or;
    burst.all_to_attachment = for_first == count && count != 0;
}

void decide_from_underlay(Burst& burst, const LookUp& rows, const Delivery& delivery) noexcept
{
    const LookUp look_up = rows;
    const std::size_t count = burst.count;
    std::size_t for_first = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (burst.verdicts[i] != Verdict::forward) [[unlikely]]
            continue;
        burst.end_look_up(i, look_up);
        const Row row = burst.rows[i];
        if (row.kind() == RowKind::local) [[likely]] {
            burst.verdicts[i] = Verdict::local;
            for_first += row.attachment() == burst.rows[0].attachment();
        } else if (row.is_absent()) {
            burst.verdicts[i] = Verdict::flood;
        } else {
            exceptional_from_underlay(burst, i, delivery);
        }
    }
    burst.all_to_attachment = for_first == count && count != 0;
    if (burst.any_labelled) [[unlikely]]
        decide_labelled(burst, look_up, delivery);
}

}  // namespace ferry::engine
