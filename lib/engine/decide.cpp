#include "engine/decide.hpp"

#include "engine/encap.hpp"
#include "engine/exceptional.hpp"

namespace ferry::engine {
namespace {

inline void decide_remote(Burst& burst, std::size_t i, VtepId vtep, const Vteps& vteps, Epoch epoch) noexcept
{
    burst.peers[i] = vtep;
    const Adjacency* const adjacency = vteps.at(vtep, epoch);
    if (adjacency == nullptr) [[unlikely]]
        return burst.drop(i, DropReason::adjacency_gone);
    if (!fits(*burst.frames[i], *adjacency)) [[unlikely]]
        return burst.drop(i, *misfit(*burst.frames[i], *adjacency));
    burst.adjacencies[i] = adjacency;
    burst.verdicts[i] = Verdict::remote;
}

}  // namespace

void decide_from_attachment(Burst& burst, const Delivery& delivery) noexcept
{
    const Vteps& vteps = delivery.vteps;
    const Epoch epoch = delivery.epoch;
    const std::size_t count = burst.count;
    for (std::size_t i = 0; i < count; ++i) {
        if (burst.verdicts[i] != Verdict::forward) [[unlikely]]
            continue;
        const Row row = burst.rows[i];
        if (row.kind() == RowKind::remote) [[likely]] {
            decide_remote(burst, i, row.vtep(), vteps, epoch);
        } else if (row.kind() == RowKind::local) {
            if (row.attachment() == delivery.from)
                burst.drop(i, DropReason::hairpin);
            else
                burst.verdicts[i] = Verdict::local;
        } else if (row.is_absent()) {
            burst.verdicts[i] = Verdict::flood;
        } else {
            exceptional_from_attachment(burst, i, delivery);
        }
    }
}

void decide_from_underlay(Burst& burst, const Delivery& delivery) noexcept
{
    for (std::size_t i = 0; i < burst.count; ++i) {
        if (burst.verdicts[i] != Verdict::forward) [[unlikely]]
            continue;
        const Row row = burst.rows[i];
        if (row.kind() == RowKind::local) [[likely]]
            burst.verdicts[i] = Verdict::local;
        else if (row.is_absent())
            burst.verdicts[i] = Verdict::flood;
        else
            exceptional_from_underlay(burst, i, delivery);
    }
    if (burst.any_labelled) [[unlikely]]
        decide_labelled(burst, delivery);
}

}  // namespace ferry::engine
