// Messages: repeated until answered, handed to the role that they concern, and what it means when a host cannot be reached.
#include <algorithm>

#include "move/machine_state.hpp"

namespace ferry::move {

void Machine::State::repeat(const Event& on, Host to, Body body, Time first)
{
    Unanswered message{to, std::move(body), first, config.times.retry};
    if (first <= on.now) {
        on.say(to, message.body);
        message.due = on.now + message.pause;
    }
    on.endpoint.unanswered.push_back(std::move(message));
}

void Machine::State::repeat_messages(const Event& on)
{
    for (Unanswered& message : on.endpoint.unanswered) {
        if (message.due > on.now)
            continue;
        on.say(message.to, message.body);
        message.due = on.now + message.pause;
        message.pause = std::min(2 * message.pause, config.times.retry_longest);
    }
}

void Machine::State::received(const Event& on, Host from, const Body& body)
{
    std::visit([&](const auto& message) { handle(on, from, message); }, body);
}

void Machine::State::unreachable(const Event& on, Host host)
{
    Endpoint& endpoint = on.endpoint;
    if (endpoint.claim && !endpoint.claim->answered && answered<Claim>(endpoint, host)) {
        // It does not run, so nobody answers for what it had. Whoever else has been asked may still do.
        if (endpoint.claim->everybody)
            take_if_nobody_has_it(on);
        else
            take(on, host);
    }
    if (endpoint.claim && endpoint.claim->old_host == host)
        old_host_is_gone(on);
    old_labels_over(on, host, std::nullopt);
    if (endpoint.turning && endpoint.turning->via == host && endpoint.turning->stage <= Turning::Stage::arming) {
        // Frames sent by way of it are lost; those that go directly are not.
        const Host to = endpoint.turning->to;
        endpoint.turning.reset();
        on.note(Phase::turned_alone, host);
        on.want(PointTo{endpoint.key, to});
        begin_next_turn(on);
    }
    if (endpoint.turning && endpoint.turning->to == host && endpoint.turning->stage == Turning::Stage::settling)
        end_turn(on);
    if (endpoint.asking && !endpoint.asking->over && endpoint.asking->row == host)
        turn_alone(on);
    answered<Probe>(endpoint, host);
    if (answered<Turn>(endpoint, host) && endpoint.relaying)
        endpoint.relaying->senders.erase(host);
    answered<TurnEnded>(endpoint, host);
    answered<Closed>(endpoint, host);
    if (endpoint.starting)
        start_claim(on);
}

}  // namespace ferry::move
