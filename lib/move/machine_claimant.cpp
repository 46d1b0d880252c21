// The new host's part: the ring has started here, so that the endpoint is asked for, taken over, opened and merged.
#include <algorithm>

#include "move/machine_state.hpp"

namespace ferry::move {
namespace {

constexpr std::size_t most_old_labels = 16;

}  // namespace

void Machine::State::ring_started(const Event& on, const Place& place)
{
    Endpoint& endpoint = on.endpoint;
    if (endpoint.running)
        return;
    endpoint.running = true;
    on.note(Phase::ring_started);
    if (endpoint.held_until) {
        endpoint.held_until.reset();
        on.note(Phase::replayed);
        on.want(Replay{endpoint.key});
        if (endpoint.role == Role::claiming)
            ask_again(on);
        return;
    }
    endpoint.starting = place;
    endpoint.start_at = on.now + config.times.hold / 2;
    const Time strays_until = endpoint.relaying ? endpoint.relaying->strays_until : 0;
    endpoint.return_at = strays_until > on.now ? strays_until : endpoint.start_at;
    start_claim(on);
}

/// Where this host is the one that relays, what it has begun ends first: docked frames are on their way to the new host,
/// and so are frames that its VMs sent here before it claimed, and a sender's turn leads there. So does this host's own turn, whose direct frames the present owner may still hold back.
void Machine::State::start_claim(const Event& on)
{
    Endpoint& endpoint = on.endpoint;
    if (!endpoint.starting || (endpoint.relaying && !can_return(endpoint, on.now)))
        return;
    const auto& turning = endpoint.turning;
    if (turning && turning->via != config.self && turning->stage >= Turning::Stage::flip && on.now < endpoint.start_at)
        return;
    const std::optional<Labels> labels = take_labels();
    if (!labels) {
        endpoint.start_at = on.now + config.times.retry;
        return;
    }
    Place place = *endpoint.starting;
    endpoint.starting.reset();
    if (endpoint.relaying) {
        place = {Place::Kind::ferry, endpoint.relaying->to};
        end_relay(on);
    }
    drop_turn(on);
    endpoint.asking.reset();
    answered<Ask>(endpoint);
    end_detours(on);
    close_exits(on);
    endpoint.detours = {};
    if (endpoint.claim) {
        const Claiming& before = *endpoint.claim;
        end_probe(endpoint, before.version);
        endpoint.old_labels.push_back({before.labels, before.version, before.old_host, on.now + config.times.lease});
        if (endpoint.old_labels.size() > most_old_labels) {
            const Labels oldest = endpoint.old_labels.front().labels;
            end_probe(endpoint, endpoint.old_labels.front().version);
            endpoint.old_labels.erase(endpoint.old_labels.begin());
            free_labels(oldest);
            on.want(FreeLabels{endpoint.key, oldest});
        }
    }
    keep_term(on, term_);  // the next life's labels depend on it
    endpoint.claim.emplace();
    endpoint.claim->labels = *labels;
    endpoint.claim->known = endpoint.version;
    endpoint.claim->deadline = on.now + config.times.hold;
    endpoint.role = Role::claiming;
    endpoint.owner.reset();
    endpoint.conflict.reset();
    on.want(BeginClaim{endpoint.key, *labels, endpoint.relayed_before});
    for (const OldLabels& old : endpoint.old_labels)
        on.want(DemoteLabels{endpoint.key, old.labels});
    endpoint.relayed_before = false;

    if (place.kind == Place::Kind::plain)
        return take(on, {});  // it cannot be asked
    if (place.kind == Place::Kind::ferry && place.host != config.self)
        return ask(on, place.host);
    ask_everybody(on);
    take_if_nobody_has_it(on);
}

void Machine::State::ask(const Event& on, Host host)
{
    Claiming& claim = *on.endpoint.claim;
    claim.asked.insert(host);
    answered<Claim>(on.endpoint, host);
    on.note(Phase::claim_sent, host);
    if (++question_ == 0)
        ++question_;
    repeat(on, host, Claim{claim.known, claim.labels, question_});
}

void Machine::State::ask_everybody(const Event& on)
{
    on.endpoint.claim->everybody = true;
    for (Host peer : config.peers)
        if (peer != config.self && !on.endpoint.claim->asked.contains(peer))
            ask(on, peer);
}

/// Who did not have it while the ring was stopped may have had it since, and given it away.
void Machine::State::ask_again(const Event& on)
{
    Claiming& claim = *on.endpoint.claim;
    claim.asked_before.merge(claim.asked);
    claim.asked.clear();
    claim.everybody = false;
    claim.hops = 0;
    claim.deadline = on.now + config.times.hold;
    if (claim.waiter)
        claim.asked.insert(claim.waiter->host);  // it would not ask if it had it
    std::vector<Host> waited_for;
    for (const Unanswered& message : on.endpoint.unanswered)
        if (std::holds_alternative<Claim>(message.body))
            waited_for.push_back(message.to);
    for (Host host : waited_for)
        ask(on, host);
    take_if_nobody_has_it(on);
}

void Machine::State::take_if_nobody_has_it(const Event& on)
{
    const Claiming& claim = *on.endpoint.claim;
    if (claim.answered || is_asking(on.endpoint))
        return;
    if (!claim.everybody)
        ask_everybody(on);
    if (!is_asking(on.endpoint) && is_worth_taking(on.endpoint))
        take(on, {});
}

/// Somebody has not answered its claim.
bool Machine::State::is_asking(const Endpoint& endpoint)
{
    return std::any_of(endpoint.unanswered.begin(), endpoint.unanswered.end(),
                       [](const Unanswered& message) { return std::holds_alternative<Claim>(message.body); });
}

/// Where the ring has stopped since, the VM is elsewhere or nowhere: only one who waits to be granted what may be here is
/// a reason to take it.
bool Machine::State::is_worth_taking(const Endpoint& endpoint)
{
    return endpoint.running || endpoint.claim->waiter;
}

/// `who_should_have`: granted it, where somebody should.
void Machine::State::take(const Event& on, Host who_should_have)
{
    Endpoint& endpoint = on.endpoint;
    answered<Claim>(endpoint);
    endpoint.claim->answered = true;
    endpoint.claim->over = !endpoint.claim->ends;
    endpoint.version = next_version(on, endpoint.claim->known);
    endpoint.row_version = endpoint.version;
    endpoint.owner = config.self;
    endpoint.role = Role::owner;
    endpoint.granted.clear();  // who has not heard of its grant may still ask
    on.note(Phase::taken, who_should_have);
    be_silent(on, false);
    open(on, std::nullopt);
}

void Machine::State::accept_grant(const Event& on, Host from, const Version& version)
{
    Endpoint& endpoint = on.endpoint;
    Claiming& claim = *endpoint.claim;
    answered<Claim>(endpoint);
    claim.answered = true;
    claim.old_host = from;
    claim.version = version;
    endpoint.detours.from = {from, version, 0};
    claim.deadline = on.now + config.times.hold;
    claim.next_probe = on.now + config.times.hold / 4;
    // A higher one that others have heard of is of an owner that this one comes after.
    endpoint.version = version > endpoint.version ? version : next_version(on, version);
    endpoint.row_version = endpoint.version;
    endpoint.owner = config.self;
    endpoint.role = Role::owner;
    on.note(Phase::grant_received, from);
    be_silent(on, false);
}

void Machine::State::open(const Event& on, std::optional<std::uint64_t> flush_frames)
{
    if (on.endpoint.claim->opening)
        return;
    on.endpoint.claim->opening = true;
    on.want(Open{on.endpoint.key, flush_frames});
}

void Machine::State::merged(const Event& on)
{
    if (!on.endpoint.claim || !on.endpoint.claim->opened)
        return;
    on.endpoint.claim->merged = true;
    grant_waiter(on);
    finish_claim_when_over(on);
}

/// Not while something may come under earlier claims' labels, which the gate has to keep in order.
void Machine::State::finish_claim_when_over(const Event& on)
{
    Endpoint& endpoint = on.endpoint;
    if (!endpoint.claim || !endpoint.claim->merged || !endpoint.claim->over || !endpoint.old_labels.empty())
        return;
    const Labels labels = endpoint.claim->labels;
    end_detours(on);
    end_probe(endpoint, endpoint.claim->version);
    endpoint.claim.reset();
    free_labels(labels);
    if (endpoint.relaying)
        endpoint.relaying->last_seen = std::max(endpoint.relaying->last_seen, on.now - config.times.lease);
    if (endpoint.role == Role::owner)
        on.want(FinishClaim{endpoint.key, labels});
    else
        on.want(FreeLabels{endpoint.key, labels});
}

void Machine::State::give_up_claim(const Event& on)
{
    Endpoint& endpoint = on.endpoint;
    be_silent(on, false);
    end_detours(on);
    if (!endpoint.claim)
        return;
    answered<Claim>(endpoint);
    free_labels(endpoint.claim->labels);
    on.want(FreeLabels{endpoint.key, endpoint.claim->labels});
    end_probe(endpoint, endpoint.claim->version);
    endpoint.claim.reset();
}

/// It has died, or has forgotten. What it had docked and not sent is lost.
void Machine::State::old_host_is_gone(const Event& on)
{
    Claiming& claim = *on.endpoint.claim;
    claim.over = true;
    end_probe(on.endpoint, claim.version);
    if (!claim.opening) {
        on.note(Phase::taken, *claim.old_host);
        open(on, std::nullopt);
    }
    finish_claim_when_over(on);
}

void Machine::State::old_labels_over(const Event& on, Host old_host, std::optional<Version> version)
{
    std::erase_if(on.endpoint.old_labels, [&](const OldLabels& old) {
        if (old.old_host != old_host || (version && old.version != *version))
            return false;
        end_detours_by(on, old_host);
        free_labels(old.labels);
        end_probe(on.endpoint, old.version);
        on.want(FreeLabels{on.endpoint.key, old.labels});
        return true;
    });
    finish_claim_when_over(on);
}

void Machine::State::probe(const Event& on, Host old_host, const Version& version)
{
    end_probe(on.endpoint, version);
    repeat(on, old_host, Probe{version});
}

/// Nobody wants to know any more whether an old host relays as of `version`.
void Machine::State::end_probe(Endpoint& endpoint, const Version& version)
{
    std::erase_if(endpoint.unanswered, [&](const Unanswered& message) {
        const Probe* probe = std::get_if<Probe>(&message.body);
        return probe != nullptr && probe->version == version;
    });
}

void Machine::State::be_silent(const Event& on, bool silent)
{
    if (on.endpoint.silent == silent)
        return;
    on.endpoint.silent = silent;
    on.want(Silence{on.endpoint.key, silent});
}

}  // namespace ferry::move
