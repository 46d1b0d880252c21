// What the machine remembers, and the steps of the protocol. Each file machine_ROLE.cpp has those of one role.
#pragma once

#include <bitset>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include <ferry/move/machine.hpp>

namespace ferry::move {

/// Gates tell of each sender once in that time, and so do workers.
constexpr Time seen_again = 1'000'000'000;

/// A message that is repeated, later and later, until it is answered.
struct Unanswered {
    Host to;
    Body body;
    Time due = 0;
    Time pause = 0;  ///< between the last time and the next
};

/// What this host is to an endpoint. Whether its ring runs is a question of its own: an owner whose ring has stopped is
/// what the protocol calls Held.
enum class Role : std::uint8_t {
    none,      ///< at most a sender
    claiming,  ///< its ring has started here; nobody has granted it yet
    owner,
    draining,  ///< granted to another host; docked frames are on their way
    relay,     ///< what still comes is passed on
};

/// One that was told to wait.
struct Waiter {
    Host host;
    Labels labels;
    Version known;
    std::uint32_t question = 0;
};

/// A claim that has been granted: copies of it may still come.
struct Granted {
    Host host;
    Labels labels;
    Version version;
};

/// A sender's turn, as the new host sees it.
struct ClaimStream {
    Version version;
    bool passed = false;
};

/// A plain host that the endpoint may reach by way of an old host only, as the new host knows it.
struct DetourEntry {
    Host via;
    Vni label;
    Time announced = 0;               ///< when it was given one more chance to learn
    Time until = 0;                   ///< not heard of since then: over
    std::optional<Time> direct;       ///< when it last came directly
    bool begun = false;
};

/// The same, as the old host knows it.
struct DetourExit {
    Time first = 0, last = 0;         ///< when it came by here
    std::optional<Labels> labels;     ///< of which the relay's is used; nothing: it has not come for long
    Host to;
    std::optional<Vni> under;         ///< a label of `to`, where that is an older host
};

/// Who gave the endpoint to whom, and what makes a detour because of that. Stays when the books are closed.
struct Detours {
    struct Grant {
        Host host;
        Version version;
        Time told = 0;                ///< when the new host has acknowledged that the docks are empty
    };
    std::optional<Grant> from, to;    ///< to this host, and by it
    std::map<Host, DetourEntry> entries;
    std::map<Host, DetourExit> exits;
    Time due = 0;                     ///< one of them may be over; 0: there is none
};

/// The new host's part, from the ring's start until the old host has closed its books.
struct Claiming {
    Labels labels;
    Version known;                    ///< as the claims say
    std::set<Host> asked, asked_before;  ///< since the ring has started, and before it stopped in between
    bool everybody = false;           ///< all peers have been asked
    bool denied = false;
    unsigned hops = 0;                ///< how often a claim was sent on
    Time deadline = 0;                ///< nobody has said anything until then: take it

    bool answered = false;            ///< granted or taken
    std::optional<Host> old_host;     ///< who has granted it
    Version version;                  ///< as of which
    bool opening = false, opened = false, merged = false;
    bool over = false;                ///< nobody sends under the labels any more, or will
    std::optional<Time> ends;         ///< taken from a silent host: its late grant is waited for until then
    Time next_probe = 0;              ///< when to ask whether the old host lives
    std::map<std::pair<Host, Stream>, ClaimStream> streams;
    std::optional<Waiter> waiter;
};

/// The labels of an earlier claim whose old host has not closed its books.
struct OldLabels {
    Labels labels;
    Version version;
    std::optional<Host> old_host;
    Time due = 0;                     ///< when to ask whether the old host still relays; free then where there is none
    bool asked = false;
};

/// One who comes by the relay.
struct RelaySender {
    enum class Stage : std::uint8_t { seen, turning, turned } stage = Stage::seen;
    bool is_ferry = false;
    bool complained = false;          ///< never_turned is in the books
    bool turned_again = false;        ///< because it asked, since it was last told to go alone
    Stream stream = 0;
    Time since = 0;                   ///< of the stage
};

/// The old host's part, from the grant until its books are closed.
struct Relaying {
    Host to;
    Version version;
    Labels labels;
    Time last_seen = 0;               ///< when somebody came by the relay, to a second
    Time strays_until = 0;            ///< what the new host's own VMs sent before it claimed may still come, and goes back
    std::map<Host, RelaySender> senders;
    std::bitset<256> streams;         ///< given away; each once in a move, because the new host remembers which are over
};

/// A sender's part.
struct Turning {
    enum class Stage : std::uint8_t { row, arming, flip, settling } stage = Stage::row;
    Version version;
    Host via, to;
    Stream stream = 0;
    Time due = 0;                     ///< of arming and settling
};

/// A sender that has heard of another place, and asks.
struct Asking {
    Host row, at;
    Time until = 0;
    bool over = false;                ///< the answer was "it is here": not asked again until then
};

struct Endpoint {
    Key key;
    Version version;                  ///< the highest that is known
    Version row_version;              ///< that which this host's row has followed
    std::optional<Host> owner;        ///< who has it as of a version
    Role role = Role::none;
    bool running = false;             ///< its ring, here
    bool silent = false;
    bool relayed_before = false;      ///< this host's row may still relay for it
    std::optional<Time> held_until;   ///< the ring has stopped
    std::optional<Place> starting;    ///< the claim begins when it can; what the FDB said
    Time start_at = 0;                ///< when that is tried again, or turns under way are not waited for any longer
    Time return_at = 0;               ///< when it is tried first, unless something else happens before; start_at: tried
    std::optional<Host> conflict;     ///< the last that was told of
    std::optional<Claiming> claim;
    std::vector<OldLabels> old_labels;
    std::optional<Relaying> relaying;
    std::vector<Granted> granted;     ///< the last ones
    std::optional<Turning> turning, next_turn;
    std::optional<Asking> asking;
    Detours detours;
    std::vector<Unanswered> unanswered;

