// The protocol of a move as a machine without I/O, clock or threads: events in, actions out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ferry/error.hpp>
#include <ferry/move/ledger.hpp>
#include <ferry/move/message.hpp>

namespace ferry::move {

/// Nanoseconds by the driver's monotonic clock.
using Time = std::int64_t;

struct Times {
    Time hold = 2'000'000'000;        ///< a stopped ring's dock waits so long to be claimed
    Time arm = 200'000'000;           ///< a sender marks at least so long before it turns
    Time plain = 10'000'000;          ///< a frame that cannot be marked takes no longer to where it is docked or relayed
    Time lease = 30'000'000'000;      ///< nobody has come by the relay for so long: the books are closed
    Time retry = 20'000'000;          ///< an unanswered message is repeated, later and later, up to retry_longest
    Time retry_longest = 1'000'000'000;
    Time detour = 2'000'000'000;      ///< a plain sender that comes by the relay for longer is given a way back by it
    Time settle = 1'000'000'000;      ///< a sender stops marking at the latest, where the new host does not answer
};

struct Bounds {
    std::uint32_t keys = 65'536;      ///< endpoints of which something is remembered
    std::uint32_t detours = 1'024;    ///< by way of this host, and as many by way of others
};

struct MachineConfig {
    Host self;
    std::uint64_t term = 1;           ///< one above the highest that was ever used or seen
    std::vector<Host> peers;          ///< ferry hosts that can be asked
    std::uint32_t first_label = 0xf0'0000, labels = 65'536;  ///< the VNIs that this host may choose labels from
    Times times;
    Bounds bounds;
};

// What the driver tells the machine ---------------------------------------------------------------------------------

/// Where this host's FDB says that an endpoint is.
struct Place {
    enum class Kind : std::uint8_t { nowhere, here, ferry, plain };
    Kind kind = Kind::nowhere;
    Host host{};                      ///< of ferry and plain
};

// What the machine wants done ---------------------------------------------------------------------------------------
// In their order. "Gate" is the endpoint's gate (gate.hpp), "row" its FDB row.

struct Send { Host to; Message message; };
/// The dock is dropped: nobody claimed it.
struct Discard { Key key; };
/// The endpoint's ring runs again where it had stopped: what was docked goes into it.
struct Replay { Key key; };
/// Gate: merge, closed; then row: gated to its attachment; labels lead there. Then, and not before, may the VM send. Ends
/// a turn of the key, and its relay: the driver calls relay_closed() where there was one. `returning`: frames that this
/// host relayed may still be on their way round, so that even ferry hosts' direct frames wait as a plain peer's do.
struct BeginClaim { Key key; Labels labels; bool returning = false; };
/// Gate: open when `frames` flush frames have come (Gate::expect_flush), or at once (nothing: there is no old host).
struct Open { Key key; std::optional<std::uint64_t> flush_frames; };
/// Gate: flush to `to`, then relay. Row: gated to its attachment.
struct Drain { Key key; Host to; Labels labels; };
/// Gate: the sender `from` has sent `frames` marked ones by way of the old host (Gate::expect_stream).
struct Expect { Key key; Host from; Stream stream; std::uint64_t frames; };
/// Row: mark what is sent for the key, by way of `via` (this host itself: its own gate, and then there is no EndTurn but
/// FinishRelay, because its gate goes on relaying). When every worker does so the driver calls marking().
struct BeginTurn { Key key; Host via; Host to; Stream stream; };
/// Send directly, marked. When every worker does so the driver calls flipped() with the number of frames that had been
/// marked before.
struct Flip { Key key; };
/// Row: remote, `to`, unmarked. Where this host relays for the key (it had it) the row says so, without a label.
struct EndTurn { Key key; Host to; };
/// Row: remote, `to`, without ado: no turn was possible or necessary. Ends a turn that is under way.
struct PointTo { Key key; Host to; };
/// The books of the claim are closed: gate ordinary, row local, labels free.
struct FinishClaim { Key key; Labels labels; };
/// What still comes under the labels of an earlier claim is not of this one's old host: from now on it comes to the gate
/// as Via::earlier, unmarked. Follows BeginClaim; FreeLabels comes later.
struct DemoteLabels { Key key; Labels labels; };
/// An earlier claim's labels are free; nothing else changes.
struct FreeLabels { Key key; Labels labels; };
/// The books of the relay are closed: row remote, relaying without a label, or, where the attachment was taken away too
/// soon, under `label`; gate free. The driver calls relay_closed() with the number of frames that went by the relay.
struct FinishRelay { Key key; Host to; std::optional<Vni> label; };
/// What the endpoint sends from here to the plain host `peer` goes to `via`, under `label`, which is one of that host's.
/// Again: by another way from now on.
struct BeginDetour { Key key; Host peer; Host via; Vni label; };
/// It goes directly.
struct EndDetour { Key key; Host peer; };
/// What `from` sends under this host's `label` goes on to `to`, where it is of the endpoint: with this host as its
/// source, under the endpoint's VNI, or where `under` is given that label of `to`. Again: there from now on.
struct OpenExit { Key key; Vni label; Host from; Host to; std::optional<Vni> under; };
/// The label leads nowhere any more, once what is under way has come.
struct CloseExit { Key key; Vni label; };
/// Row away: nobody has the endpoint as far as this host knows.
struct Withdraw { Key key; };
/// Tell plain peers by frames from the endpoint's address.
struct Announce { Key key; };
/// Two VMs use one MAC: the driver closes or opens the VM's way out.
struct Silence { Key key; bool silent; };
/// Keep on disk before what follows is sent.
struct KeepTerm { std::uint64_t term; };
/// Something for the books and the log; see ledger.hpp.
struct Note { Key key; LedgerEntry entry; };

using Action = std::variant<Send, Discard, Replay, BeginClaim, Open, Drain, Expect, BeginTurn, Flip, EndTurn, PointTo,
                            FinishClaim, DemoteLabels, FreeLabels,
                            FinishRelay, BeginDetour, EndDetour, OpenExit, CloseExit, Withdraw, Announce, Silence,
                            KeepTerm, Note>;
using Actions = std::vector<Action>;

/// One host's. All calls from one thread. Each event appends what is to be done to `out`. Never throws but for memory.
/// Calls that may make an endpoint known fail with table_full where all others are of use, and have changed nothing then.
/// All may come twice: the second one changes nothing.
class Machine {
public:
    static Expected<std::unique_ptr<Machine>> make(const MachineConfig& config);
    ~Machine();

