// What the controller knows of moves besides the machine: which endpoints hang here, and what waits for workers.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <ferry/move/machine.hpp>
#include <ferry/table/turns.hpp>

#include "control/host_messages.hpp"
#include "control/move_book.hpp"
#include "control/port_table.hpp"
#include "workers/gate_worker.hpp"

namespace ferryd {

/// The endpoint as the log calls it.
std::string text_of(const ferry::move::Key& key);

/// Control thread only.
struct Moves {
    /// An endpoint of an attachment of this host.
    struct Local {
        AttachedPort* port = nullptr;
        EndpointGate* gate = nullptr;
        bool flushing = false;                ///< its dock is on its way to another host
        bool relaying = false;                ///< the machine has not been told yet how much was relayed
        std::uint64_t relayed_before = 0;     ///< what the gate had relayed in earlier moves
    };
    /// Labels that lead to an endpoint until a time.
    struct Later {
        std::int64_t at = 0;  ///< nanoseconds
        ferry::move::Labels labels;
    };
    /// What a worker saw of an endpoint at another VTEP than its row names.
    struct Sighting {
        ferry::move::Key key;
        ferry::move::Host row, at;
    };

    /// A change of a row that a worker may not have seen yet, and what is to be done when all have.
    struct Unseen {
        ferry::GraceToken token{};
        std::optional<ferry::TurnId> released;
        std::optional<ferry::move::Key> marking;  ///< by its turn
        ferry::TurnId turn{};
        ferry::ExitId exit{};                     ///< to be released
    };

    Moves(ferry::move::Host self, std::int64_t to_realtime) : book(self, to_realtime) {}

    std::unique_ptr<ferry::move::Machine> machine;
    ferry::move::Actions wanted;             ///< what the machine wants, in its order
    bool applying = false;
    /// Of the messages that are wanted now. What is said again, and what answers one that came by stream, goes by stream: the
    /// datagram before it may have been lost.
    Way way = Way::datagram;
    MoveBook book;
    std::set<ferry::move::Host> ferry_hosts;  ///< that mark, and can be asked
    std::map<ferry::move::Key, Local> local;
    std::map<ferry::move::Key, ferry::TurnId> turns;
    std::map<ferry::Vni, ferry::ExitId> exits;  ///< by the label that leads there
    std::deque<Later> later;
    std::deque<Unseen> unseen;
    std::vector<ferry::move::Key> admit;      ///< their VMs may send when workers have seen their rows
    std::vector<ferry::move::Key> relayed;    ///< their relays end when workers have seen their rows
    std::vector<ferry::move::Key> flipped;    ///< their marked frames are counted when workers have seen that they turned
    std::map<ferry::move::Host, std::vector<ferry::move::Message>> outgoing;  ///< that go together
    std::vector<ferry::move::Note> unlogged;
    std::vector<Sighting> sightings;
    std::map<ferry::move::Key, std::int64_t> started;  ///< ring starts whose row is not seen by all workers yet
    std::set<ferry::move::Key> unclaimed;    ///< started, and their rows do not say so yet: their VMs may not send
    std::set<ferry::move::Key> silent;       ///< another host has them too: their VMs may not send
};

}  // namespace ferryd
