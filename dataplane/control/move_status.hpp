// A move as one host tells of it: plain values, made on the control thread, carried by the API.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ferry/move/ledger.hpp>
#include <ferry/wire/address.hpp>

namespace ferryd {

/// Frames of the move that this host had in its hands; those of the endpoint's gate (move/gate.hpp) since the move began.
/// A sender has `marked` only.
struct MoveLedger {
    std::uint64_t received = 0;        ///< all that came to the endpoint's gate
    std::uint64_t flush_received = 0;  ///< of these, under the flush label
    std::uint64_t relay_received = 0;  ///< of these, under the relay label
    std::uint64_t docked = 0;          ///< of these, had to wait
    std::uint64_t delivered = 0;       ///< put into the ring
    std::uint64_t replayed = 0;        ///< of these, after a stop that nobody claimed
    std::uint64_t flushed = 0;         ///< sent under the flush label
    std::uint64_t relayed = 0;         ///< sent under the relay label, and later without a label
    std::uint64_t waiting = 0;         ///< docked now
    std::uint64_t late_flush = 0;      ///< under the flush label for what had been opened without its grant
    std::uint64_t out_of_order = 0;    ///< not held back as order demands, for want of room
    std::uint64_t marked = 0;          ///< sender: sent by way of the old host since the turn began
    std::map<std::string, std::uint64_t> drops;  ///< by the name of their reason; only those that are not 0
    /// New host: what the old one says that it sent under each label, once it has said so.
    std::optional<std::uint64_t> flush_told, relay_told;

    /// Whether both sides agree. Counters of a move that goes on are read while they change, so that this is the truth
    /// only once nobody sends any more.
    bool adds_up() const noexcept
    {
        std::uint64_t out = delivered + flushed + relayed + waiting;
        for (const auto& [reason, count] : drops)
            out += count;
        return received == out && flush_told.value_or(flush_received) == flush_received &&
               relay_told.value_or(relay_received) == relay_received;
    }
};

/// One move of an endpoint, as this host takes part in it: from its ring's stop (source), its ring's start (destination)
/// or the turn (sender) until the books are closed. A start without an old host is one too, and so is a stop that nobody
/// claims.
struct MoveStatus {
    enum class Role : std::uint8_t { source, destination, sender };

    std::uint64_t id = 0;      ///< rises by one with each move of this host, from 1
    std::uint64_t change = 0;  ///< rises with everything that becomes known of any move of this host
    Role role = Role::source;
    ferry::move::Key key;
    std::string port;          ///< source and destination: the attachment's name
    ferry::move::Host from{};  ///< the old host; 0.0.0.0: there is none
    ferry::move::Host to{};    ///< the new host; 0.0.0.0: nobody has claimed yet
    std::string from_name, to_name;    ///< as far as they are known
    ferry::move::Version version;      ///< the highest that the move has made or taken
    std::vector<ferry::move::LedgerEntry> phases;  ///< in order; times in nanoseconds since the epoch (CLOCK_REALTIME)
    MoveLedger ledger;
    bool closed = false;               ///< nothing of it changes any more
    std::optional<bool> adds_up;       ///< ledger.adds_up(); nothing while frames may come by the relay

    // Source.
    std::optional<double> docked_us;   ///< ring's stop to the first docked frame
    std::optional<double> redirect_us; ///< grant to the first frame sent to the new host
    // Destination.
    std::optional<double> first_delivery_ms;  ///< ring's start to the first frame delivered to it
    std::optional<double> network_added_ms;   ///< the same for the first that the old host had docked
    // Destination and sender.
    std::optional<double> visible_us;  ///< ring's start, or turn's order, to when every worker sees the new row
};

}  // namespace ferryd
