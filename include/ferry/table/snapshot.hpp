// How several rows become visible together. Every committed transaction has an epoch; a worker reads the current epoch
// once a burst, and for that burst sees exactly the transactions up to it. A value that belongs to a transaction keeps
// its predecessor until no worker can have an older epoch (multi-version concurrency control: Reed 1978; here with one
// writer, so a commit is one store).
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <utility>

namespace ferry {

/// Numbers committed transactions, from 1. 0 is before the first.
using Epoch = std::uint64_t;

/// A slot that holds one immutable value and, for as long as a reader may need it, those before it.
/// Readers: any number, never wait. Writer: one thread.
template <typename T>
class VersionedCell {
public:
    /// One cache line holds what a reader needs of a version and the first 56 bytes of its value.
    class alignas(64) Version {
    public:
        Version(Epoch since, std::optional<T>&& value) : since_and_kept_(since << 1 | Epoch{value.has_value()})
        {
            if (value)
                value_ = std::move(*value);
        }

        Epoch since() const noexcept { return since_and_kept_ >> 1; }
        /// since() <= epoch, in one comparison.
        bool seen_in(Epoch epoch) const noexcept { return since_and_kept_ <= (epoch << 1 | 1); }
        /// Null: deleted.
        const T* value() const noexcept { return (since_and_kept_ & 1) != 0 ? &value_ : nullptr; }

    private:
        const Epoch since_and_kept_;
        T value_{};

    public:
        std::atomic<Version*> older{nullptr};
    };

    VersionedCell() = default;
    VersionedCell(const VersionedCell&) = delete;
    VersionedCell& operator=(const VersionedCell&) = delete;
    ~VersionedCell()
    {
        for (Version* version = head_.load(std::memory_order_relaxed); version != nullptr;)
            delete std::exchange(version, version->older.load(std::memory_order_relaxed));
    }

    /// Reader: the value as of `epoch`, or null where there was none then. Valid until the reader is quiescent.
    const T* read(Epoch epoch) const noexcept
    {
        const Version* version = head_.load(std::memory_order_acquire);
        while (version != nullptr && !version->seen_in(epoch))
            version = version->older.load(std::memory_order_acquire);
        return version != nullptr ? version->value() : nullptr;
    }

    /// Reader: as read(), but where there was no value as of `epoch`, the first one after it. For values that are
    /// reached through a row: a row that names one proves that it exists, even to a reader whose epoch is older.
    const T* read_referenced(Epoch epoch) const noexcept
    {
        const Version* version = head_.load(std::memory_order_acquire);
        if (version != nullptr && version->seen_in(epoch) && version->value() != nullptr) [[likely]]
            return version->value();
        const T* later = nullptr;
        for (; version != nullptr; version = version->older.load(std::memory_order_acquire)) {
            const T* const value = version->value();
            if (version->seen_in(epoch))
                return value != nullptr ? value : later;
            if (value != nullptr)
                later = value;
        }
        return later;
    }

    /// Reader: asks for the cache line that read() will look at first.
    void prefetch() const noexcept { __builtin_prefetch(head_.load(std::memory_order_relaxed)); }

    /// Writer: the newest value, committed or not.
    const T* newest() const noexcept
    {
        const Version* version = head_.load(std::memory_order_relaxed);
        return version != nullptr ? version->value() : nullptr;
    }

    /// Writer: since when the newest value, or its absence, is visible; 0 where there was none ever.
    Epoch newest_since() const noexcept
    {
        const Version* version = head_.load(std::memory_order_relaxed);
        return version != nullptr ? version->since() : 0;
    }

    /// Writer: makes `version` the newest one, visible from its `since` on.
    void push(std::unique_ptr<Version> version) noexcept
    {
        version->older.store(head_.load(std::memory_order_relaxed), std::memory_order_relaxed);
        head_.store(version.release(), std::memory_order_release);
    }

    /// Writer, after a grace period since the commit of `since`: cuts off all that is older than that version and
    /// deletes it. Readers do not go there any more.
    void forget_before(Epoch since) noexcept
    {
        Version* version = head_.load(std::memory_order_relaxed);
        while (version != nullptr && version->since() > since)
            version = version->older.load(std::memory_order_relaxed);
        if (version == nullptr)
            return;
        Version* old = version->older.exchange(nullptr, std::memory_order_relaxed);
        while (old != nullptr)
            delete std::exchange(old, old->older.load(std::memory_order_relaxed));
    }

private:
    std::atomic<Version*> head_{nullptr};
};

/// A change of one cell of a table, with all the memory that it needs: making it visible cannot fail.
template <typename T>
struct PreparedVersion {
    struct Change {
        Epoch since;
        std::uint32_t index;
    };

    std::unique_ptr<typename VersionedCell<T>::Version> version;
    std::list<Change> change;  ///< one element, for the table's list of cells with something to forget

    /// `value` nothing: deleted. May throw std::bad_alloc.
    PreparedVersion(std::uint32_t index, Epoch since, std::optional<T>&& value)
        : version(std::make_unique<typename VersionedCell<T>::Version>(since, std::move(value))),
          change(1, Change{since, index})
    {
    }
};

}  // namespace ferry
