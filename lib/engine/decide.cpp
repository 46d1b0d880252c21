#include "engine/decide.hpp"

#include "engine/detour.hpp"
#include "engine/encap.hpp"
#include "engine/exceptional.hpp"

namespace ferry::engine {
namespace {

/// What is the same for all frames of a burst that are encapsulated.
struct Outer {
    VniBytes vni;
    wire::PortRange ports;
};

/// Encapsulates a frame for a VTEP and returns by which adjacency; null where it was dropped instead.
inline const Adjacency* to_remote(Burst& burst, std::size_t i, VtepId vtep, const Outer& outer,
                                  const Delivery& delivery) noexcept
{
    const Adjacency* const adjacency = adjacency_for(burst, i, vtep, delivery);
    if (adjacency == nullptr) [[unlikely]]
        return nullptr;
    rte_mbuf& frame = *burst.frames[i];
    encapsulate(frame, burst.fronts[i], *adjacency, outer.vni, flow_of(burst.fronts[i], frame.data_len, outer.ports));
    leaves(burst, i, *adjacency, delivery);
    return adjacency;
}

/// Adjacencies and counters of more VTEPs than these do not stay in the first cache.
constexpr std::uint32_t few_vteps = 128;

void prefetch_remotes(const Burst& burst, const Delivery& delivery) noexcept
{
    for (std::size_t i = 0; i < burst.count; ++i) {
        if (burst.rows[i].kind() != RowKind::remote)
            continue;
        delivery.vteps.prefetch(burst.rows[i].vtep());
        delivery.counters.prefetch(burst.rows[i].vtep());
    }
}

}  // namespace

void decide_from_attachment(Burst& burst, Vni vni, const Delivery& delivery) noexcept
{
    const Outer outer{VniBytes(vni), delivery.entropy_ports};
    if (delivery.vteps.size() > few_vteps)
        prefetch_remotes(burst, delivery);
    const std::size_t count = burst.count;
    std::size_t remotes = 0, ports = 0, for_first = 0;
    UnderlayId port{};
    for (std::size_t i = 0; i < count; ++i) {
        if (burst.verdicts[i] != Verdict::forward) [[unlikely]]
            continue;
        const Row row = burst.rows[i];
        if (row.kind() == RowKind::remote) [[likely]] {
            if (delivery.detours != nullptr) [[unlikely]]
                if (detour(burst, i, row.vtep(), delivery))
                    continue;
            const Adjacency* const adjacency = to_remote(burst, i, row.vtep(), outer, delivery);
            if (adjacency == nullptr) [[unlikely]]
                continue;
            if (remotes++ == 0 || adjacency->underlay != port) [[unlikely]] {
                port = adjacency->underlay;
                ++ports;
            }
        } else if (row.kind() == RowKind::local) {
            if (row.attachment() == delivery.from) {
                burst.drop(i, DropReason::hairpin);
            } else {
                burst.verdicts[i] = Verdict::local;
                for_first += row.attachment() == burst.rows[0].attachment();
            }
        } else if (row.is_absent()) {
            burst.verdicts[i] = Verdict::flood;
        } else {
            exceptional_from_attachment(burst, i, delivery);
        }
    }
    burst.all_to_port = remotes == count && ports == 1;
    burst.all_to_attachment = for_first == count && count != 0;
}

void decide_from_underlay(Burst& burst, const Delivery& delivery) noexcept
{
    const std::size_t count = burst.count;
    std::size_t for_first = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (burst.verdicts[i] != Verdict::forward) [[unlikely]]
            continue;
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
        decide_labelled(burst, delivery);
}

}  // namespace ferry::engine
