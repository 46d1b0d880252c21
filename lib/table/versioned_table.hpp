// A table of versioned cells by index, from 1 on: what segments, VTEPs and attachments have in common.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <ferry/table/snapshot.hpp>

namespace ferry {

/// Indices are given out in turn, so that one that was freed is used again as late as possible: whoever remembers it
/// for a moment (a learn event on its way to the writer) does not mistake its next owner for the last.
template <typename T>
class VersionedTable {
public:
    /// Indices 1 to `max`. May throw std::bad_alloc.
    explicit VersionedTable(std::uint32_t max)
        : cells_(new VersionedCell<T>[std::size_t{max} + 1]), states_(std::size_t{max} + 1, State::vacant),
          vacant_(max), max_(max)
    {
        for (std::uint32_t i = 0; i < max; ++i)
            vacant_[i] = i + 1;
    }

    std::uint32_t max() const noexcept { return max_; }

    /// By index, up to max(), for readers.
    const VersionedCell<T>* cells() const noexcept { return cells_.get(); }

    // Readers. An index that is not in the table is as one that has no value.

    const T* read(std::uint32_t index, Epoch epoch) const noexcept
    {
        return index <= max_ ? cells_[index].read(epoch) : nullptr;
    }
    const T* read_referenced(std::uint32_t index, Epoch epoch) const noexcept
    {
        return index <= max_ ? cells_[index].read_referenced(epoch) : nullptr;
    }

    // The writer.

    const T* newest(std::uint32_t index) const noexcept { return index <= max_ ? cells_[index].newest() : nullptr; }

    /// Takes the next vacant index; 0 where there is none. It is reserved until push() or release().
    std::uint32_t reserve() noexcept
    {
        if (vacant_count_ == 0)
            return 0;
        const std::uint32_t index = vacant_[vacant_head_];
        vacant_head_ = (vacant_head_ + 1) % max_;
        --vacant_count_;
        states_[index] = State::reserved;
        return index;
    }

    /// Reserves an index that is still taken by a deleted value; false where it is not.
    bool reserve_deleted(std::uint32_t index) noexcept
    {
        if (states_[index] != State::taken || newest(index) != nullptr)
            return false;
        states_[index] = State::reserved;
        return true;
    }

    /// Gives a reserved index back. True when it is vacant now, false when a deleted value still takes it.
    bool release(std::uint32_t index) noexcept
    {
        if (cells_[index].newest_since() <= forgotten_) {
            vacate(index);
            return true;
        }
        states_[index] = State::taken;
        return false;
    }

    void push(PreparedVersion<T> prepared) noexcept
    {
        const std::uint32_t index = prepared.change.front().index;
        states_[index] = State::taken;
        cells_[index].push(std::move(prepared.version));
        changes_.splice(changes_.end(), prepared.change);
    }

    /// After a grace period since the commit of `since`: frees versions that nobody can see any more and the indices of
    /// deleted values, for each of which it calls `vacated`.
    template <typename Vacated>
    void forget_before(Epoch since, Vacated vacated) noexcept
    {
        forgotten_ = since;
        for (; !changes_.empty() && changes_.front().since <= since; changes_.pop_front()) {
            const std::uint32_t index = changes_.front().index;
            cells_[index].forget_before(changes_.front().since);
            const bool is_last = cells_[index].newest_since() == changes_.front().since;
            if (is_last && cells_[index].newest() == nullptr && states_[index] == State::taken) {
                vacate(index);
                vacated(index);
            }
        }
    }

    /// The newest values, by index. May throw std::bad_alloc.
    std::vector<const T*> all() const
    {
        std::vector<const T*> values;
        for (std::uint32_t index = 1; index <= max_; ++index)
            if (const T* value = cells_[index].newest())
                values.push_back(value);
        return values;
    }

private:
    enum class State : std::uint8_t { vacant, reserved, taken };

    void vacate(std::uint32_t index) noexcept
    {
        states_[index] = State::vacant;
        vacant_[(std::size_t{vacant_head_} + vacant_count_++) % max_] = index;
    }

    std::unique_ptr<VersionedCell<T>[]> cells_;
    std::vector<State> states_;
    std::vector<std::uint32_t> vacant_;  ///< a ring
    std::uint32_t vacant_head_ = 0;
    std::uint32_t vacant_count_ = static_cast<std::uint32_t>(vacant_.size());
    std::uint32_t max_;
    std::list<typename PreparedVersion<T>::Change> changes_;
    Epoch forgotten_ = 0;
};

}  // namespace ferry
