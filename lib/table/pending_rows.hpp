// Rows that belong to transactions which some reader may not see yet.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <ferry/error.hpp>
#include <ferry/table/row.hpp>
#include <ferry/table/snapshot.hpp>

namespace ferry {

/// A ring of entries: the row's word in the table names an entry, and the entry holds the row's value before and after.
/// Entries are taken, settled and freed in the order of their transactions. The writer changes the ring; readers
/// resolve.
class PendingRows {
public:
    struct Entry {
        Epoch since = 0;                         ///< constant while a reader can see the entry
        std::atomic<std::uint64_t> before{0};    ///< may itself name an entry, of an earlier transaction
        std::atomic<std::uint64_t> after{0};     ///< plain
        std::uint32_t slot = 0;                  ///< the writer's own: where the row is
        std::uint32_t batch = 0;                 ///< the writer's own: see GraceBatches
    };

    /// May throw std::bad_alloc.
    explicit PendingRows(std::uint32_t capacity) : entries_(new Entry[capacity]), capacity_(capacity) {}

    static constexpr bool is_pending(std::uint64_t word) noexcept
    {
        return word >> 60 == static_cast<std::uint64_t>(RowKind::pending);
    }

    /// Reader: the plain word that a row's word stands for as of `epoch`.
    std::uint64_t resolve(std::uint64_t word, Epoch epoch) const noexcept
    {
        while (is_pending(word)) {
            const Entry& entry = named_by(word);
            word = (epoch >= entry.since ? entry.after : entry.before).load(std::memory_order_acquire);
        }
        return word;
    }

    Entry& named_by(std::uint64_t word) const noexcept { return entries_[static_cast<std::uint32_t>(word)]; }

    std::uint32_t room() const noexcept { return capacity_ - static_cast<std::uint32_t>(taken_ - freed_); }

    /// Takes an entry, of which room() tells; returns the word that names it, to be stored once it is filled in.
    std::uint64_t take(Epoch since, std::uint64_t before, std::uint64_t after, std::uint32_t slot) noexcept
    {
        const auto index = static_cast<std::uint32_t>(taken_++ % capacity_);
        Entry& entry = entries_[index];
        entry.since = since;
        entry.before.store(before, std::memory_order_relaxed);
        entry.after.store(after, std::memory_order_relaxed);
        entry.slot = slot;
        return word_of(index);
    }

    /// The oldest entry that is not settled and belongs to `epoch` or an earlier one, and its word; or null.
    Entry* to_settle(Epoch epoch, std::uint64_t& word) noexcept
    {
        const auto index = static_cast<std::uint32_t>(settled_ % capacity_);
        if (settled_ == taken_ || entries_[index].since > epoch)
            return nullptr;
        word = word_of(index);
        return &entries_[index];
    }

    /// No word names the entry that to_settle() gave any more; it is free when `batch` is over.
    void settle(std::uint32_t batch) noexcept { entries_[settled_++ % capacity_].batch = batch; }

    /// Frees the entries that were settled in batches up to `over`.
    void reclaim(std::uint32_t over) noexcept
    {
        while (freed_ != settled_ && static_cast<std::int32_t>(entries_[freed_ % capacity_].batch - over) <= 0)
            ++freed_;
    }

private:
    static constexpr std::uint64_t word_of(std::uint32_t index) noexcept
    {
        return std::uint64_t{static_cast<std::uint8_t>(RowKind::pending)} << 60 | index;
    }

    std::unique_ptr<Entry[]> entries_;
    std::uint32_t capacity_;
    // Counts since the beginning: freed_ <= settled_ <= taken_ <= freed_ + capacity_.
    std::uint64_t taken_ = 0;
    std::uint64_t settled_ = 0;
    std::uint64_t freed_ = 0;
};

}  // namespace ferry
