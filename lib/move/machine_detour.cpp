// The way back to a plain peer whose row does not follow the endpoint: it takes the endpoint's frames from the old host
// only, so that the new one sends them by way of that (reverse tunnelling, RFC 3024).
//
// The old host tells of each plain sender that goes on coming by its relay, about once a second; nothing is acknowledged. The
// new one gives that peer one more chance to learn, by an announcement. It ends the detour when the peer comes directly, when
// it has not heard of it for the lease's time, and when the old host closes its books or dies.
#include <algorithm>

#include "move/machine_state.hpp"

namespace ferry::move {
namespace {

constexpr Time seen_again = 1'000'000'000;  // gates tell of each sender once in that time

}  // namespace

// The old host ------------------------------------------------------------------------------------------------------

void Machine::State::offer_detour(const Event& on, Host sender)
{
    const Relaying& relaying = *on.endpoint.relaying;
    const Time since = std::max(relaying.senders.at(sender).since, relaying.told);
    if (relaying.told != 0 && on.now - since >= config.times.detour)
        open_exit(on, sender, sender, std::nullopt);
}

/// Lets the new host's frames for `peer` go on to `to`, and tells it so.
void Machine::State::open_exit(const Event& on, Host peer, Host to, std::optional<Vni> under)
{
    Relaying& relaying = *on.endpoint.relaying;
    if (on.endpoint.role != Role::relay || on.endpoint.starting || peer.is_zero() || peer == relaying.to || to == relaying.to)
        return;
    auto exit = relaying.exits.find(peer);
    if (exit == relaying.exits.end()) {
        const std::uint32_t most = std::min(config.bounds.detours, config.labels / 4);  // claims keep half of the labels
        const std::optional<Labels> labels = exits_ < most ? take_labels() : std::nullopt;
        if (!labels)
            return;
        ++exits_;
        keep_term(on, term_);  // the next life's labels depend on it
        exit = relaying.exits.emplace(peer, DetourExit{*labels, {}, {}}).first;
        on.note(Phase::detour_offered, peer);
    }
    const Vni label = exit->second.labels.relay;
    if (exit->second.to != to || exit->second.under != under) {
        exit->second.to = to;
        exit->second.under = under;
        on.want(OpenExit{on.endpoint.key, label, relaying.to, to, under});
    }
    on.say(relaying.to, Detour{relaying.version, peer, label});
}

void Machine::State::close_exits(const Event& on)
{
    if (!on.endpoint.relaying)
        return;
    for (const auto& [peer, exit] : on.endpoint.relaying->exits) {
        free_labels(exit.labels);
        on.want(CloseExit{on.endpoint.key, exit.labels.relay});
        --exits_;
    }
    on.endpoint.relaying->exits.clear();
}

// The new host ------------------------------------------------------------------------------------------------------

/// Only of who has granted the endpoint, in this claim or in an earlier one whose books are not closed.
void Machine::State::handle(const Event& on, Host from, const Detour& detour)
{
    Endpoint& endpoint = on.endpoint;
    const auto has_granted = [&](const Host& host, const Version& version) {
        return host == from && version == detour.version;
    };
    const bool is_old_host =
        endpoint.claim && endpoint.claim->opened &&
        ((endpoint.claim->old_host && has_granted(*endpoint.claim->old_host, endpoint.claim->version)) ||
         std::any_of(endpoint.old_labels.begin(), endpoint.old_labels.end(),
                     [&](const OldLabels& old) { return has_granted(old.old_host, old.version); }));
    const bool is_plain = detour.peer != config.self && detour.peer != from &&
                          std::find(config.peers.begin(), config.peers.end(), detour.peer) == config.peers.end();
    if (!is_old_host || !is_plain)
        return;
    if (endpoint.relaying) {
        // The endpoint has gone on: what its present host sends goes on to the old one.
        endpoint.relaying->last_seen = on.now;
        if (endpoint.relaying->told != 0)
            open_exit(on, detour.peer, from, detour.label);
        return;
    }
    if (endpoint.role != Role::owner)
        return;

    Claiming& claim = *endpoint.claim;
    auto found = claim.detours.find(detour.peer);
    if (found == claim.detours.end()) {
        if (entries_ >= config.bounds.detours)
            return;
        ++entries_;
        found = claim.detours.emplace(detour.peer, DetourEntry{}).first;
        found->second.announced = on.now;
        on.want(Announce{endpoint.key});
    }
    DetourEntry& entry = found->second;
    const bool is_another_way = entry.via != from || entry.label != detour.label;
    entry.via = from;
    entry.label = detour.label;
    entry.until = on.now + config.times.lease;
    if (claim.detours_due == 0)
        claim.detours_due = entry.until;
    // What both ways tell of once a second does not say which of them came last.
    if (entry.direct && on.now - *entry.direct < seen_again)
        return;
    if (entry.begun ? is_another_way : on.now - entry.announced >= config.times.arm)
        begin_detour(on, detour.peer, entry);
}

void Machine::State::begin_detour(const Event& on, Host peer, DetourEntry& entry)
{
    if (!entry.begun)
        on.note(Phase::detour_begun, peer);
    entry.begun = true;
    on.want(BeginDetour{on.endpoint.key, peer, entry.via, entry.label});
}

void Machine::State::end_detour(const Event& on, Host peer, DetourEntry& entry)
{
    if (!entry.begun)
        return;
    entry.begun = false;
    on.note(Phase::detour_ended, peer);
    on.want(EndDetour{on.endpoint.key, peer});
}

void Machine::State::came_directly(const Event& on, Host sender)
{
    if (!on.endpoint.claim)
        return;
    const auto found = on.endpoint.claim->detours.find(sender);
    if (found == on.endpoint.claim->detours.end())
        return;
    found->second.direct = on.now;
    end_detour(on, sender, found->second);
}

template <typename Over>
void Machine::State::end_detours_if(const Event& on, Over over)
{
    if (!on.endpoint.claim)
        return;
    Claiming& claim = *on.endpoint.claim;
    claim.detours_due = 0;
    for (auto at = claim.detours.begin(); at != claim.detours.end();) {
        if (over(at->second)) {
            end_detour(on, at->first, at->second);
            at = claim.detours.erase(at);
            --entries_;
            continue;
        }
        if (claim.detours_due == 0 || at->second.until < claim.detours_due)
            claim.detours_due = at->second.until;
        ++at;
    }
}

void Machine::State::end_detours(const Event& on)
{
    end_detours_if(on, [](const DetourEntry&) { return true; });
}

void Machine::State::end_detours_by(const Event& on, Host via)
{
    end_detours_if(on, [via](const DetourEntry& entry) { return entry.via == via; });
}

void Machine::State::end_late_detours(const Event& on)
{
    end_detours_if(on, [&](const DetourEntry& entry) { return entry.until <= on.now; });
}

}  // namespace ferry::move
