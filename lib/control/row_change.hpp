// Changes of single rows, which most changes are.
#pragma once

#include <ferry/table/tables.hpp>

namespace ferry {

/// Writer: stores a row that no unsettled transaction holds, absent: deletes it. Fdb::has_room() was asked before.
void store_row(Tables& tables, FdbKey key, Row row, std::uint32_t now_seconds) noexcept;

/// Writer: changes a row by itself, whatever holds it. False where there is no room or no memory; then nothing changed.
/// Never waits.
bool change_row(Tables& tables, FdbKey key, Row row, std::uint32_t now_seconds) noexcept;

}  // namespace ferry