    // The data path saw.

    /// The endpoint's ring has stopped here and its frames are being docked, for `hold` instead of Times::hold where it is
    /// given.
    Expected<void> ring_stopped(const Key& key, Time now, Actions& out, std::optional<Time> hold = std::nullopt);
    /// The endpoint's ring runs here. `place` is what the FDB says of it.
    Expected<void> ring_started(const Key& key, const Place& place, Time now, Actions& out);
    /// The attachment is taken away for good, or the key from it.
    void removed(const Key& key, Time now, Actions& out);
    /// Gate events.
    void drained(const Key& key, std::uint64_t flush_frames, Time now, Actions& out);
    void opened(const Key& key, std::uint64_t flush_frames, Time now, Actions& out);
    /// A frame of `sender` came by this host's relay: the first one, or again after a second. This host itself: one of
    /// its own attachments. `is_ferry`: it may be turned.
    void relayed(const Key& key, Host sender, bool is_ferry, Time now, Actions& out);
    /// A frame of the plain host `sender` came to the claim's gate directly: the first one, or again after a second.
    void came_directly(const Key& key, Host sender, Time now, Actions& out);
    void stream_passed(const Key& key, Stream stream, bool in_time, std::uint64_t frames, Time now, Actions& out);
    /// The relay that FinishRelay or BeginClaim has ended had passed on `frames` under its relay label.
    void relay_closed(const Key& key, std::uint64_t frames, Time now, Actions& out);
    /// Nothing waits in the gate: what a claim's gate still has to put into the ring or the dock is none.
    void merged(const Key& key, Time now, Actions& out);
    // Row events.
    void marking(const Key& key, Time now, Actions& out);
    void flipped(const Key& key, std::uint64_t marked, Time now, Actions& out);
    /// A frame of the endpoint came from `at`, or somebody says that it is there; the row names the ferry host `row`.
    Expected<void> seen_elsewhere(const Key& key, Host row, Host at, Time now, Actions& out);

    // Others said.

    /// `allowed`: the sender may claim endpoints of the key's VNI. `row`: where this host's row says that the key is, or,
    /// of one that turns, leads to: nobody else may order a turn.
    Expected<void> received(Host from, const Message& message, bool allowed, const Place& row, Time now, Actions& out);
    /// `to` cannot be reached: its connection is refused, so it does not run.
    void unreachable(Host to, Time now, Actions& out);

    /// Timers: when tick() wants to be called next; nothing: not before another event.
    std::optional<Time> deadline() const;
    void tick(Time now, Actions& out);

    /// How many endpoints something is remembered of.
    std::size_t size() const;

    class State;

private:
    explicit Machine(std::unique_ptr<State> state);
    template <typename Step>
    void if_known(const Key& key, Time now, Actions& out, Step step);
    template <typename Step>
    Expected<void> make_known(const Key& key, Time now, Actions& out, Step step);

    std::unique_ptr<State> state_;
};

}  // namespace ferry::move
