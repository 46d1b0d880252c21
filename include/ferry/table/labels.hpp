// Labels: VNIs of a reserved range under which the old host of an endpoint sends frames to its new one during one move,
// and the new one to the old one where some of its frames make a detour.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <ferry/error.hpp>
#include <ferry/table/detour.hpp>
#include <ferry/table/row.hpp>

namespace ferry {

/// Which endpoint, or exit of a detour, each label leads to: one atomic word a label. One writer, many readers that never
/// wait. Of those that lead to an endpoint an even one is of frames that the old host had docked (flush), an odd one of
/// those that it passes on (relay).
class Labels {
public:
    /// The labels `first` to `first` + `count` - 1; a `count` of 0: none. Fails with invalid_argument (VNI 0 or own_vni
    /// in the range, or a range that does not begin with a flush label and end with a relay label) or no_memory.
    static Expected<std::unique_ptr<Labels>> make(std::uint32_t first, std::uint32_t count);

    static constexpr bool is_flush(Vni label) noexcept { return label.value() % 2 == 0; }

    /// Any thread: true for a VNI of the reserved range, which no segment may have.
    bool contains(Vni vni) const noexcept { return vni.value() - first_ < count_; }
    std::uint32_t first() const noexcept { return first_; }
    std::uint32_t count() const noexcept { return count_; }

    /// Reader: the endpoint that the label leads to; a key of word 0 where it leads to none or is no label.
    FdbKey find(Vni label) const noexcept
    {
        if (!contains(label))
            return {};
        const FdbKey key = FdbKey::from_word(word_of(label) & ~demoted);
        return key.segment() != SegmentIndex::none ? key : FdbKey{};
    }
    /// Reader: the exit that the label leads to; none where it leads to none or is no label.
    ExitId exit(Vni label) const noexcept
    {
        const std::uint64_t word = contains(label) ? word_of(label) : 0;
        const bool is_exit = FdbKey::from_word(word).segment() == SegmentIndex::none;
        return is_exit ? ExitId{static_cast<std::uint32_t>(word)} : ExitId::none;
    }
    /// Reader: frames under the label are not of the endpoint's present move, and count as direct ones of their sender.
    bool is_demoted(Vni label) const noexcept { return contains(label) && (word_of(label) & demoted) != 0; }

    /// Writer: readers see it at once. Fails with invalid_argument (no label) or already_exists (leads elsewhere).
    Expected<void> set(Vni label, FdbKey key);
    Expected<void> set(Vni label, ExitId exit);
    /// Writer: the label leads where it led, but belongs to an earlier move. What leads nowhere does so afterwards too.
    void demote(Vni label) noexcept;
    /// Writer: the label leads nowhere from now on; a burst under way may still follow it. To be called for an
    /// endpoint's labels before its segment goes. What is no label is none afterwards either.
    void clear(Vni label) noexcept;

private:
    Labels() = default;
    Expected<void> set_word(Vni label, std::uint64_t word);

    /// The group bit of the key's MAC, which no endpoint has (IEEE 802-2014 §8.2).
    static constexpr std::uint64_t demoted = std::uint64_t{1} << 40;
    std::uint64_t word_of(Vni label) const noexcept
    {
        return words_[label.value() - first_].load(std::memory_order_acquire);
    }

    std::uint32_t first_ = 0;
    std::uint32_t count_ = 0;
    std::unique_ptr<std::atomic<std::uint64_t>[]> words_;  ///< a key's, or an exit's number, which has no segment
};

}  // namespace ferry
