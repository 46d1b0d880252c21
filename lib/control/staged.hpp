// What a transaction will change, and the tables as they will be then.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include <ferry/control/transaction.hpp>

namespace ferry {

/// A new value for a cell of a table; nothing: to be deleted.
template <typename T>
struct StagedCell {
    std::optional<T> value;
    bool reserved = false;  ///< the transaction reserved the index, and gives it back where it does not commit
};

constexpr bool names(const Detour& detour, VtepId id) noexcept { return detour.peer == id || detour.via == id; }

/// The staged changes over the tables. Functions that may throw std::bad_alloc say so; when they do, nothing has
/// changed that a caller could see.
struct Transaction::Staged {
    explicit Staged(Tables& tables_) : tables(tables_) {}

    // The tables as they will be.

    const Segment* segment(SegmentIndex index) const noexcept;
    const Segment* segment(Vni vni) const noexcept { return segment(tables.segments().index_of(vni)); }
    const Adjacency* vtep(VtepId id) const noexcept;
    const Adjacency* vtep(Ipv4Address address) const noexcept { return vtep(tables.vteps().id_of(address)); }
    const Attachment* attachment(AttachmentId id) const noexcept;
    Row row(FdbKey key) const noexcept;

    /// The attachment that a row names, itself or by its turn; none where it names none.
    AttachmentId attachment_of(Row row) const noexcept;
    /// Whether a row of the segment may be `row`. Fails with not_found, invalid_argument.
    Expected<void> check_target(const Segment& segment, Row row) const;

    /// How many rows that are not learned, and how many flood lists, name the VTEP.
    std::uint32_t users_of(VtepId id) const noexcept;
    /// The keys of all rows for which `matches(key, row)`. It walks over all rows where `committed` of them match in
    /// the tables. May throw std::bad_alloc.
    template <typename Matches>
    std::vector<FdbKey> keys_of(bool committed, Matches matches) const;

    // Changes.

    /// The staged cell of something that exists; a copy of it where it was not staged yet. May throw std::bad_alloc.
    StagedCell<Segment>& edit(SegmentIndex index);
    StagedCell<Adjacency>& edit(VtepId id);
    StagedCell<Attachment>& edit(AttachmentId id);

    /// Deletes what exists in a staged cell; one that was only ever staged is forgotten.
    void remove(SegmentIndex index) noexcept;
    void remove(VtepId id) noexcept;
    void remove(AttachmentId id) noexcept;

    /// Sets or deletes a row. Fails with table_full. May throw std::bad_alloc.
    Expected<void> set(FdbKey key, Row row);
    /// Deletes all these rows, or none. Fails with table_full. May throw std::bad_alloc.
    Expected<void> erase(const std::vector<FdbKey>& keys);

    /// The staged detours of all attachments that have one to the VTEP, or by way of it. May throw std::bad_alloc.
    std::vector<DetourList*> detours_by(VtepId id);

    /// Gives back what was reserved. Afterwards nothing is staged.
    void abandon() noexcept;
    /// After a commit: nothing is staged any more.
    void clear() noexcept;

    Tables& tables;
    bool is_second = false;  ///< another transaction is open
    std::unordered_map<SegmentIndex, StagedCell<Segment>> segments;
    std::unordered_map<VtepId, StagedCell<Adjacency>> vteps;
    std::unordered_map<AttachmentId, StagedCell<Attachment>> attachments;
    std::unordered_map<std::uint64_t, Row> rows;  ///< by the word of the key; absent: to be deleted
    std::int64_t growth = 0;                      ///< rows that there will be more
};

template <typename Matches>
std::vector<FdbKey> Transaction::Staged::keys_of(bool committed, Matches matches) const
{
    std::vector<FdbKey> keys;
    if (committed) {
        tables.fdb().for_each([&](FdbKey key, Row row, std::uint32_t) {
            if (matches(key, row) && !rows.contains(key.word()))
                keys.push_back(key);
        });
    }
    for (const auto& [word, row] : rows)
        if (!row.is_absent() && matches(FdbKey::from_word(word), row))
            keys.push_back(FdbKey::from_word(word));
    return keys;
}

}  // namespace ferry
