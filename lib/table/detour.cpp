#include <ferry/table/detour.hpp>

#include <algorithm>
#include <new>
#include <tuple>

#include "table/no_memory.hpp"

namespace ferry {

const Detour* find_detour(const DetourList& detours, MacAddress source, VtepId peer) noexcept
{
    const auto found = std::lower_bound(detours.begin(), detours.end(), std::tuple(source, peer),
                                        [](const Detour& detour, const auto& wanted) {
                                            return std::tuple(detour.source, detour.peer) < wanted;
                                        });
    return found != detours.end() && found->source == source && found->peer == peer ? &*found : nullptr;
}

Expected<std::unique_ptr<DetourExits>> DetourExits::make(std::uint32_t max_exits)
{
    if (max_exits == 0 || max_exits == 0xffff'ffff)
        return fail(ErrorCode::invalid_argument, "room for at least one detour is needed");
    std::unique_ptr<DetourExits> exits(new (std::nothrow) DetourExits);
    if (exits == nullptr)
        return no_memory();
    exits->slots_.reset(new (std::nothrow) Slot[std::size_t{max_exits} + 1]);
    if (exits->slots_ == nullptr)
        return no_memory();
    exits->max_exits_ = max_exits;
    return exits;
}

Expected<ExitId> DetourExits::open(const DetourExit& exit)
{
    if (exit.from == VtepId::none || exit.to == VtepId::none || exit.vni == Vni{})
        return fail(ErrorCode::invalid_argument, "a detour leads from a VTEP to a VTEP, under a VNI");
    for (std::uint32_t index = 1; index <= max_exits_; ++index) {
        Slot& slot = slots_[index];
        if (slot.taken)
            continue;
        // No reader is here: it would have come by a label.
        slot = {exit, true};
        return ExitId{index};
    }
    return fail(ErrorCode::table_full, "as many detours as there can be at a time are open; raise their bound");
}

}  // namespace ferry