    // How the indexes know it.
    Time timer = 0;
    bool has_timer = false;
    std::vector<Host> watched;
    std::uint64_t idle_since = 0;

    bool idle() const noexcept
    {
        return role == Role::none && !running && !held_until && !starting && !claim && old_labels.empty() && !relaying &&
               !turning && !next_turn && !asking && detours.entries.empty() && detours.exits.empty() &&
               unanswered.empty();
    }
};

/// An event about one endpoint, on its way through the machine.
struct Event {
    Endpoint& endpoint;
    Time now;
    Actions& out;

    template <typename A>
    void want(A action) const { out.emplace_back(std::move(action)); }
    void note(Phase phase, Host host = {}, std::uint64_t count = 0) const
    {
        want(Note{endpoint.key, {phase, endpoint.version, host, count, now}});
    }
    void say(Host to, Body body) const { want(Send{to, {endpoint.key, std::move(body)}}); }
};

struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept
    {
        return std::hash<std::uint64_t>{}((key.mac.to_u48() ^ std::uint64_t{key.vni.value()} << 40) * 0x9e37'79b9'7f4a'7c15ULL);
    }
};

/// Allocates labels in turn, so that one is not used again soon; nor by this host's next life, whose term is another and
/// whose claims would be taken for repeated ones.
class LabelPool {
public:
    LabelPool(std::uint32_t first, std::uint32_t count, std::uint64_t term)
        : first_(first + first % 2), taken_((count - first % 2) / 2), next_((((term - 1) * 0x9e37'79b9'7f4a'7c15ULL) >> 32) % taken_.size())
    {
    }
    std::optional<Labels> take();
    void give_back(const Labels& labels);

private:
    std::uint32_t first_;
    std::vector<bool> taken_;
    std::size_t next_, used_ = 0;
};

class Machine::State {
public:
    explicit State(const MachineConfig& config);

    // Keys: machine_keys.cpp
    Endpoint* find(const Key& key);
    Expected<Endpoint*> find_or_make(const Key& key);
    /// Behind each event: brings the indexes up to date.
    void settle(Endpoint& endpoint);
    void see(const Event& on, const Version& version);
    Version next_version(const Event& on, const Version& known);
    void keep_term(const Event& on, std::uint64_t term);
    std::size_t size() const noexcept { return endpoints_.size(); }
    std::optional<Labels> take_labels() { return labels_.take(); }
    void free_labels(const Labels& labels) { labels_.give_back(labels); }

    // Repeated messages: machine_messages.cpp
    void repeat(const Event& on, Host to, Body body, Time first);
    void repeat(const Event& on, Host to, Body body) { repeat(on, to, std::move(body), on.now); }
    /// The messages of type B to `to`, or to all, have been answered; returns whether there was one.
    template <typename B>
    static bool answered(Endpoint& endpoint, std::optional<Host> to = {});
    template <typename B>
    static B* pending(Endpoint& endpoint, Host to);
    void received(const Event& on, Host from, const Body& body);
    void unreachable(const Event& on, Host host);

    // Claimant: machine_claimant.cpp, machine_answers.cpp
    void ring_started(const Event& on, const Place& place);
    void start_claim(const Event& on);
    void ask(const Event& on, Host host);
    void ask_everybody(const Event& on);
    void ask_again(const Event& on);
    void take_if_nobody_has_it(const Event& on);
    static bool is_worth_taking(const Endpoint& endpoint);
    static bool is_asking(const Endpoint& endpoint);
    void take(const Event& on, Host who_should_have);
    void accept_grant(const Event& on, Host from, const Version& version);
    void open(const Event& on, std::optional<std::uint64_t> flush_frames);
    void merged(const Event& on);
    void finish_claim_when_over(const Event& on);
    void give_up_claim(const Event& on);
    void old_host_is_gone(const Event& on);
    void old_labels_over(const Event& on, Host old_host, std::optional<Version> version);
    void probe(const Event& on, Host old_host, const Version& version);
    static void end_probe(Endpoint& endpoint, const Version& version);
    void be_silent(const Event& on, bool silent);
    void handle(const Event& on, Host from, const Grant& grant);
    void handle(const Event& on, Host from, const Moved& moved);
    void handle(const Event& on, Host from, const NotMine& not_mine);
    void handle(const Event& on, Host from, const Wait& wait);
    void handle(const Event& on, Host from, const Deny& deny);
    void handle(const Event& on, Host from, const Drained& drained);
    void handle(const Event& on, Host from, const Turned& turned);
    void handle(const Event& on, Host from, const Closed& closed);
    void handle(const Event& on, Host from, const Probed& probed);
    void stream_passed(const Event& on, Stream stream, bool in_time, std::uint64_t frames);

    // Holder and relay: machine_holder.cpp, machine_relay.cpp
    void ring_stopped(const Event& on, Time hold);
    void hold_expired(const Event& on);
    void removed(const Event& on);
    void grant(const Event& on, Host to, const Labels& labels, const Version& known);
    void grant_waiter(const Event& on);
    void drained(const Event& on, std::uint64_t frames);
    void relayed(const Event& on, Host sender, bool is_ferry);
    void turn_senders(const Event& on);
    void turn_sender(const Event& on, Host sender);
    bool has_turn(const Event& on, Host host, RelaySender& sender);
    void sender_turned(const Event& on, Host sender);
    void end_relay(const Event& on);
    void force_return(const Event& on);
    void finish_relay(const Event& on);
    static bool can_return(const Endpoint& endpoint, Time now);
    static bool is_late(const Endpoint& endpoint, Host from, const Claim& claim);
    static bool awaits_old_host(const Endpoint& endpoint);
    void handle(const Event& on, Host from, const Claim& claim);
    void handle(const Event& on, Host from, const DrainedAck& ack);
    void handle(const Event& on, Host from, const TurnAck& ack);
    void handle(const Event& on, Host from, const TurnEnded& ended);
    void handle(const Event& on, Host from, const Ask& ask);
    void handle(const Event& on, Host from, const ClosedAck& ack);
    void handle(const Event& on, Host from, const Probe& probe);

    // Detours, of both: machine_detour.cpp
    void offer_detour(const Event& on, Host sender);
    void pass_detour_on(const Event& on, Host from, const Detour& detour);
    DetourExit* exit_of(const Event& on, Host peer);
    void open_exit(const Event& on, Host peer, DetourExit& exit, Host to, std::optional<Vni> under);
    void close_exit(const Event& on, const DetourExit& exit);
    void close_exits(const Event& on);
    void handle(const Event& on, Host from, const Detour& detour);
    void came_directly(const Event& on, Host sender);
    void begin_detour(const Event& on, Host peer, DetourEntry& entry);
    void end_detour(const Event& on, Host peer, const DetourEntry& entry);
    template <typename Over>
    void end_detours_if(const Event& on, Over over);
    void end_detours(const Event& on);
    void end_detours_by(const Event& on, Host via);
    void end_late_detours(const Event& on);

    // Sender: machine_sender.cpp
    bool follows(const Endpoint& endpoint, Host host, const Place& row) const;
    void handle(const Event& on, Host from, const Turn& turn);
    void handle(const Event& on, Host from, const Settled& settled);
    void handle(const Event& on, Host from, const TurnEndedAck& ack);
    void begin_turn(const Event& on, const Turning& turn);
    void begin_next_turn(const Event& on);
    void drop_turn(const Event& on);
    void end_turn(const Event& on);
    void marking(const Event& on);
    void flipped(const Event& on, std::uint64_t marked);
    void seen_elsewhere(const Event& on, Host row, Host at);
    void turn_alone(const Event& on);

    // Timers: machine_timers.cpp
    static std::optional<Time> next_timer(const Endpoint& endpoint, const Times& times);
    void run_timers(const Event& on);

    const MachineConfig config;
    std::set<std::pair<Time, Key>> timers;
    std::set<std::pair<Host, Key>> watchers;  ///< whom it matters to that a host cannot be reached

private:
    bool forget_one();
    static void watched_hosts(const Endpoint& endpoint, std::vector<Host>& hosts);
    void repeat_messages(const Event& on);

    std::uint64_t term_, kept_;
    std::uint32_t question_;  ///< the last
    LabelPool labels_;
    std::uint32_t entries_ = 0, exits_ = 0, open_exits_ = 0;  ///< of all endpoints; open are those that have labels
    std::unordered_map<Key, Endpoint, KeyHash> endpoints_;
    std::set<std::pair<std::uint64_t, Key>> idle_;   ///< may be forgotten, the oldest first
    std::uint64_t idle_clock_ = 0;
};

template <typename B>
bool Machine::State::answered(Endpoint& endpoint, std::optional<Host> to)
{
    return std::erase_if(endpoint.unanswered, [&](const Unanswered& message) {
               return std::holds_alternative<B>(message.body) && (!to || message.to == *to);
           }) > 0;
}

template <typename B>
B* Machine::State::pending(Endpoint& endpoint, Host to)
{
    for (Unanswered& message : endpoint.unanswered)
        if (message.to == to)
            if (auto* body = std::get_if<B>(&message.body))
                return body;
    return nullptr;
}

}  // namespace ferry::move
