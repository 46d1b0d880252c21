// The books of this host's moves: what happened when, and what became of the frames. Control thread only.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include <ferry/move/gate.hpp>
#include <ferry/move/ledger.hpp>

#include "control/move_status.hpp"

namespace ferryd {

class MoveBook {
public:
    static constexpr std::size_t capacity = 1024;
    static constexpr std::size_t most_phases = 256;  ///< of one move; what comes then is left out but the last one

    /// `to_realtime` is added to the machine's times to give CLOCK_REALTIME.
    MoveBook(ferry::move::Host self, std::int64_t to_realtime) : self_(self), to_realtime_(to_realtime) {}

    /// What the endpoint's gate has counted, from now until forget_gate(); the port it is at.
    void watch_gate(const ferry::move::Key& key, const ferry::move::GateCounters& gate, std::string port);
    void forget_gate(const ferry::move::Key& key);

    void note(const ferry::move::Key& key, const ferry::move::LedgerEntry& entry);
    /// The open record of the endpoint in which this host has that part, or null. Whoever changes it calls changed().
    MoveStatus* find(const ferry::move::Key& key, MoveStatus::Role role);
    void changed(MoveStatus& status) { status.change = ++last_change_; }

    /// The claim is over, however it was: its record ends when nothing waits in the gate any more.
    void finished(const ferry::move::Key& key);

    /// Records that have changed since `change`, oldest first, with their counters as of now.
    std::vector<MoveStatus> since(std::uint64_t change);

private:
    using Role = MoveStatus::Role;
    struct Gate {
        const ferry::move::GateCounters* counters = nullptr;
        std::string port;
        MoveLedger before;  ///< what it had counted when the last record ended
    };
    struct Record {
        MoveStatus status;
        bool counting = false;  ///< the gate's counters belong to it
        bool emptying = false;  ///< it ends when nothing waits
        std::int64_t began = 0;
    };

    Record* last_record(const ferry::move::Key& key, Role role, bool ended);
    Record* open_record(const ferry::move::Key& key, Role role);
    Record& begin(const ferry::move::Key& key, Role role);
    void end(Record& record);
    void count(Record& record);
    void apply(Record& record, const ferry::move::LedgerEntry& entry);

    const ferry::move::Host self_;
    const std::int64_t to_realtime_;
    std::deque<Record> records_;
    std::map<ferry::move::Key, Gate> gates_;
    std::map<ferry::move::Key, std::array<std::uint64_t, 3>> open_;  ///< by Role: the record's id, 0 where none is open
    std::uint64_t last_id_ = 0, last_change_ = 0;
};

}  // namespace ferryd
