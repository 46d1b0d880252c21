// What happens when nothing else does.
#include <algorithm>

#include "move/machine_state.hpp"

namespace ferry::move {

std::optional<Time> Machine::State::next_timer(const Endpoint& endpoint, const Times& times)
{
    std::optional<Time> next;
    const auto at = [&](Time time) { next = std::min(next.value_or(time), time); };
    for (const Unanswered& message : endpoint.unanswered)
        at(message.due);
    if (endpoint.held_until)
        at(*endpoint.held_until);
    if (endpoint.starting)
        at(std::min(endpoint.start_at, endpoint.return_at));
    if (endpoint.claim) {
        const Claiming& claim = *endpoint.claim;
        if (claim.answered ? claim.old_host && !claim.opening : is_worth_taking(endpoint))
            at(claim.deadline);
        if (claim.ends)
            at(*claim.ends);
        if (claim.old_host && !claim.over && claim.next_probe != 0)
            at(claim.next_probe);
    }
    for (const OldLabels& old : endpoint.old_labels)
        if (!old.asked)
            at(old.due);
    if (endpoint.detours.due != 0)
        at(endpoint.detours.due);
    if (endpoint.relaying && !awaits_old_host(endpoint))
        at(endpoint.relaying->last_seen + times.lease);
    if (endpoint.turning &&
        (endpoint.turning->stage == Turning::Stage::arming || endpoint.turning->stage == Turning::Stage::settling))
        at(endpoint.turning->due);
    if (endpoint.asking)
        at(endpoint.asking->until);
    return next;
}

void Machine::State::run_timers(const Event& on)
{
    Endpoint& endpoint = on.endpoint;
    const auto due = [&](Time time) { return time <= on.now; };

    // A claim that nobody answers ends before the hold of a ring that has stopped since: it may be granted on then.
    if (endpoint.claim && due(endpoint.claim->deadline)) {
        Claiming& claim = *endpoint.claim;
        if (!claim.answered && is_worth_taking(endpoint)) {
            Host silent{};
            for (const Unanswered& message : endpoint.unanswered)
                if (std::holds_alternative<Claim>(message.body))
                    silent = message.to;
            claim.ends = on.now + config.times.lease;
            take(on, silent);
        } else if (claim.answered && claim.old_host && !claim.opening) {
            on.note(Phase::taken, *claim.old_host);
            open(on, std::nullopt);
        }
    }
    if (endpoint.claim && endpoint.claim->ends && due(*endpoint.claim->ends)) {
        endpoint.claim->ends.reset();
        endpoint.claim->over = true;
        finish_claim_when_over(on);
    }
    if (endpoint.claim && endpoint.claim->old_host && !endpoint.claim->over && endpoint.claim->next_probe != 0 &&
        due(endpoint.claim->next_probe)) {
        endpoint.claim->next_probe = 0;  // until the answer
        probe(on, *endpoint.claim->old_host, endpoint.claim->version);
    }
    if (endpoint.detours.due != 0 && due(endpoint.detours.due))
        end_late_detours(on);
    if (endpoint.held_until && due(*endpoint.held_until))
        hold_expired(on);
    std::erase_if(endpoint.old_labels, [&](OldLabels& old) {
        if (old.asked || !due(old.due))
            return false;
        if (old.old_host) {  // somebody who never turns may still come by it
            old.asked = true;
            probe(on, *old.old_host, old.version);
            return false;
        }
        free_labels(old.labels);
        on.want(FreeLabels{endpoint.key, old.labels});
        return true;
    });
    finish_claim_when_over(on);
    if (endpoint.relaying && !awaits_old_host(endpoint) && due(endpoint.relaying->last_seen + config.times.lease))
        finish_relay(on);
    if (endpoint.starting && due(endpoint.return_at)) {
        endpoint.return_at = endpoint.start_at;
        start_claim(on);
    }
    if (endpoint.starting && due(endpoint.start_at)) {
        if (endpoint.relaying)
            force_return(on);
        start_claim(on);
    }
    if (endpoint.turning && endpoint.turning->stage == Turning::Stage::arming && due(endpoint.turning->due)) {
        endpoint.turning->stage = Turning::Stage::flip;
        on.want(Flip{endpoint.key});
    } else if (endpoint.turning && endpoint.turning->stage == Turning::Stage::settling && due(endpoint.turning->due)) {
        end_turn(on);
    }
    if (endpoint.asking && due(endpoint.asking->until)) {
        if (endpoint.asking->over)
            endpoint.asking.reset();
        else
            turn_alone(on);
    }
    repeat_messages(on);
}

}  // namespace ferry::move
