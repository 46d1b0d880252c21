#include <ferry/table/fdb.hpp>

#include <algorithm>
#include <new>

#include "table/grace_batches.hpp"
#include "table/look_up.hpp"
#include "table/no_memory.hpp"
#include "table/pending_rows.hpp"
#include "table/word_map.hpp"

namespace ferry {

struct Fdb::Pending {
    Pending(std::uint32_t max_rows_, std::uint32_t max_pending) : rows(max_pending), max_rows(max_rows_) {}

    PendingRows rows;
    GraceBatches batches;  ///< of erased keys and settled rows
    std::uint32_t max_rows;
    std::uint32_t size = 0;
};

Fdb::Fdb() = default;
Fdb::~Fdb() = default;

Expected<std::unique_ptr<Fdb>> Fdb::make(std::uint32_t max_rows, std::uint32_t max_pending)
{
    if (max_pending == 0)
        return fail(ErrorCode::invalid_argument, "room for at least one row in a transaction is needed");
    auto map = WordMap::make(max_rows);
    if (!map)
        return tl::unexpected(std::move(map.error()));
    try {
        std::unique_ptr<Fdb> fdb(new Fdb);
        fdb->map_ = std::move(*map);
        fdb->pending_ = std::make_unique<Pending>(max_rows, max_pending);
        return fdb;
    } catch (const std::bad_alloc&) {
        return no_memory();
    }
}

namespace {

/// Looks keys up in groups: enough of them to cover the memory's latency, few enough to stay in the first cache.
template <typename Found>
void look_up_all(const LookUp look_up, const FdbKey* keys, std::size_t count, Found&& found) noexcept
{
    constexpr std::size_t group = 64;
    std::uint32_t homes[group];
    for (std::size_t begin = 0; begin < count; begin += group) {
        const std::size_t end = std::min(begin + group, count);
        for (std::size_t i = begin; i < end; ++i)
            homes[i - begin] = look_up.begin(keys[i]);
        for (std::size_t i = begin; i < end; ++i)
            found(i, WordMap::is_key(keys[i].word()) ? look_up.end(homes[i - begin], keys[i])
                                                     : LookUp::Found{{}, WordMap::no_slot});
    }
}

}  // namespace

LookUp Fdb::look_up(Epoch epoch) const noexcept
{
    return {map_->view(), pending_->rows, epoch};
}

void Fdb::lookup(const FdbKey* keys, std::size_t count, Epoch epoch, Row* rows) const noexcept
{
    look_up_all(look_up(epoch), keys, count, [&](std::size_t i, LookUp::Found found) { rows[i] = found.row; });
}

void Fdb::lookup(const FdbKey* keys, std::size_t count, Epoch epoch, Row* rows, Slot* slots) const noexcept
{
    look_up_all(look_up(epoch), keys, count, [&](std::size_t i, LookUp::Found found) {
        rows[i] = found.row;
        slots[i] = !found.row.is_absent() ? Slot{found.slot} : Slot::none;
    });
}

void Fdb::touch(Slot slot, std::uint32_t now_seconds) const noexcept
{
    if (slot == Slot::none)
        return;
    auto& stamp = map_->stamp(static_cast<std::uint32_t>(slot));
    if (stamp.load(std::memory_order_relaxed) != now_seconds)
        stamp.store(now_seconds, std::memory_order_relaxed);
}

Row Fdb::newest(FdbKey key) const noexcept
{
    return Row::from_word(pending_->rows.resolve(map_->find(key.word()).word, ~Epoch{0}));
}

std::uint32_t Fdb::last_seen(FdbKey key) const noexcept
{
    const auto [word, slot] = map_->find(key.word());
    return pending_->rows.resolve(word, ~Epoch{0}) != 0 ? map_->stamp(slot).load(std::memory_order_relaxed) : 0;
}

std::uint32_t Fdb::size() const noexcept
{
    return pending_->size;
}

std::uint32_t Fdb::max_rows() const noexcept
{
    return pending_->max_rows;
}

std::size_t Fdb::memory_bytes() const noexcept
{
    return map_->memory_bytes();
}

bool Fdb::has_room(std::uint32_t fresh_rows, std::uint32_t pending, std::uint32_t deleted_rows) const noexcept
{
    return std::uint64_t{pending_->size} + fresh_rows <= std::uint64_t{pending_->max_rows} + deleted_rows &&
           map_->has_room(fresh_rows) && pending <= pending_->rows.room();
}

void Fdb::store(FdbKey key, Row row, std::uint32_t now_seconds) noexcept
{
    std::uint32_t slot = map_->slot_of(key.word());
    const bool was_there = slot != WordMap::no_slot && map_->word(slot) != 0;
    if (!row.is_absent()) {
        if (slot == WordMap::no_slot)
            slot = map_->insert(key.word(), row.word());
        else
            map_->set(slot, row.word());
        map_->stamp(slot).store(now_seconds, std::memory_order_relaxed);
    } else if (was_there) {
        map_->erase(slot, pending_->batches.open());
    }
    pending_->size += static_cast<std::uint32_t>(!row.is_absent()) - static_cast<std::uint32_t>(was_there);
}

void Fdb::prepare(FdbKey key, Row row, Epoch since, std::uint32_t now_seconds) noexcept
{
    PendingRows& pending = pending_->rows;
    std::uint32_t slot = map_->slot_of(key.word());
    const std::uint64_t before = slot != WordMap::no_slot ? map_->word(slot) : 0;
    const bool was_there = pending.resolve(before, ~Epoch{0}) != 0;
    if (row.is_absent() && !was_there)
        return;
    if (PendingRows::is_pending(before) && pending.named_by(before).since == since) {
        pending.named_by(before).after.store(row.word(), std::memory_order_release);
    } else if (slot == WordMap::no_slot) {
        // The entry wants the slot, and the slot its word: nobody settles before this call is over.
        const std::uint64_t word = pending.take(since, before, row.word(), slot);
        slot = map_->insert(key.word(), word);
        pending.named_by(word).slot = slot;
    } else {
        map_->set(slot, pending.take(since, before, row.word(), slot));
    }
    if (!row.is_absent())
        map_->stamp(slot).store(now_seconds, std::memory_order_relaxed);
    pending_->size += static_cast<std::uint32_t>(!row.is_absent()) - static_cast<std::uint32_t>(was_there);
}

bool Fdb::is_pending(FdbKey key) const noexcept
{
    return PendingRows::is_pending(map_->find(key.word()).word);
}

void Fdb::settle(Epoch epoch) noexcept
{
    PendingRows& pending = pending_->rows;
    std::uint64_t word = 0;
    while (const PendingRows::Entry* entry = pending.to_settle(epoch, word)) {
        const std::uint64_t after = entry->after.load(std::memory_order_relaxed);
        if (map_->word(entry->slot) != word) {
            // A later transaction changed the row again: what came before that is now a plain word.
            std::uint64_t successor = map_->word(entry->slot);
            while (pending.named_by(successor).before.load(std::memory_order_relaxed) != word)
                successor = pending.named_by(successor).before.load(std::memory_order_relaxed);
            pending.named_by(successor).before.store(after, std::memory_order_release);
        } else if (after != 0) {
            map_->set(entry->slot, after);
        } else {
            map_->erase(entry->slot, pending_->batches.open());
        }
        pending.settle(pending_->batches.open());
    }
}

void Fdb::reclaim(Qsbr& qsbr) noexcept
{
    const std::uint32_t over = pending_->batches.advance(qsbr);
    map_->reclaim(over);
    pending_->rows.reclaim(over);
}

void Fdb::for_each(const std::function<void(FdbKey, Row, std::uint32_t last_seen)>& visit) const
{
    for (std::uint32_t slot = 0; slot < map_->slot_count(); ++slot) {
        const std::uint64_t word = pending_->rows.resolve(map_->word(slot), ~Epoch{0});
        if (word != 0)
            visit(FdbKey::from_word(map_->key(slot)), Row::from_word(word),
                  map_->stamp(slot).load(std::memory_order_relaxed));
    }
}

}  // namespace ferry
