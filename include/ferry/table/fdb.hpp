// The forwarding database: which endpoint is where. Keyed by segment and MAC in one 64-bit word, valued by one word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include <ferry/error.hpp>
#include <ferry/table/qsbr.hpp>
#include <ferry/table/row.hpp>
#include <ferry/table/snapshot.hpp>

namespace ferry {

class LookUp;
class WordMap;

/// One writer thread; any number of reader threads that never wait. Its capacity is fixed when it is made.
/// How rows are stored is not part of the interface.
class Fdb {
public:
    /// Names the place of a row for touch(), within the burst that looked it up.
    enum class Slot : std::uint32_t { none = 0xffff'ffff };

    /// Room for `max_rows` rows and for `max_pending` rows in transactions that are not settled yet.
    /// Fails with invalid_argument or no_memory.
    static Expected<std::unique_ptr<Fdb>> make(std::uint32_t max_rows, std::uint32_t max_pending);
    ~Fdb();
    Fdb(const Fdb&) = delete;
    Fdb& operator=(const Fdb&) = delete;

    /// Reader: looks up `count` keys as of `epoch` and writes `rows[i]` for `keys[i]`, absent where there is none.
    /// Prefetches over the whole burst; a key of word 0 is never found.
    void lookup(const FdbKey* keys, std::size_t count, Epoch epoch, Row* rows) const noexcept;
    /// Reader: the same, and writes each row's slot to `slots[i]`.
    void lookup(const FdbKey* keys, std::size_t count, Epoch epoch, Row* rows, Slot* slots) const noexcept;

    /// Reader: the same one by one, for the library's own engine (lib/table/look_up.hpp). Valid until the reader is quiescent.
    LookUp look_up(Epoch epoch) const noexcept;

    /// Reader: the endpoint of the row in `slot` sent a frame at `now_seconds` (any monotonic clock in seconds). Writes
    /// at most once a second for each row, so that the table's cache lines stay shared.
    void touch(Slot slot, std::uint32_t now_seconds) const noexcept;

    // The writer's side. Transactions (control/) are the way to call it.

    /// The row's newest value, committed or not.
    Row newest(FdbKey key) const noexcept;
    /// When touch() was last called for the row, or the row was made; 0 where there is no row.
    std::uint32_t last_seen(FdbKey key) const noexcept;
    /// Rows that are not absent in their newest value.
    std::uint32_t size() const noexcept;
    std::uint32_t max_rows() const noexcept;
    /// The memory of all rows that there is room for, in bytes, without that of rows in transactions.
    std::size_t memory_bytes() const noexcept;
    /// True when one transaction that adds `fresh_rows` rows, deletes `deleted_rows` and prepares `pending` (0 where it
    /// only stores) fits now. A deleted row goes on taking room until a grace period has passed: see reclaim().
    bool has_room(std::uint32_t fresh_rows, std::uint32_t pending, std::uint32_t deleted_rows = 0) const noexcept;

    /// Stores the row's value, an absent one to delete it, in one atomic store that every reader sees at once.
    /// The key must not be in an unsettled transaction. has_room() was asked before.
    void store(FdbKey key, Row row, std::uint32_t now_seconds) noexcept;
    /// Prepares the row's value, an absent one to delete it: readers whose epoch is before `since` go on seeing the
    /// present one. `since` never falls from call to call. has_room() was asked before.
    void prepare(FdbKey key, Row row, Epoch since, std::uint32_t now_seconds) noexcept;
    /// True where the key is in a transaction that is not settled yet.
    bool is_pending(FdbKey key) const noexcept;
    /// After a grace period since the commit of `epoch`: writes its prepared rows, and those of earlier ones, out as
    /// plain.
    void settle(Epoch epoch) noexcept;
    /// Frees what was deleted or settled before a grace period that has passed, and starts the next where one is
    /// needed. Never waits; what is left is freed by a later call.
    void reclaim(Qsbr& qsbr) noexcept;
    /// Calls `visit` for every row that is not absent, in no order. The table must not be changed by it.
    void for_each(const std::function<void(FdbKey, Row, std::uint32_t last_seen)>& visit) const;

private:
    Fdb();
    std::unique_ptr<WordMap> map_;
    struct Pending;
    std::unique_ptr<Pending> pending_;
};

}  // namespace ferry
