// The machine's outside: finds the endpoint, lets its role take the step, brings the indexes up to date.
#include <ferry/move/machine.hpp>

#include <utility>

#include "move/machine_state.hpp"

namespace ferry::move {

Expected<std::unique_ptr<Machine>> Machine::make(const MachineConfig& config)
{
    if (config.self.is_zero())
        return fail(ErrorCode::invalid_argument, "a host that moves endpoints needs an address");
    if (config.term == 0)
        return fail(ErrorCode::invalid_argument, "terms begin at 1");
    if (config.labels < 4 || config.first_label > Vni::max || config.labels > Vni::max + 1 - config.first_label)
        return fail(ErrorCode::invalid_argument, "the labels are no range of VNIs with room for one move");
    if (config.bounds.keys == 0)
        return fail(ErrorCode::invalid_argument, "the machine needs room for one endpoint at least");
    const Times& times = config.times;
    if (times.hold <= 0 || times.arm < 0 || times.plain < 0 || times.lease <= 0 || times.retry <= 0 || times.retry_longest < times.retry ||
        times.settle <= 0 || times.detour < 0)
        return fail(ErrorCode::invalid_argument, "a move's times are positive, and the longest retry is not the shortest");
    return std::unique_ptr<Machine>(new Machine(std::make_unique<State>(config)));
}

Machine::Machine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Machine::~Machine() = default;

// Events about endpoints that are known, or else concern nobody.
template <typename Step>
void Machine::if_known(const Key& key, Time now, Actions& out, Step step)
{
    if (Endpoint* endpoint = state_->find(key)) {
        step(Event{*endpoint, now, out});
        state_->settle(*endpoint);
    }
}

// Events that make an endpoint known.
template <typename Step>
Expected<void> Machine::make_known(const Key& key, Time now, Actions& out, Step step)
{
    const auto endpoint = state_->find_or_make(key);
    if (!endpoint)
        return tl::unexpected(endpoint.error());
    step(Event{**endpoint, now, out});
    state_->settle(**endpoint);
    return {};
}

Expected<void> Machine::ring_stopped(const Key& key, Time now, Actions& out, std::optional<Time> hold)
{
    return make_known(key, now, out, [&](const Event& on) { state_->ring_stopped(on, hold.value_or(state_->config.times.hold)); });
}

Expected<void> Machine::ring_started(const Key& key, const Place& place, Time now, Actions& out)
{
    return make_known(key, now, out, [&](const Event& on) { state_->ring_started(on, place); });
}

void Machine::removed(const Key& key, Time now, Actions& out)
{
    if_known(key, now, out, [&](const Event& on) { state_->removed(on); });
}

void Machine::drained(const Key& key, std::uint64_t flush_frames, Time now, Actions& out)
{
    if_known(key, now, out, [&](const Event& on) { state_->drained(on, flush_frames); });
}

void Machine::opened(const Key& key, std::uint64_t flush_frames, Time now, Actions& out)
{
    if_known(key, now, out, [&](const Event& on) {
        if (!on.endpoint.claim || on.endpoint.claim->opened)
            return;
        on.endpoint.claim->opened = true;
        on.note(Phase::opened, {}, flush_frames);
        if (on.endpoint.role == Role::owner)
            on.want(Announce{key});
    });
}

void Machine::relayed(const Key& key, Host sender, bool is_ferry, Time now, Actions& out)
{
    if_known(key, now, out, [&](const Event& on) { state_->relayed(on, sender, is_ferry); });
}

void Machine::relay_closed(const Key& key, std::uint64_t frames, Time now, Actions& out)
{
    if_known(key, now, out, [&](const Event& on) {
        // The newest: earlier ones' books are full already.
        for (auto message = on.endpoint.unanswered.rbegin(); message != on.endpoint.unanswered.rend(); ++message) {
            if (auto* closed = std::get_if<Closed>(&message->body)) {
                closed->relayed = frames;
                on.note(Phase::closed, message->to, frames);
                return;
            }
        }
    });
}

void Machine::came_directly(const Key& key, Host sender, Time now, Actions& out)
{
    if_known(key, now, out, [&](const Event& on) { state_->came_directly(on, sender); });
}

void Machine::stream_passed(const Key& key, Stream stream, bool in_time, std::uint64_t frames, Time now, Actions& out)
{
    if_known(key, now, out, [&](const Event& on) { state_->stream_passed(on, stream, in_time, frames); });
}

void Machine::merged(const Key& key, Time now, Actions& out)
{
    if_known(key, now, out, [&](const Event& on) { state_->merged(on); });
}

void Machine::marking(const Key& key, Time now, Actions& out)
{
    if_known(key, now, out, [&](const Event& on) { state_->marking(on); });
}

void Machine::flipped(const Key& key, std::uint64_t marked, Time now, Actions& out)
{
    if_known(key, now, out, [&](const Event& on) { state_->flipped(on, marked); });
}

Expected<void> Machine::seen_elsewhere(const Key& key, Host row, Host at, Time now, Actions& out)
{
    return make_known(key, now, out, [&](const Event& on) { state_->seen_elsewhere(on, row, at); });
}

Expected<void> Machine::received(Host from, const Message& message, bool allowed, const Place& row, Time now,
                                 Actions& out)
{
    if (from == state_->config.self)
        return {};
    Endpoint* endpoint = state_->find(message.key);
    Endpoint unknown;
    unknown.key = message.key;
    const Event on{endpoint != nullptr ? *endpoint : unknown, now, out};
    if (!allowed) {
        on.note(Phase::refused, from);
        if (std::holds_alternative<Claim>(message.body))
            on.say(from, Deny{on.endpoint.version});
        return {};
    }
    const auto* turn = std::get_if<Turn>(&message.body);
    if (turn != nullptr && !state_->follows(on.endpoint, from, row)) {
        if (turn->version > on.endpoint.row_version)  // not only late
            on.note(Phase::refused, from);
        on.say(from, TurnEnded{turn->version, turn->stream});
        return {};
    }
    if (endpoint == nullptr && turn == nullptr) {
        // Answered, but not worth remembering: whoever sends names of endpoints fills no table.
        state_->received(on, from, message.body);
        return {};
    }
    return make_known(message.key, now, out, [&](const Event& known) { state_->received(known, from, message.body); });
}

void Machine::unreachable(Host to, Time now, Actions& out)
{
    std::vector<Key> keys;
    for (auto at = state_->watchers.lower_bound({to, Key{}}); at != state_->watchers.end() && at->first == to; ++at)
        keys.push_back(at->second);
    for (const Key& key : keys)
        if_known(key, now, out, [&](const Event& on) { state_->unreachable(on, to); });
}

std::size_t Machine::size() const { return state_->size(); }

std::optional<Time> Machine::deadline() const
{
    if (state_->timers.empty())
        return std::nullopt;
    return state_->timers.begin()->first;
}

void Machine::tick(Time now, Actions& out)
{
    std::vector<Key> due;
    for (const auto& [time, key] : state_->timers) {
        if (time > now)
            break;
        due.push_back(key);
    }
    for (const Key& key : due)
        if_known(key, now, out, [&](const Event& on) { state_->run_timers(on); });
}

}  // namespace ferry::move
