// Looking rows up one by one, with time for the memory between a look-up's beginning and its end.
#pragma once

#include <cstdint>
#include <optional>

#include "table/pending_rows.hpp"
#include "table/word_map.hpp"

#include <ferry/table/row.hpp>
#include <ferry/table/snapshot.hpp>

namespace ferry {

/// A reader's, for one burst: what it needs of the FDB, none of which changes meanwhile. A local variable of the loop that
/// uses it, so that no write to a frame can be taken for a change of it.
class LookUp {
public:
    LookUp(const WordMap::View& map, const PendingRows& pending, Epoch epoch) noexcept
        : map_(map), pending_(&pending), epoch_(epoch)
    {
    }

    /// Asks for the cache lines that end() will want. Returns where the key's home is.
    std::uint32_t begin(FdbKey key) const noexcept
    {
        const std::uint32_t home = map_.home(key.word());
        map_.prefetch(home);
        return home;
    }

    struct Found {
        Row row;             ///< absent where there is none
        std::uint32_t slot;  ///< of the key in the map; also where its row is absent
    };

    Found end(std::uint32_t home, FdbKey key) const noexcept { return resolved(map_.find(home, key.word())); }

    /// end() for a key that lies where it is looked for first. Otherwise nothing: end() tells then, a while later, because it may
    /// have to wait for other lines, which have been asked for.
    std::optional<Found> end_at_home(std::uint32_t home, FdbKey key) const noexcept
    {
        if (const auto found = map_.find_at_home(home, key.word())) [[likely]]
            return resolved(*found);
        map_.prefetch_next(home);
        return std::nullopt;
    }

private:
    static_assert(static_cast<std::uint8_t>(RowKind::turning) < 8, "WordMap::dead is no row's word");

    /// A word that is no row as it stands: one of a transaction that is not settled, or a dead one; and rows of the kinds
    /// behind that, which are rare too.
    static constexpr bool is_no_row(std::uint64_t word) noexcept
    {
        return word >= std::uint64_t{static_cast<std::uint8_t>(RowKind::pending)} << 60;
    }

    Found resolved(WordMap::Found found) const noexcept
    {
        if (is_no_row(found.word)) [[unlikely]]
            found.word = pending_->resolve(WordMap::live(found.word), epoch_);
        return {Row::from_word(found.word), found.slot};
    }

    WordMap::View map_;
    const PendingRows* pending_;
    Epoch epoch_;
};

}  // namespace ferry
