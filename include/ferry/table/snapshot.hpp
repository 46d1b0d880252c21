// How several rows become visible together. Every committed transaction has an epoch; a worker reads the current epoch
// once a burst, and for that burst sees exactly the transactions up to it. A value that belongs to a transaction keeps
// its predecessor until no worker can have an older epoch (multi-version concurrency control: Reed 1978; here with one
// writer, so a commit is one store).
#pragma once

#include <atomic>
#include <cstdint>
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
    struct Version {
        Epoch since;
        std::optional<T> value;  ///< empty: deleted
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
        while (version != nullptr && version->since > epoch)
            version = version->older.load(std::memory_order_acquire);
        return version != nullptr && version->value ? &*version->value : nullptr;
    }

    /// Reader: as read(), but where the value did not exist yet as of `epoch`, its first version. For values that are
    /// reached through a row: a row that names one proves that it exists.
    const T* read_referenced(Epoch epoch) const noexcept
    {
        const Version* version = head_.load(std::memory_order_acquire);
        while (version != nullptr && version->since > epoch) {
            const Version* older = version->older.load(std::memory_order_acquire);
            if (older == nullptr || (!older->value && version->value))
                break;
            version = older;
        }
        return version != nullptr && version->value ? &*version->value : nullptr;
    }

    /// Writer: the newest value, committed or not.
    const T* newest() const noexcept
    {
        const Version* version = head_.load(std::memory_order_relaxed);
        return version != nullptr && version->value ? &*version->value : nullptr;
    }

    /// Writer: makes `value` (nothing: deleted) the newest version, visible from `since` on. Allocates.
    void push(Epoch since, std::optional<T> value)
    {
        auto* version = new Version{since, std::move(value)};
        version->older.store(head_.load(std::memory_order_relaxed), std::memory_order_relaxed);
        head_.store(version, std::memory_order_release);
    }

    /// Writer, after a grace period since the commit of `since`: cuts off all that is older than that version and deletes
    /// it. Readers do not go there any more.
    void forget_before(Epoch since)
    {
        Version* version = head_.load(std::memory_order_relaxed);
        while (version != nullptr && version->since > since)
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

}  // namespace ferry
