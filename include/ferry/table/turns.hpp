// Turns: how this host's frames for an endpoint that has moved change over from its old host to its new one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <ferry/error.hpp>
#include <ferry/table/row.hpp>

namespace ferry {

/// By which way a turning row's frames go now.
enum class TurnPhase : std::uint8_t {
    detour,  ///< still by way of the old host, marked and counted
    direct,  ///< to the new host, marked
};

/// What a turn is made of; it stays the same for as long as a row names it.
struct Turn {
    VtepId via = VtepId::none;               ///< the old host; none: this host, by the gate of
    AttachmentId gate = AttachmentId::none;  ///< this attachment, which the endpoint had
    VtepId to = VtepId::none;                ///< the new host
    std::uint8_t stream = 0;                 ///< written on the frames; not 0
    Vni relay_label{};                       ///< for frames from the underlay, as in a remote row of `via` (row.hpp)

    friend constexpr bool operator==(const Turn&, const Turn&) noexcept = default;
};

/// A fixed number of slots. One writer; readers come to a turn by a row that names it, and never wait.
class Turns {
public:
    /// Room for `max_turns` at a time and for the counts of `workers`. Fails with invalid_argument (0) or no_memory.
    static Expected<std::unique_ptr<Turns>> make(std::uint32_t max_turns, std::uint32_t workers);
    ~Turns();
    Turns(const Turns&) = delete;
    Turns& operator=(const Turns&) = delete;

    // Readers. `id` is that of a row which the reader has looked up in this burst.

    const Turn& at(TurnId id) const noexcept { return slots_[index_of(id)].turn; }
    TurnPhase phase(TurnId id) const noexcept { return slots_[index_of(id)].phase.load(std::memory_order_acquire); }
    /// Counts a frame that is marked as a detour; `worker` is the caller's own reader number (Qsbr::add_reader()).
    void count_detour(TurnId id, std::uint32_t worker) noexcept
    {
        std::atomic<std::uint64_t>& count = count_of(id, worker).frames;
        count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }

    // The writer's side.

    /// Takes a slot for a turn that begins with detours. Fails with table_full, and with invalid_argument for a stream
    /// of 0, and where not exactly one of `via` and `gate` is given, or no `to`, or a `to` that is `via`.
    Expected<TurnId> begin(const Turn& turn);
    bool is_taken(TurnId id) const noexcept;
    /// From now on frames go directly: one store. Bursts under way may still take the detour, until a grace period has
    /// passed; the count stands from then on.
    void flip(TurnId id) noexcept;
    /// Frames that were marked as detours so far, by all workers; final a grace period after flip().
    std::uint64_t detours(TurnId id) const noexcept;
    /// Frees the slot, a grace period after the last row that named it was changed.
    void release(TurnId id) noexcept;
    std::uint32_t max_turns() const noexcept { return max_turns_; }

private:
    struct alignas(64) Slot {
        Turn turn;
        std::atomic<TurnPhase> phase{TurnPhase::detour};
        bool taken = false;  ///< the writer's own
    };
    struct alignas(64) Count {
        std::atomic<std::uint64_t> frames{0};
    };

    Turns() = default;
    Count& count_of(TurnId id, std::uint32_t worker) const noexcept
    {
        return counts_[std::size_t{index_of(id)} * workers_ + worker];
    }

    std::uint32_t max_turns_ = 0;
    std::uint32_t workers_ = 0;
    std::unique_ptr<Slot[]> slots_;    ///< by TurnId; 0 is not used
    std::unique_ptr<Count[]> counts_;  ///< by TurnId, then worker
};

}  // namespace ferry
