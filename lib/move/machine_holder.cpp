// The old host's part until the endpoint is granted: its ring has stopped, its frames are docked, somebody claims it.
#include <algorithm>

#include "move/machine_state.hpp"

namespace ferry::move {
namespace {

constexpr std::size_t most_granted = 4;

}  // namespace

void Machine::State::ring_stopped(const Event& on, Time hold)
{
    Endpoint& endpoint = on.endpoint;
    endpoint.running = false;
    if (endpoint.starting) {
        endpoint.starting.reset();
        begin_next_turn(on);
        return;
    }
    if (endpoint.held_until || endpoint.relaying)
        return;
    if (endpoint.role == Role::none) {
        if (endpoint.owner) {  // somebody else's: nothing can have been meant for it here
            on.want(Discard{endpoint.key});
            return;
        }
        endpoint.role = Role::owner;
        endpoint.owner = config.self;
        endpoint.version = next_version(on, {});
        endpoint.row_version = endpoint.version;
    }
    if (endpoint.claim)
        endpoint.claim->waiter.reset();  // asked while the ring ran, and perhaps not since
    endpoint.held_until = on.now + hold;
    on.note(Phase::ring_stopped);
}

void Machine::State::hold_expired(const Event& on)
{
    Endpoint& endpoint = on.endpoint;
    endpoint.held_until.reset();
    on.note(Phase::hold_expired);
    on.want(Discard{endpoint.key});
    give_up_claim(on);
    on.want(Withdraw{endpoint.key});
    endpoint.role = Role::none;
    endpoint.owner.reset();
}

void Machine::State::removed(const Event& on)
{
    Endpoint& endpoint = on.endpoint;
    endpoint.running = false;
    endpoint.starting.reset();
    if (endpoint.role == Role::draining)
        drained(on, 0);  // what was docked has gone with the gate
    if (endpoint.role == Role::relay) {
        if (endpoint.turning && endpoint.turning->via == config.self)
            endpoint.turning.reset();
        on.want(FinishRelay{endpoint.key, endpoint.relaying->to, endpoint.relaying->labels.relay});
        return;
    }
    if (endpoint.role == Role::none)
        return;
    on.want(Discard{endpoint.key});
    endpoint.held_until.reset();
    give_up_claim(on);
    on.want(Withdraw{endpoint.key});
    endpoint.role = Role::none;
    endpoint.owner.reset();
}

/// Gives the endpoint to `to`, which may be the one that has been given it before: it has lost its memory then.
void Machine::State::grant(const Event& on, Host to, const Labels& labels, const Version& known)
{
    Endpoint& endpoint = on.endpoint;
    endpoint.version = next_version(on, known);
    endpoint.row_version = endpoint.version;
    endpoint.owner = to;
    endpoint.role = Role::draining;
    endpoint.held_until.reset();
    endpoint.conflict.reset();
    endpoint.turning.reset();  // by its own gate, if any: the gate's way has changed
    endpoint.relayed_before = true;
    answered<Turn>(endpoint);
    answered<Drained>(endpoint);
    close_exits(on);
    end_detours(on);
    endpoint.detours.to = {to, endpoint.version, 0};
    endpoint.relaying.emplace();
    endpoint.relaying->to = to;
    endpoint.relaying->version = endpoint.version;
    endpoint.relaying->labels = labels;
    endpoint.relaying->last_seen = on.now;
    endpoint.relaying->strays_until = on.now + config.times.plain;
    endpoint.granted.push_back({to, labels, endpoint.version});
    if (endpoint.granted.size() > most_granted)
        endpoint.granted.erase(endpoint.granted.begin());
    on.note(Phase::claim_received, to);
    on.want(Drain{endpoint.key, to, labels});
    on.note(Phase::granted, to);
    on.say(to, Grant{endpoint.version});
}

void Machine::State::grant_waiter(const Event& on)
{
    Endpoint& endpoint = on.endpoint;
    if (endpoint.role != Role::owner || !endpoint.held_until || !endpoint.claim || !endpoint.claim->waiter)
        return;
    const Waiter waiter = *endpoint.claim->waiter;
    endpoint.claim->waiter.reset();
    grant(on, waiter.host, waiter.labels, waiter.known);
}

/// A copy of what has been granted, and what has come of it is over: whoever sent it would know of that grant by now. One
/// that is still waited for is answered by Drained.
bool Machine::State::is_late(const Endpoint& endpoint, Host from, const Claim& claim)
{
    return std::any_of(endpoint.granted.begin(), endpoint.granted.end(), [&](const Granted& granted) {
        return granted.host == from && granted.labels == claim.labels && claim.known < granted.version &&
               !(endpoint.relaying && endpoint.relaying->version == granted.version);
    });
}

void Machine::State::handle(const Event& on, Host from, const Claim& claim)
{
    Endpoint& endpoint = on.endpoint;
    see(on, claim.known);
    if (is_late(endpoint, from, claim))
        return;
    const Version known = std::max(endpoint.version, claim.known);
    const auto wait = [&] {
        endpoint.claim->waiter = Waiter{from, claim.labels, claim.known, claim.question};
        on.say(from, Wait{});
    };
    switch (endpoint.role) {
    case Role::none:
        if (endpoint.owner && *endpoint.owner != from && endpoint.version > claim.known)
            on.say(from, Moved{endpoint.version, *endpoint.owner, claim.question});
        else
            on.say(from, NotMine{known, claim.question});
        return;
    case Role::claiming:
        // Two that ask each other: the lower address has it. One whose ring has stopped may have frames to give.
        if (endpoint.running && pending<Claim>(endpoint, from) != nullptr && config.self > from)
            return on.say(from, NotMine{known, claim.question});
        if (!endpoint.running && !endpoint.claim->waiter && !is_asking(endpoint)) {
            wait();
            return ask_again(on);
        }
        wait();
        take_if_nobody_has_it(on);
        return;
    case Role::owner:
        if (endpoint.claim && !endpoint.claim->merged)
            return wait();
        if (endpoint.held_until)
            return grant(on, from, claim.labels, claim.known);
        if (endpoint.conflict != from)
            on.note(Phase::conflict, from);
        endpoint.conflict = from;
        on.say(from, Deny{endpoint.version});
        return;
    case Role::draining:
    case Role::relay:
        if (endpoint.relaying->to != from)
            on.say(from, Moved{endpoint.relaying->version, endpoint.relaying->to, claim.question});
        else if (endpoint.relaying->labels == claim.labels)
            on.say(from, Grant{endpoint.relaying->version});
        else if (claim.known >= endpoint.relaying->version)
            on.say(from, NotMine{known, claim.question});  // it has had it, and knows what became of it
        else if (endpoint.starting)
            on.say(from, Wait{});
        else
            grant(on, from, claim.labels, claim.known);
        return;
    }
}

}  // namespace ferry::move
