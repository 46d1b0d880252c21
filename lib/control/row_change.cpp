#include "control/row_change.hpp"

#include <new>

#include <ferry/control/transaction.hpp>

#include "table/writer_state.hpp"

namespace ferry {

void store_row(Tables& tables, FdbKey key, Row row, std::uint32_t now_seconds) noexcept
{
    tables.writer().count(key, tables.fdb().newest(key), row);
    tables.fdb().store(key, row, now_seconds);
}

bool change_row(Tables& tables, FdbKey key, Row row, std::uint32_t now_seconds) noexcept
try {
    Fdb& fdb = tables.fdb();
    const Row before = fdb.newest(key);
    const std::uint32_t fresh = before.is_absent() && !row.is_absent();
    const auto fits = [&] { return fdb.has_room(fresh, fdb.is_pending(key)); };
    if (!fits()) {
        reclaim(tables);
        if (!fits())
            return false;
    }
    if (!fdb.is_pending(key)) {
        store_row(tables, key, row, now_seconds);
        return true;
    }
    // Readers of older epochs still need what the transaction replaced, so this is a transaction too.
    UnsettledCommit& commit = tables.writer().unsettled.emplace_back();
    tables.writer().count(key, before, row);
    fdb.prepare(key, row, tables.epoch() + 1, now_seconds);
    commit.epoch = tables.publish();
    commit.token = tables.qsbr().start();
    return true;
} catch (const std::bad_alloc&) {
    return false;
}

}  // namespace ferry
