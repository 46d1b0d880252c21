// Changes to the tables: several of them become visible together, or none does.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include <ferry/error.hpp>
#include <ferry/table/tables.hpp>

namespace ferry {

/// A committed transaction, to ask or wait for the moment from which no worker sees the old values.
struct Commit {
    Epoch epoch;       ///< 0 where no more than a single row, which no other transaction holds, was changed
    GraceToken token;
};

/// Collects changes and commits them. All calls are for the writer thread. A call that fails changes nothing and the
/// transaction may go on; calls see what earlier calls of the same transaction staged. A transaction that is destroyed
/// without commit() leaves no trace. Not more than one is open at a time: the calls of a second one fail with in_use.
/// While one has something staged nothing else changes the tables; learning waits. Every call may fail with no_memory.
class Transaction {
public:
    explicit Transaction(Tables& tables);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    /// Fails with already_exists, table_full, invalid_argument (a VNI that is reserved for labels).
    Expected<SegmentIndex> add_segment(Vni vni, bool learning);
    /// Also deletes the segment's rows. Fails with not_found, in_use while attachments are in it, table_full when it
    /// has more rows than one transaction takes (TableLimits::transaction_rows).
    Expected<void> remove_segment(Vni vni);
    Expected<void> set_learning(Vni vni, bool learning);
    /// Sets the whole list of remotes. Fails with not_found (segment, VTEP), table_full, invalid_argument (named
    /// twice).
    Expected<void> set_flood(Vni vni, std::vector<Ipv4Address> remotes);

    /// Fails with already_exists, table_full, invalid_argument (see Adjacency::make).
    Expected<VtepId> add_vtep(Ipv4Address address, const AdjacencySpec& spec);
    /// Changes the adjacency under every row that names the VTEP. Fails with not_found, invalid_argument.
    Expected<void> set_adjacency(Ipv4Address address, const AdjacencySpec& spec);
    /// Also deletes learned rows and detours that name it. Fails with not_found, in_use while another row, the turn of
    /// a row or a flood list names it, table_full when the learned rows are more than one transaction takes.
    Expected<void> remove_vtep(Ipv4Address address);

    /// Makes no rows: those come when the endpoint is seen, by set_row() or by learning. Fails with not_found
    /// (segment), table_full, invalid_argument (a MAC that is zero or multicast).
    Expected<AttachmentId> add_attachment(Vni vni, std::vector<MacAddress> macs);
    /// Also deletes the rows that name it, themselves or by their turn. Fails with not_found, table_full as above.
    Expected<void> remove_attachment(AttachmentId id);

    /// Sets what goes from the attachment by way of other hosts: all of it, in any order. Fails with not_found (attachment,
    /// VTEP), table_full (TableLimits::detours), invalid_argument (one address has two to one VTEP, or one goes by way of
    /// where it leads).
    Expected<void> set_detours(AttachmentId id, DetourList detours);

    /// Sets a row, new or not. Fails with not_found (segment, VTEP, attachment or turn, or what the turn names),
    /// table_full, invalid_argument (MAC zero or multicast; attachment of another segment; a row that is
    /// absent).
    Expected<void> set_row(Vni vni, MacAddress mac, Row row);
    /// Fails with not_found.
    Expected<void> remove_row(Vni vni, MacAddress mac);

    /// Makes all of it visible at once. Where rows of earlier transactions still take the room it waits for the
    /// workers, up to 10 ms. Fails with table_full when the rows do not fit; then nothing is visible and the
    /// transaction is as it was. A transaction without changes commits too. After success it is empty.
    Expected<Commit> commit();

private:
    struct Staged;
    Expected<void> ready() const;
    Tables& tables_;
    std::unique_ptr<Staged> staged_;
};

/// Writer: waits until no worker sees values from before `commit`; returns false when `timeout` is over before.
bool wait_until_seen(Tables& tables, const Commit& commit, std::chrono::nanoseconds timeout);

/// Writer: frees what no worker can see any more. Call it now and then (after commits, and when idle); never waits.
void reclaim(Tables& tables);

}  // namespace ferry
