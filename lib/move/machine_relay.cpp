// The old host's part from the grant on: passes on what still comes, and turns those who send it.
#include <algorithm>

#include "move/machine_state.hpp"

namespace ferry::move {
namespace {

constexpr std::size_t most_senders = 4096;   // of one endpoint that are told apart; the others are only relayed for
constexpr unsigned streams_of_a_move = 255;  // 1 to 255

/// Far from those of the moves before and after, whose marks may still be on their way.
unsigned first_stream(const Version& version)
{
    return static_cast<unsigned>(1 + version.epoch * 97 % streams_of_a_move);
}

}  // namespace

void Machine::State::drained(const Event& on, std::uint64_t frames)
{
    Endpoint& endpoint = on.endpoint;
    if (endpoint.role != Role::draining)
        return;
    endpoint.role = Role::relay;
    on.note(Phase::drained, endpoint.relaying->to, frames);
    repeat(on, endpoint.relaying->to, Drained{endpoint.relaying->version, frames});
    turn_senders(on);
    start_claim(on);
}

void Machine::State::relayed(const Event& on, Host host, bool is_ferry)
{
    Endpoint& endpoint = on.endpoint;
    if (!is_ferry)
        offer_detour(on, host);
    if (!endpoint.relaying)
        return;
    Relaying& relaying = *endpoint.relaying;
    relaying.last_seen = on.now;
    auto found = relaying.senders.find(host);
    if (found == relaying.senders.end()) {
        if (relaying.senders.size() >= most_senders)
            return;
        found = relaying.senders.emplace(host, RelaySender{}).first;
        found->second.since = on.now;
    }
    RelaySender& sender = found->second;
    sender.is_ferry = is_ferry;

    // A sender that has said it turned, or should have since long, comes by the relay again.
    const Times& times = config.times;
    const bool was_turned = sender.stage == RelaySender::Stage::turned && on.now - sender.since >= seen_again;
    const bool was_lost = sender.stage == RelaySender::Stage::turning && pending<Turn>(endpoint, host) == nullptr &&
                          host != config.self && on.now - sender.since >= 4 * (times.arm + times.settle + seen_again);
    const bool is_plain_for_long = !is_ferry && on.now - sender.since >= times.lease;
    if ((was_turned || is_plain_for_long) && !sender.complained) {
        sender.complained = true;
        on.note(Phase::never_turned, host);
    }
    if ((was_turned && host != config.self) || was_lost)
        sender.stage = RelaySender::Stage::seen;
    turn_sender(on, host);
}

void Machine::State::turn_senders(const Event& on)
{
    std::vector<Host> hosts;
    for (const auto& [host, sender] : on.endpoint.relaying->senders)
        hosts.push_back(host);
    for (Host host : hosts)
        turn_sender(on, host);
}

/// Only when no docked frame is on its way before the sender's direct ones.
void Machine::State::turn_sender(const Event& on, Host host)
{
    Endpoint& endpoint = on.endpoint;
    Relaying& relaying = *endpoint.relaying;
    RelaySender& sender = relaying.senders.at(host);
    if (endpoint.role != Role::relay || endpoint.starting || !sender.is_ferry ||
        sender.stage != RelaySender::Stage::seen || host == relaying.to)
        return;
    if (host == config.self && endpoint.turning)
        return;
    if (sender.stream == 0) {
        if (relaying.streams.count() == streams_of_a_move)
            return;  // it stays with the relay
        unsigned stream = first_stream(relaying.version);
        while (relaying.streams[stream])
            stream = 1 + stream % streams_of_a_move;
        relaying.streams.set(stream);
        sender.stream = static_cast<Stream>(stream);
    }
    sender.stage = RelaySender::Stage::turning;
    sender.since = on.now;
    on.note(Phase::turn_sent, host);
    if (host == config.self)
        begin_turn(on, {Turning::Stage::row, relaying.version, host, relaying.to, sender.stream, 0});
    else
        repeat(on, host, Turn{relaying.version, relaying.to, sender.stream});
}

void Machine::State::sender_turned(const Event& on, Host host)
{
    Endpoint& endpoint = on.endpoint;
    if (!endpoint.relaying)
        return;
    const auto found = endpoint.relaying->senders.find(host);
    if (found == endpoint.relaying->senders.end() || found->second.stage != RelaySender::Stage::turning)
        return;
    found->second.stage = RelaySender::Stage::turned;
    found->second.since = on.now;
    answered<Turn>(endpoint, host);
    on.note(Phase::turn_ended, host);
    start_claim(on);
}

/// False where a sender that asks is to turn by itself. Its row still names this host, so that one whose turn is over had
/// declined it, because the endpoint was about to come there: it gets another before it is told to go alone.
bool Machine::State::has_turn(const Event& on, Host host, RelaySender& sender)
{
    if (sender.stage != RelaySender::Stage::turned)
        return true;
    sender.turned_again = !sender.turned_again;
    if (!sender.turned_again)
        return false;
    sender.stage = RelaySender::Stage::seen;
    turn_sender(on, host);
    return true;
}

bool Machine::State::can_return(const Endpoint& endpoint, Time now)
{
    const auto& senders = endpoint.relaying->senders;
    return endpoint.role == Role::relay && endpoint.relaying->strays_until <= now && std::none_of(senders.begin(), senders.end(), [](const auto& sender) {
               return sender.second.stage == RelaySender::Stage::turning;
           });
}

/// Somebody may come by this host's own old host, and turn from there behind a barrier that stands here.
bool Machine::State::awaits_old_host(const Endpoint& endpoint)
{
    return endpoint.claim.has_value();
}

/// A turn has been waited for long enough.
void Machine::State::force_return(const Event& on)
{
    for (auto& [host, sender] : on.endpoint.relaying->senders)
        if (sender.stage == RelaySender::Stage::turning)
            sender.stage = RelaySender::Stage::seen;
    on.endpoint.start_at = on.now + config.times.hold / 2;
}

/// Frames under the labels may still be on their way: the new host is told when they have come.
void Machine::State::end_relay(const Event& on)
{
    Endpoint& endpoint = on.endpoint;
    const Relaying& relaying = *endpoint.relaying;
    repeat(on, relaying.to, Closed{relaying.version, 0}, on.now + config.times.arm);
    answered<Turn>(endpoint);
    if (endpoint.turning && endpoint.turning->via == config.self) {
        answered<Turned>(endpoint);
        endpoint.turning.reset();
    }
    endpoint.owner = relaying.to;
    endpoint.role = Role::none;
    endpoint.relaying.reset();
}

void Machine::State::finish_relay(const Event& on)
{
    const Host to = on.endpoint.relaying->to;
    answered<Drained>(on.endpoint);
    end_relay(on);
    on.want(FinishRelay{on.endpoint.key, to, std::nullopt});
    begin_next_turn(on);
}

void Machine::State::handle(const Event& on, Host from, const DrainedAck& ack)
{
    const Drained* drained = pending<Drained>(on.endpoint, from);
    if (drained == nullptr || drained->version != ack.version)
        return;
    answered<Drained>(on.endpoint, from);
    if (auto& given = on.endpoint.detours.to; given && given->version == ack.version)
        given->told = on.now;
}

void Machine::State::handle(const Event& on, Host from, const TurnAck& ack)
{
    const Turn* turn = pending<Turn>(on.endpoint, from);
    if (turn != nullptr && turn->version == ack.version)
        answered<Turn>(on.endpoint, from);
}

void Machine::State::handle(const Event& on, Host from, const TurnEnded& ended)
{
    on.say(from, TurnEndedAck{ended.version, ended.stream});
    if (on.endpoint.relaying && on.endpoint.relaying->version == ended.version)
        sender_turned(on, from);
}

void Machine::State::handle(const Event& on, Host from, const ClosedAck& ack)
{
    const Closed* closed = pending<Closed>(on.endpoint, from);
    if (closed != nullptr && closed->version == ack.version)
        answered<Closed>(on.endpoint, from);
}

void Machine::State::handle(const Event& on, Host from, const Ask& ask)
{
    Endpoint& endpoint = on.endpoint;
    see(on, ask.known);
    if (endpoint.relaying) {
        if (from != endpoint.relaying->to) {
            relayed(on, from, true);
            const auto sender = endpoint.relaying->senders.find(from);
            if (sender == endpoint.relaying->senders.end() || !has_turn(on, from, sender->second)) {
                on.say(from, NotMine{endpoint.version});
                return;
            }
        }
        on.say(from, Wait{});  // a turn follows
    } else if (endpoint.role == Role::none) {
        on.say(from, NotMine{endpoint.version});
    } else if (endpoint.role == Role::owner && endpoint.running) {
        on.say(from, Deny{endpoint.version});
    } else {
        on.say(from, Wait{});
    }
}

void Machine::State::handle(const Event& on, Host from, const Probe& probe)
{
    const Endpoint& endpoint = on.endpoint;
    const auto& waiting = endpoint.unanswered;
    const bool is_closing = std::any_of(waiting.begin(), waiting.end(), [&](const Unanswered& message) {
        const Closed* closed = std::get_if<Closed>(&message.body);
        return closed != nullptr && closed->version == probe.version;
    });
    const bool relays = endpoint.relaying && endpoint.relaying->version == probe.version;
    on.say(from, Probed{probe.version, relays || is_closing});
}

}  // namespace ferry::move
