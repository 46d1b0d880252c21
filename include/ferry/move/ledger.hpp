// The books of one move, as one host keeps them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <ferry/move/message.hpp>

namespace ferry::move {

/// What happened to an endpoint's move at one host, in the order in which it does.
enum class Phase : std::uint8_t {
    ring_stopped,     ///< old host
    claim_received,   ///< old host
    granted,          ///< old host
    drained,          ///< old host: count = frames flushed
    turn_sent,        ///< old host: host = sender
    turn_ended,       ///< old host: host = sender
    never_turned,     ///< old host: host = a sender that goes on coming by the relay
    detour_offered,   ///< old host: host = a plain sender, to which the new host may send by way of this one
    closed,           ///< old host: count = frames relayed
    hold_expired,     ///< old host: nobody claimed
    replayed,         ///< old host: cancelled
    ring_started,     ///< new host
    claim_sent,       ///< new host: host = whom it asked
    grant_received,   ///< new host: host = who granted
    taken,            ///< new host: taken without a grant; host = who should have granted, where somebody should
    opened,           ///< new host: count = flush frames
    stream_passed,    ///< new host: host = sender, count = marked frames
    stream_timed_out, ///< new host: the same, but T_merge stepped in
    detour_begun,     ///< new host: host = a plain host to which the endpoint's frames go by way of the old host
    detour_ended,     ///< new host: the same, they go directly
    settled,          ///< new host: the old one has closed its books; count = frames relayed
    late_grant,       ///< new host: a grant for what had been taken
    conflict,         ///< another host has it too, or got it first; host = that one
    refused,          ///< a claim or a turn of a host that may not; host = that one
    turn_begun,       ///< sender
    turned,           ///< sender: count = marked frames
    turn_over,        ///< sender
    turned_alone,     ///< sender: the old host does not answer
};

/// The phase's name as tools print it, "ring_stopped" for instance.
std::string_view name_of(Phase phase) noexcept;

struct LedgerEntry {
    Phase phase{};
    Version version;
    Host host{};
    std::uint64_t count = 0;
    std::int64_t time = 0;  ///< nanoseconds by the driver's clock
};

}  // namespace ferry::move
