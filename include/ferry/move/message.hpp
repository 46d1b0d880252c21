// What ferry hosts say to each other about a move. Plain values: how they travel is the switch's business.
#pragma once

#include <compare>
#include <cstdint>
#include <variant>

#include <ferry/wire/address.hpp>

namespace ferry::move {

/// An endpoint, as all hosts call it.
struct Key {
    Vni vni;
    MacAddress mac;
    friend constexpr auto operator<=>(const Key&, const Key&) noexcept = default;
};

/// A host, by the address of its VTEP.
using Host = Ipv4Address;

/// Orders what hosts say of one endpoint. The term is a Lamport clock that survives restarts (L. Lamport, "Time, Clocks,
/// and the Ordering of Events in a Distributed System", 1978); the epoch rises with every change of owner; the host
/// decides between equals. All zero: nothing is known.
struct Version {
    std::uint64_t term = 0;
    std::uint64_t epoch = 0;
    Host host{};
    friend constexpr auto operator<=>(const Version&, const Version&) noexcept = default;
};

/// The two reserved VNIs under which the old host sends frames to the new one during one move: those that it had docked,
/// and those that still come. Chosen by the new host, unique there.
struct Labels {
    Vni flush, relay;
    friend constexpr bool operator==(const Labels&, const Labels&) noexcept = default;
};

/// Names one peer's turn within one move. 0 is never one.
using Stream = std::uint8_t;

/// "The endpoint's ring has started here; `known` is the highest version that I know." Answered by one of the five below.
/// `question` is another one each time that a host is asked, but for repeated messages; answers that somebody who has
/// changed his mind might have given to an earlier one repeat it.
struct Claim {
    Version known;
    Labels labels;
    std::uint32_t question = 0;
};
/// "It is yours as of `version`: I send what I have docked under the flush label, and what still comes under the other."
struct Grant {
    Version version;
};
/// "I had it, and have granted it to `to` as of `version`."
struct Moved {
    Version version;
    Host to;
    std::uint32_t question = 0;
};
/// "I do not have it and know nobody that has." `known` is the highest version that I have seen of it.
struct NotMine {
    Version known;
    std::uint32_t question = 0;  ///< 0: answers Ask
};
/// "Ask again: my own claim is not over."
struct Wait {};
/// "It runs here, now."
struct Deny {
    Version version;
};

/// Old host to new: "my docks are empty; `frames` went under the flush label." Answered by DrainedAck.
struct Drained {
    Version version;
    std::uint64_t frames = 0;
};
struct DrainedAck {
    Version version;
};
/// Old host to a sender: "it has moved to `to`; turn there, with marks of `stream`." Answered by TurnAck.
struct Turn {
    Version version;
    Host to;
    Stream stream = 0;
};
struct TurnAck {
    Version version;
};
/// Sender to new host: "my frames come directly now; `frames` marked ones went by way of the old host." Answered by
/// Settled, when that many are in the ring or have been waited for long enough.
struct Turned {
    Version version;
    Stream stream = 0;
    std::uint64_t frames = 0;
};
struct Settled {
    Version version;
    Stream stream = 0;
};
/// Sender to old host: "my turn of that stream is over." Frees the stream. Answered by TurnEndedAck.
struct TurnEnded {
    Version version;
    Stream stream = 0;
};
struct TurnEndedAck {
    Version version;
    Stream stream = 0;
};
/// A sender that heard of another place asks the host that its row names; answered by Turn, or by NotMine: "turn by
/// yourself".
struct Ask {
    Version known;
};
/// Old host to new: "nobody has come by way of me for the lease's time; the books are closed." Answered by ClosedAck.
struct Closed {
    Version version;
    std::uint64_t relayed = 0;  ///< frames that went under the relay label
};
struct ClosedAck {
    Version version;
};

/// Old host to new: "the plain host `peer` has just come by way of me, long after it could have learned of you; perhaps it
/// takes the endpoint's frames from me only. I pass on to it what you send me under `label`." Not answered: it is said
/// again, about once a second, for as long as the peer comes.
struct Detour {
    Version version;
    Host peer;
    Vni label;
};

/// New host to old: "do you still relay to me as of this version?" Answered by Probed.
struct Probe {
    Version version;
};
struct Probed {
    Version version;
    bool relays = false;        ///< or will say Closed
};

using Body = std::variant<Claim, Grant, Moved, NotMine, Wait, Deny, Drained, DrainedAck, Turn, TurnAck, Turned, Settled,
                          TurnEnded, TurnEndedAck, Ask, Closed, ClosedAck, Probe, Probed, Detour>;

/// A message about one endpoint. May be lost, repeated and overtaken: what must arrive is repeated until answered, and
/// every message may be taken twice.
struct Message {
    Key key;
    Body body;
};

}  // namespace ferry::move
