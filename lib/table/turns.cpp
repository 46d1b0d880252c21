#include <ferry/table/turns.hpp>

#include <new>

#include "table/no_memory.hpp"

namespace ferry {

Turns::~Turns() = default;

Expected<std::unique_ptr<Turns>> Turns::make(std::uint32_t max_turns, std::uint32_t workers)
{
    if (max_turns == 0 || max_turns == 0xffff'ffff || workers == 0)
        return fail(ErrorCode::invalid_argument, "room for at least one turn and one worker is needed");
    std::unique_ptr<Turns> turns(new (std::nothrow) Turns);
    if (turns == nullptr)
        return no_memory();
    turns->slots_.reset(new (std::nothrow) Slot[std::size_t{max_turns} + 1]);
    turns->counts_.reset(new (std::nothrow) Count[(std::size_t{max_turns} + 1) * workers]);
    if (turns->slots_ == nullptr || turns->counts_ == nullptr)
        return no_memory();
    turns->max_turns_ = max_turns;
    turns->workers_ = workers;
    return turns;
}

Expected<TurnId> Turns::begin(const Turn& turn)
{
    if (turn.stream == 0)
        return fail(ErrorCode::invalid_argument, "a turn needs a stream from 1 to 255");
    if ((turn.via == VtepId::none) == (turn.gate == AttachmentId::none))
        return fail(ErrorCode::invalid_argument, "a turn begins at the old host's VTEP, or at a gate of this host");
    if (turn.to == VtepId::none || turn.to == turn.via)
        return fail(ErrorCode::invalid_argument, "a turn leads to the VTEP of a host that is not the old one");
    for (std::uint32_t index = 1; index <= max_turns_; ++index) {
        Slot& slot = slots_[index];
        if (slot.taken)
            continue;
        // No reader is here: it would have come by a row.
        slot.turn = turn;
        slot.phase.store(TurnPhase::detour, std::memory_order_relaxed);
        slot.taken = true;
        for (std::uint32_t worker = 0; worker < workers_; ++worker)
            count_of(TurnId{index}, worker).frames.store(0, std::memory_order_relaxed);
        return TurnId{index};
    }
    return fail(ErrorCode::table_full, "as many endpoints as can turn at a time do; raise the bound of turns");
}

bool Turns::is_taken(TurnId id) const noexcept
{
    return index_of(id) <= max_turns_ && slots_[index_of(id)].taken;
}

void Turns::flip(TurnId id) noexcept
{
    slots_[index_of(id)].phase.store(TurnPhase::direct, std::memory_order_release);
}

std::uint64_t Turns::detours(TurnId id) const noexcept
{
    std::uint64_t sum = 0;
    for (std::uint32_t worker = 0; worker < workers_; ++worker)
        sum += count_of(id, worker).frames.load(std::memory_order_relaxed);
    return sum;
}

void Turns::release(TurnId id) noexcept
{
    slots_[index_of(id)].taken = false;
}

}  // namespace ferry
