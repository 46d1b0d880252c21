#include "control/move_book.hpp"

#include <algorithm>
#include <utility>

namespace ferryd {

using ferry::move::Key;
using ferry::move::LedgerEntry;
using ferry::move::Phase;

namespace {

MoveLedger counted_now(const ferry::move::GateCounters& gate)
{
    MoveLedger now;
    now.received = gate.received.get();
    now.flush_received = gate.flush_received.get();
    now.relay_received = gate.relay_received.get();
    now.docked = gate.docked.get();
    now.delivered = gate.delivered.get();
    now.flushed = gate.flushed.get();
    now.relayed = gate.relayed.get();
    now.waiting = gate.waiting.get();
    now.late_flush = gate.late_flush.get();
    now.out_of_order = gate.out_of_order.get();
    now.drops = {{"dock_full", gate.dropped_full.get()},
                 {"dock_expired", gate.dropped_expired.get()},
                 {"hold_expired", gate.dropped_unclaimed.get()}};
    return now;
}

/// As of one moment, so that it adds up.
MoveLedger counted(const ferry::move::GateCounters& gate)
{
    return gate.consistent(counted_now);
}

/// What was counted between two looks; `waiting` is what waits now, and what waited before counts as received.
void set_counts(MoveLedger& ledger, const MoveLedger& before, const MoveLedger& now)
{
    ledger.received = now.received - before.received + before.waiting;
    ledger.flush_received = now.flush_received - before.flush_received;
    ledger.relay_received = now.relay_received - before.relay_received;
    ledger.docked = now.docked - before.docked + now.waiting;
    ledger.delivered = now.delivered - before.delivered;
    ledger.flushed = now.flushed - before.flushed;
    ledger.relayed = now.relayed - before.relayed;
    ledger.waiting = now.waiting;
    ledger.late_flush = now.late_flush - before.late_flush;
    ledger.out_of_order = now.out_of_order - before.out_of_order;
    ledger.drops.clear();
    for (const auto& [reason, count] : now.drops) {
        const auto old = before.drops.find(reason);
        if (const std::uint64_t fresh = count - (old == before.drops.end() ? 0 : old->second); fresh != 0)
            ledger.drops[reason] = fresh;
    }
}

/// Which part this host has in what happened; nothing for what may happen to any.
std::optional<MoveStatus::Role> role_of(Phase phase)
{
    switch (phase) {
    case Phase::ring_stopped:
    case Phase::claim_received:
    case Phase::granted:
    case Phase::drained:
    case Phase::turn_sent:
    case Phase::turn_ended:
    case Phase::never_turned:
    case Phase::detour_offered:
    case Phase::closed:
    case Phase::hold_expired:
    case Phase::replayed: return MoveStatus::Role::source;
    case Phase::ring_started:
    case Phase::claim_sent:
    case Phase::grant_received:
    case Phase::taken:
    case Phase::opened:
    case Phase::stream_passed:
    case Phase::stream_timed_out:
    case Phase::detour_begun:
    case Phase::detour_ended:
    case Phase::settled:
    case Phase::late_grant: return MoveStatus::Role::destination;
    case Phase::turn_begun:
    case Phase::turned:
    case Phase::turn_over:
    case Phase::turned_alone: return MoveStatus::Role::sender;
    default: return std::nullopt;
    }
}

bool begins(Phase phase)
{
    return phase == Phase::ring_stopped || phase == Phase::ring_started || phase == Phase::turn_begun || phase == Phase::turned_alone;
}

bool ends(Phase phase)
{
    return phase == Phase::closed || phase == Phase::turn_over || phase == Phase::turned_alone;
}

/// The last phase of a record, which ends when nothing waits in the gate any more.
bool empties_gate(Phase phase)
{
    return phase == Phase::hold_expired || phase == Phase::replayed || phase == Phase::settled;
}

/// Whether somebody has granted it to this host, and is to close his books.
bool has_old_host(const MoveStatus& status)
{
    return std::any_of(status.phases.begin(), status.phases.end(), [](const LedgerEntry& entry) {
        return entry.phase == Phase::grant_received || entry.phase == Phase::late_grant;
    });
}

constexpr std::size_t index_of(MoveStatus::Role role) { return static_cast<std::size_t>(role); }

std::optional<double> microseconds(std::int64_t from, std::int64_t to)
{
    if (from == 0 || to < from)
        return std::nullopt;
    return static_cast<double>(to - from) / 1e3;
}

}  // namespace

void MoveBook::watch_gate(const Key& key, const ferry::move::GateCounters& gate, std::string port)
{
    gates_[key] = {&gate, std::move(port), counted(gate)};
}

void MoveBook::forget_gate(const Key& key)
{
    for (const Role role : {Role::source, Role::destination})
        if (Record* record = open_record(key, role))
            end(*record);
    gates_.erase(key);
}

void MoveBook::note(const Key& key, const LedgerEntry& entry)
{
    auto role = role_of(entry.phase);
    if (!role)  // of the part that is under way, if any is
        role = open_record(key, Role::destination) != nullptr ? Role::destination : Role::source;
    Record* record = begins(entry.phase) ? nullptr : open_record(key, *role);
    if (entry.phase == Phase::ring_started)  // cancelled, where it has only been stopped
        if (Record* stopped = open_record(key, Role::source); stopped != nullptr && stopped->status.to.is_zero() && !stopped->emptying)
            record = stopped;
    if (entry.phase == Phase::settled && record != nullptr && !has_old_host(record->status))
        record = nullptr;  // of the claim before
    if (record == nullptr && !begins(entry.phase)) {
        if (Record* over = last_record(key, *role, entry.phase == Phase::settled)) {
            // Its frames have been counted, and those that came since belong to what has begun since.
            const auto told = over->status.ledger.relay_told;
            apply(*over, entry);
            over->status.ledger.relay_told = told;
            changed(over->status);
            return;
        }
    }
    const bool is_no_move = record == nullptr && !role_of(entry.phase);  // of an endpoint that this host does not have
    if (record == nullptr)
        record = &begin(key, *role);
    apply(*record, entry);
    count(*record);  // before the next command to the gate makes it forget its times
    changed(record->status);
    if (empties_gate(entry.phase))
        record->emptying = true;
    else if (ends(entry.phase) || is_no_move)
        end(*record);
}

void MoveBook::apply(Record& record, const LedgerEntry& entry)
{
    MoveStatus& status = record.status;
    LedgerEntry kept = entry;
    kept.time += to_realtime_;
    if (status.phases.empty())
        record.began = entry.time;
    if (status.phases.size() < most_phases)
        status.phases.push_back(kept);
    else
        status.phases.back() = kept;
    if (entry.version > status.version)
        status.version = entry.version;
    switch (entry.phase) {
    case Phase::claim_received:
    case Phase::granted: status.to = entry.host; break;
    case Phase::claim_sent:
    case Phase::grant_received:
    case Phase::taken: status.from = entry.host; break;
    case Phase::settled: status.ledger.relay_told = entry.count; break;
    case Phase::turn_begun:
    case Phase::turned_alone: status.from = entry.host; break;
    case Phase::turned:
        status.to = entry.host;
        status.ledger.marked = entry.count;
        break;
    default: break;
    }
}

MoveStatus* MoveBook::find(const Key& key, Role role)
{
    Record* record = open_record(key, role);
    return record == nullptr ? nullptr : &record->status;
}

void MoveBook::finished(const Key& key)
{
    if (Record* record = open_record(key, Role::destination)) {
        record->emptying = true;
        changed(record->status);
    }
}

MoveBook::Record* MoveBook::open_record(const Key& key, Role role)
{
    const auto found = open_.find(key);
    if (found == open_.end())
        return nullptr;
    const std::uint64_t id = found->second[index_of(role)];
    if (id == 0 || records_.empty() || id < records_.front().status.id)
        return nullptr;
    return &records_[id - records_.front().status.id];
}

/// The latest one of that role; where `ended` is false it may go on.
MoveBook::Record* MoveBook::last_record(const Key& key, Role role, bool ended)
{
    const auto found = std::find_if(records_.rbegin(), records_.rend(), [&](const Record& record) {
        return record.status.key == key && record.status.role == role && (record.status.closed || !ended);
    });
    return found == records_.rend() ? nullptr : &*found;
}

/// A gate's counters belong to one record at a time: the one that it begins with ends those before.
MoveBook::Record& MoveBook::begin(const Key& key, Role role)
{
    for (const Role other : {Role::source, Role::destination, Role::sender}) {
        if (role == Role::sender && other != Role::sender)
            continue;
        if (Record* record = open_record(key, other))
            end(*record);
    }
    if (records_.size() == capacity) {
        const MoveStatus& oldest = records_.front().status;
        if (const auto found = open_.find(oldest.key); found != open_.end())
            std::replace(found->second.begin(), found->second.end(), oldest.id, std::uint64_t{0});
        records_.pop_front();
    }
    Record& record = records_.emplace_back();
    record.status.id = ++last_id_;
    record.status.role = role;
    record.status.key = key;
    if (role == Role::source)
        record.status.from = self_;
    if (role == Role::destination)
        record.status.to = self_;
    if (const auto gate = gates_.find(key); gate != gates_.end() && role != Role::sender) {
        record.counting = true;
        record.status.port = gate->second.port;
        gate->second.before = counted(*gate->second.counters);  // what waits now is the move's, what went before is not
    }
    open_[key][index_of(role)] = record.status.id;
    return record;
}

void MoveBook::count(Record& record)
{
    const auto gate = gates_.find(record.status.key);
    if (!record.counting || gate == gates_.end())
        return;
    MoveStatus& status = record.status;
    set_counts(status.ledger, gate->second.before, counted(*gate->second.counters));
    if (!status.phases.empty() && status.phases.back().phase == Phase::replayed)
        status.ledger.replayed = status.ledger.delivered;
    const auto& times = *gate->second.counters;
    const auto at = [](const std::atomic<std::int64_t>& time) { return time.load(std::memory_order_relaxed); };
    if (status.role == Role::source) {
        if (!status.docked_us)
            status.docked_us = microseconds(record.began, at(times.first_docked));
        for (const LedgerEntry& phase : status.phases)
            if (phase.phase == Phase::granted && !status.redirect_us) {
                const std::int64_t first = at(times.first_flushed) != 0 ? at(times.first_flushed) : at(times.first_relayed);
                status.redirect_us = microseconds(phase.time - to_realtime_, first);
            }
    } else if (status.role == Role::destination) {
        const auto since_start = [&](std::optional<double>& ms, const std::atomic<std::int64_t>& time) {
            if (const auto us = ms ? std::nullopt : microseconds(record.began, at(time)))
                ms = *us / 1e3;
        };
        since_start(status.first_delivery_ms, times.first_delivered);
        since_start(status.network_added_ms, times.first_waited);
    }
}

void MoveBook::end(Record& record)
{
    count(record);
    if (const auto gate = gates_.find(record.status.key); record.counting && gate != gates_.end())
        gate->second.before = counted(*gate->second.counters);
    record.counting = false;
    record.status.closed = true;
    if (record.status.role != Role::sender)
        record.status.adds_up = record.status.ledger.adds_up();
    changed(record.status);
    const auto open = open_.find(record.status.key);
    open->second[index_of(record.status.role)] = 0;
    if (open->second == std::array<std::uint64_t, 3>{})
        open_.erase(open);
}

std::vector<MoveStatus> MoveBook::since(std::uint64_t change)
{
    std::vector<MoveStatus> found;
    for (Record& record : records_) {
        if (record.counting)
            count(record);
        if (record.emptying && record.counting && record.status.ledger.waiting == 0)
            end(record);
        if (record.status.change > change)
            found.push_back(record.status);
    }
    return found;
}

}  // namespace ferryd
