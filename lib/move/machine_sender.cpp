// A sender's part: it turns from the old host to the new one behind a barrier, or alone where the old one is dead.
#include <algorithm>

#include "move/machine_state.hpp"

namespace ferry::move {

/// Who may turn this host's frames is whoever gets them: the host that its row names, the one to which it relays, or
/// the one whose turn it is in. One that the row names no more is late, or has no say in it.
bool Machine::State::follows(const Endpoint& endpoint, Host host, const Place& row) const
{
    if (endpoint.role != Role::none || endpoint.starting)
        return !endpoint.relaying || endpoint.relaying->to == host;  // its own: no turn concerns it
    return (row.kind == Place::Kind::ferry && row.host == host) || (endpoint.turning && endpoint.turning->via == host);
}

void Machine::State::handle(const Event& on, Host from, const Turn& turn)
{
    Endpoint& endpoint = on.endpoint;
    see(on, turn.version);
    if ((endpoint.turning && endpoint.turning->version == turn.version) ||
        (endpoint.next_turn && endpoint.next_turn->version == turn.version)) {
        on.say(from, TurnAck{turn.version});
        return;
    }
    const bool is_its_own = endpoint.role == Role::claiming || endpoint.role == Role::owner || endpoint.starting;
    const bool is_old = turn.version <= endpoint.row_version ||
                        (endpoint.next_turn && turn.version < endpoint.next_turn->version);
    if (is_its_own || is_old || turn.to == config.self) {
        on.say(from, TurnEnded{turn.version, turn.stream});  // says also that the turn has come; asked for again if lost
        return;
    }
    on.say(from, TurnAck{turn.version});
    const Turning next{Turning::Stage::row, turn.version, from, turn.to, turn.stream, 0};
    if (!endpoint.turning && !endpoint.relaying)
        return begin_turn(on, next);
    // One turn at a time; and a host that relays gets its own turn when its books are closed.
    if (endpoint.next_turn)
        repeat(on, endpoint.next_turn->via, TurnEnded{endpoint.next_turn->version, endpoint.next_turn->stream});
    endpoint.next_turn = next;
    endpoint.asking.reset();
    answered<Ask>(endpoint);
}

void Machine::State::begin_turn(const Event& on, const Turning& turn)
{
    Endpoint& endpoint = on.endpoint;
    endpoint.turning = turn;
    endpoint.version = std::max(endpoint.version, turn.version);
    endpoint.row_version = turn.version;
    endpoint.owner = turn.to;
    endpoint.asking.reset();
    answered<Ask>(endpoint);
    on.note(Phase::turn_begun, turn.via);
    on.want(BeginTurn{endpoint.key, turn.via, turn.to, turn.stream});
}

void Machine::State::begin_next_turn(const Event& on)
{
    Endpoint& endpoint = on.endpoint;
    if (endpoint.turning || endpoint.relaying || endpoint.starting || !endpoint.next_turn)
        return;
    const Turning next = *endpoint.next_turn;
    endpoint.next_turn.reset();
    begin_turn(on, next);
}

void Machine::State::marking(const Event& on)
{
    if (!on.endpoint.turning || on.endpoint.turning->stage != Turning::Stage::row)
        return;
    on.endpoint.turning->stage = Turning::Stage::arming;
    on.endpoint.turning->due = on.now + config.times.arm;
}

void Machine::State::flipped(const Event& on, std::uint64_t marked)
{
    if (!on.endpoint.turning || on.endpoint.turning->stage != Turning::Stage::flip)
        return;
    Turning& turning = *on.endpoint.turning;
    turning.stage = Turning::Stage::settling;
    turning.due = on.now + config.times.settle;
    on.note(Phase::turned, turning.to, marked);
    repeat(on, turning.to, Turned{turning.version, turning.stream, marked});
}

void Machine::State::handle(const Event& on, Host from, const Settled& settled)
{
    const auto& turning = on.endpoint.turning;
    if (turning && turning->stage == Turning::Stage::settling && turning->to == from &&
        turning->version == settled.version && turning->stream == settled.stream)
        end_turn(on);
}

void Machine::State::end_turn(const Event& on)
{
    Endpoint& endpoint = on.endpoint;
    const Turning turning = *endpoint.turning;
    endpoint.turning.reset();
    answered<Turned>(endpoint);
    on.note(Phase::turn_over, turning.to);
    if (turning.via == config.self)
        return sender_turned(on, config.self);
    on.want(EndTurn{endpoint.key, turning.to});
    repeat(on, turning.via, TurnEnded{turning.version, turning.stream});
    begin_next_turn(on);
    start_claim(on);
}

/// The endpoint comes here: there is nobody to turn to.
void Machine::State::drop_turn(const Event& on)
{
    Endpoint& endpoint = on.endpoint;
    answered<Turned>(endpoint);
    for (auto* turn : {&endpoint.turning, &endpoint.next_turn}) {
        if (*turn && (*turn)->via != config.self)
            repeat(on, (*turn)->via, TurnEnded{(*turn)->version, (*turn)->stream});
        turn->reset();
    }
}

void Machine::State::handle(const Event& on, Host from, const TurnEndedAck& ack)
{
    const TurnEnded* ended = pending<TurnEnded>(on.endpoint, from);
    if (ended != nullptr && ended->version == ack.version)
        answered<TurnEnded>(on.endpoint, from);
}

void Machine::State::seen_elsewhere(const Event& on, Host row, Host at)
{
    Endpoint& endpoint = on.endpoint;
    if (endpoint.running) {
        if (endpoint.conflict != at)
            on.note(Phase::conflict, at);
        endpoint.conflict = at;
        return;
    }
    if (at == row || at == config.self || endpoint.held_until || endpoint.turning || endpoint.next_turn)
        return;
    if (endpoint.relaying) {
        row = endpoint.relaying->to;
        if (at == row)
            return;
    }
    if (endpoint.asking && endpoint.asking->row == row && endpoint.asking->until > on.now)
        return;
    answered<Ask>(endpoint);
    endpoint.asking = Asking{row, at, on.now + config.times.hold, false};
    repeat(on, row, Ask{endpoint.version});
}

/// The host that the row names is dead, or has forgotten what it knew. Where this host relays, it does so to the new place.
void Machine::State::turn_alone(const Event& on)
{
    Endpoint& endpoint = on.endpoint;
    const Asking asking = *endpoint.asking;
    endpoint.asking.reset();
    answered<Ask>(endpoint);
    on.note(Phase::turned_alone, asking.row);
    if (endpoint.relaying) {
        endpoint.relaying->to = asking.at;
        finish_relay(on);
        return;
    }
    endpoint.owner = asking.at;
    endpoint.row_version = endpoint.version;
    on.want(PointTo{endpoint.key, asking.at});
}

}  // namespace ferry::move
