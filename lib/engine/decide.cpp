#include "engine/decide.hpp"

#include "engine/encap.hpp"

namespace ferry::engine {
namespace {

void decide_remote(Burst& burst, std::size_t i, const Vteps& vteps, Epoch epoch) noexcept
{
    burst.peers[i] = burst.rows[i].vtep();
    const Adjacency* const adjacency = vteps.at(burst.peers[i], epoch);
    if (adjacency == nullptr) [[unlikely]]
        return burst.drop(i, DropReason::adjacency_gone);
    if (const auto reason = misfit(*burst.frames[i], *adjacency)) [[unlikely]]
        return burst.drop(i, *reason);
    burst.adjacencies[i] = adjacency;
    burst.verdicts[i] = Verdict::remote;
}

}  // namespace

void decide_from_attachment(Burst& burst, AttachmentId from, const Vteps& vteps, Epoch epoch) noexcept
{
    for (std::size_t i = 0; i < burst.count; ++i) {
        if (burst.verdicts[i] != Verdict::forward) [[unlikely]]
            continue;
        const Row row = burst.rows[i];
        if (row.kind() == RowKind::remote) [[likely]] {
            decide_remote(burst, i, vteps, epoch);
        } else if (row.kind() == RowKind::local) {
            if (row.attachment() == from)
                burst.drop(i, DropReason::hairpin);
            else
                burst.verdicts[i] = Verdict::local;
        } else if (row.kind() == RowKind::blackhole) {
            burst.drop(i, DropReason::blackhole);
        } else {
            burst.verdicts[i] = Verdict::flood;
        }
    }
}

void decide_from_underlay(Burst& burst) noexcept
{
    for (std::size_t i = 0; i < burst.count; ++i) {
        if (burst.verdicts[i] != Verdict::forward) [[unlikely]]
            continue;
        const Row row = burst.rows[i];
        if (row.kind() == RowKind::local) [[likely]]
            burst.verdicts[i] = Verdict::local;
        else if (row.kind() == RowKind::remote)
            burst.drop(i, row.vtep() == burst.peers[i] ? DropReason::hairpin : DropReason::split_horizon);
        else if (row.kind() == RowKind::blackhole)
            burst.drop(i, DropReason::blackhole);
        else
            burst.verdicts[i] = Verdict::flood;
    }
}

}  // namespace ferry::engine
