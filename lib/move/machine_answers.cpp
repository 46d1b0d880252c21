// The new host's part: what others answer to its claim, and what the old host and the senders tell it then.
// A grant of an earlier claim is told by its version, which a claim's are above; other answers by their question.
#include <algorithm>

#include "move/machine_state.hpp"

namespace ferry::move {
namespace {

constexpr unsigned most_hops = 64;  // a claim is sent on, by hosts that the endpoint has left

bool was_asked(const Claiming& claim, Host host)
{
    return claim.asked.contains(host) || claim.asked_before.contains(host);
}

}  // namespace

void Machine::State::handle(const Event& on, Host from, const Grant& grant)
{
    Endpoint& endpoint = on.endpoint;
    see(on, grant.version);
    if (!endpoint.claim || !was_asked(*endpoint.claim, from) || grant.version <= endpoint.claim->known)
        return;
    Claiming& claim = *endpoint.claim;
    if (!claim.answered)
        return accept_grant(on, from, grant.version);
    if (!claim.ends || endpoint.role != Role::owner)
        return;
    // It was silent for too long, and has been taken for dead. Its frames are welcome all the same.
    claim.ends.reset();
    claim.old_host = from;
    claim.version = grant.version;
    endpoint.detours.from = {from, grant.version, 0};
    claim.next_probe = on.now + config.times.lease;
    endpoint.version = std::max(endpoint.version, grant.version);
    on.note(Phase::late_grant, from);
}

void Machine::State::handle(const Event& on, Host from, const Moved& moved)
{
    Endpoint& endpoint = on.endpoint;
    see(on, moved.version);
    const Claim* const asked = pending<Claim>(endpoint, from);
    if (!endpoint.claim || endpoint.claim->answered || asked == nullptr || asked->question != moved.question)
        return;
    Claiming& claim = *endpoint.claim;
    answered<Claim>(endpoint, from);
    claim.deadline = on.now + config.times.hold;
    const bool is_news = moved.version > claim.known || !claim.asked.contains(moved.to);
    if (moved.to != config.self && is_news && claim.hops < most_hops) {
        ++claim.hops;
        claim.known = std::max(claim.known, moved.version);
        endpoint.version = std::max(endpoint.version, moved.version);
        ask(on, moved.to);
    }
    take_if_nobody_has_it(on);
}

void Machine::State::handle(const Event& on, Host from, const NotMine& not_mine)
{
    Endpoint& endpoint = on.endpoint;
    see(on, not_mine.known);
    if (endpoint.asking && !endpoint.asking->over && endpoint.asking->row == from && not_mine.question == 0)
        return turn_alone(on);
    const Claim* const asked = pending<Claim>(endpoint, from);
    if (!endpoint.claim || endpoint.claim->answered || asked == nullptr || asked->question != not_mine.question)
        return;
    answered<Claim>(endpoint, from);
    endpoint.version = std::max(endpoint.version, not_mine.known);
    take_if_nobody_has_it(on);
}

void Machine::State::handle(const Event& on, Host from, const Wait&)
{
    Endpoint& endpoint = on.endpoint;
    if (endpoint.asking && endpoint.asking->row == from)
        endpoint.asking->until = on.now + config.times.hold;
    if (!endpoint.claim || endpoint.claim->answered)
        return;
    Claiming& claim = *endpoint.claim;
    for (Unanswered& message : endpoint.unanswered)
        if (message.to == from && std::holds_alternative<Claim>(message.body)) {
            claim.deadline = on.now + config.times.hold;
            message.pause = config.times.retry;
        }
    if (claim.waiter && claim.waiter->host == from && endpoint.running) {
        // Two that wait for each other: this one, whose ring has nothing to give, gives way.
        on.say(from, NotMine{std::max(endpoint.version, claim.waiter->known), claim.waiter->question});
        claim.waiter.reset();
    }
}

void Machine::State::handle(const Event& on, Host from, const Deny& deny)
{
    Endpoint& endpoint = on.endpoint;
    see(on, deny.version);
    if (endpoint.asking && endpoint.asking->row == from && !endpoint.asking->over) {
        answered<Ask>(endpoint, from);
        endpoint.asking->over = true;
        endpoint.asking->until = on.now + config.times.hold;
        on.note(Phase::conflict, endpoint.asking->at);
        return;
    }
    if (!endpoint.claim || endpoint.claim->answered || pending<Claim>(endpoint, from) == nullptr)
        return;
    endpoint.claim->denied = true;
    if (endpoint.claim->waiter && endpoint.claim->waiter->host == from)
        endpoint.claim->waiter.reset();  // it waits no more
    endpoint.claim->deadline = on.now + config.times.hold;
    if (endpoint.conflict != from)
        on.note(Phase::conflict, from);
    endpoint.conflict = from;
    be_silent(on, true);
}

void Machine::State::handle(const Event& on, Host from, const Drained& drained)
{
    handle(on, from, Grant{drained.version});  // which this one may have overtaken
    const auto& claim = on.endpoint.claim;
    if (claim && claim->answered && claim->old_host == from && claim->version == drained.version)
        open(on, drained.frames);
    on.say(from, DrainedAck{drained.version});
}

void Machine::State::handle(const Event& on, Host from, const Turned& turned)
{
    Endpoint& endpoint = on.endpoint;
    auto& claim = endpoint.claim;
    see(on, turned.version);
    const bool of_this_claim =
        claim && (claim->answered ? claim->version == turned.version : turned.version > claim->known);
    if (!of_this_claim) {
        // By way of an earlier claim's old host there is no barrier here. Marked direct frames wait T_merge, and their
        // sender stops marking by itself.
        for (const OldLabels& old : endpoint.old_labels)
            if (old.version == turned.version)
                return;
        // Nobody waits for that sender's marked frames any more.
        on.say(from, Settled{turned.version, turned.stream});
        return;
    }
    const auto [stream, is_new] = claim->streams.try_emplace({from, turned.stream}, ClaimStream{turned.version, false});
    if (is_new)
        on.want(Expect{on.endpoint.key, from, turned.stream, turned.frames});
    else if (stream->second.passed)
        on.say(from, Settled{turned.version, turned.stream});
}

void Machine::State::stream_passed(const Event& on, Stream stream, bool in_time, std::uint64_t frames)
{
    if (!on.endpoint.claim)
        return;
    for (auto& [who, state] : on.endpoint.claim->streams) {
        if (who.second != stream || state.passed)
            continue;
        state.passed = true;
        on.note(in_time ? Phase::stream_passed : Phase::stream_timed_out, who.first, frames);
        on.say(who.first, Settled{state.version, stream});
    }
}

void Machine::State::handle(const Event& on, Host from, const Closed& closed)
{
    on.say(from, ClosedAck{closed.version});
    old_labels_over(on, from, closed.version);
    auto& claim = on.endpoint.claim;
    if (!claim || !claim->answered || claim->over || claim->old_host != from || claim->version != closed.version)
        return;
    on.note(Phase::settled, from, closed.relayed);
    claim->over = true;
    finish_claim_when_over(on);
}

void Machine::State::handle(const Event& on, Host from, const Probed& probed)
{
    Endpoint& endpoint = on.endpoint;
    auto& claim = endpoint.claim;
    const bool is_of_claim = claim && claim->answered && !claim->over && claim->old_host == from &&
                             claim->version == probed.version;
    if (!probed.relays) {
        old_labels_over(on, from, probed.version);
        if (is_of_claim)
            old_host_is_gone(on);
        return;
    }
    if (is_of_claim) {
        end_probe(endpoint, probed.version);
        claim->deadline = on.now + config.times.hold;
        claim->next_probe = on.now + (claim->opening ? config.times.lease : config.times.hold / 4);
    }
    for (OldLabels& old : endpoint.old_labels)
        if (old.old_host == from && old.version == probed.version) {
            end_probe(endpoint, probed.version);
            old.asked = false;
            old.due = on.now + config.times.lease;
        }
}

}  // namespace ferry::move
