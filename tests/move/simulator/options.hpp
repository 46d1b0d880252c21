// What a run is made of. The same options are the same run, to the last frame.
#pragma once

#include <cstdint>
#include <string>

namespace ferry::sim {

/// A mechanism of the move that is taken out, to see the checks fail.
enum class Broken : std::uint8_t {
    nothing,
    turn_before_drained,  ///< senders are turned, and the new host opens, while docked frames are still at the old one
    no_barrier,           ///< a turned sender's direct frames do not wait for those by way of the old host
    short_arm,            ///< T_arm is shorter than the way by the relay
    short_plain,          ///< T_plain is
    open_on_timer,        ///< the new host opens without waiting for the flush
    stop_marking,         ///< senders do not mark their direct frames
    no_returning,         ///< a host to which the endpoint comes back trusts ferry hosts' order at once
    trust_old_labels,     ///< what comes under an earlier claim's labels passes like this one's
    no_repeat,            ///< messages are sent once
    forget_term,          ///< a host that starts again knows no term
};

/// Faults that a run may have. Lost, repeated and late messages break no premise; the others do.
enum class Faults : std::uint8_t { none, messages, all };

struct Options {
    std::uint64_t seed = 1;
    unsigned hosts = 0;       ///< ferry hosts; 0: as the seed says, and so below
    unsigned plain = 0;       ///< plain VTEPs
    unsigned endpoints = 0;
    unsigned senders = 0;     ///< of each endpoint
    unsigned moves = 0;       ///< of each endpoint that moves
    unsigned moving = 0;      ///< how many of the endpoints move
    bool any_faults = true;   ///< as the seed says
    Faults faults = Faults::none;
    bool straight = false;    ///< nothing but ordinary moves
    Broken broken = Broken::nothing;
    bool trace = false;
};

}  // namespace ferry::sim
