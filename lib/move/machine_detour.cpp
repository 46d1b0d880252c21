// The way back to a plain peer whose row does not follow the endpoint: it takes the endpoint's frames from the old host
// only, so that the new one sends them by way of that (reverse tunnelling, RFC 3024).
//
// The old host tells of each plain sender that goes on coming by it, about once a second; nothing is acknowledged. The new
// one gives that peer one more chance to learn, by an announcement. It ends the detour when the peer comes directly, when
// it has not heard of it for long, and when the old host closes its books or dies. Where nobody has come for the lease's
// time, so that the books are closed, the old host's row still relays: then it can begin again, and ends by silence only.
#include <algorithm>

#include "move/machine_state.hpp"

namespace ferry::move {
namespace {

constexpr Time silence = 3 * seen_again;         // where a peer's direct frames are not seen: not heard of for so long
constexpr std::uint32_t known_for_each = 4;      // senders that are watched, for each detour that there may be

/// When to look whether something is over.
void look_at(Detours& detours, Time time)
{
    if (detours.due == 0 || time < detours.due)
        detours.due = time;
}

}  // namespace

// The old host ------------------------------------------------------------------------------------------------------

/// A plain sender has come by the relay, or by a row that relays.
void Machine::State::offer_detour(const Event& on, Host sender)
{
    const auto& given = on.endpoint.detours.to;
    if (!given || given->told == 0)
        return;
    DetourExit* const exit = exit_of(on, sender);
    if (exit != nullptr && on.now - std::max(exit->first, given->told) >= config.times.detour)
        open_exit(on, sender, *exit, sender, std::nullopt);
}

/// An older host speaks of a peer that comes by it, and so by this one: what the present host sends goes back that way.
void Machine::State::pass_detour_on(const Event& on, Host from, const Detour& detour)
{
    const auto& given = on.endpoint.detours.to;
    if (on.endpoint.relaying)
        on.endpoint.relaying->last_seen = on.now;
    if (!given || given->told == 0 || given->host == from)
        return;
    if (DetourExit* const exit = exit_of(on, detour.peer))
        open_exit(on, detour.peer, *exit, from, detour.label);
}

/// What is known of a peer that has come now; null where it cannot be led by way of here.
DetourExit* Machine::State::exit_of(const Event& on, Host peer)
{
    Detours& detours = on.endpoint.detours;
    const bool is_past = on.endpoint.role == Role::relay || on.endpoint.role == Role::none;
    if (!is_past || on.endpoint.starting || peer.is_zero() || peer == detours.to->host)
        return nullptr;
    auto found = detours.exits.find(peer);
    if (found == detours.exits.end()) {
        if (exits_ / known_for_each >= config.bounds.detours)
            return nullptr;
        ++exits_;
        found = detours.exits.emplace(peer, DetourExit{}).first;
        found->second.first = on.now;
    }
    found->second.last = on.now;
    look_at(detours, on.now + config.times.lease);
    return &found->second;
}

/// Lets the new host's frames for `peer` go on to `to`, and tells it so.
void Machine::State::open_exit(const Event& on, Host peer, DetourExit& exit, Host to, std::optional<Vni> under)
{
    const Detours::Grant& given = *on.endpoint.detours.to;
    if (!exit.labels) {
        // Claims keep half of the labels.
        if (open_exits_ < std::min(config.bounds.detours, config.labels / 4))
            exit.labels = take_labels();
        if (!exit.labels)
            return;
        ++open_exits_;
        keep_term(on, term_);  // the next life's labels depend on it
        on.note(Phase::detour_offered, peer);
    }
    const Vni label = exit.labels->relay;
    if (exit.to != to || exit.under != under) {
        exit.to = to;
        exit.under = under;
        on.want(OpenExit{on.endpoint.key, label, given.host, to, under});
    }
    on.say(given.host, Detour{given.version, peer, label});
}

void Machine::State::close_exit(const Event& on, const DetourExit& exit)
{
    --exits_;
    if (!exit.labels)
        return;
    free_labels(*exit.labels);
    on.want(CloseExit{on.endpoint.key, exit.labels->relay});
    --open_exits_;
}

void Machine::State::close_exits(const Event& on)
{
    for (const auto& [peer, exit] : on.endpoint.detours.exits)
        close_exit(on, exit);
    on.endpoint.detours.exits.clear();
}

// The new host ------------------------------------------------------------------------------------------------------

/// Only of who has granted the endpoint, in the last claim or in an earlier one whose books are not closed.
void Machine::State::handle(const Event& on, Host from, const Detour& detour)
{
    Endpoint& endpoint = on.endpoint;
    Detours& detours = endpoint.detours;
    const bool is_old_host =
        (detours.from && detours.from->host == from && detours.from->version == detour.version) ||
        std::any_of(endpoint.old_labels.begin(), endpoint.old_labels.end(), [&](const OldLabels& old) {
            return old.old_host == from && old.version == detour.version;
        });
    const bool is_plain = detour.peer != config.self && detour.peer != from &&
                          std::find(config.peers.begin(), config.peers.end(), detour.peer) == config.peers.end();
    if (!is_old_host || !is_plain)
        return;
    if (endpoint.role != Role::owner)
        return pass_detour_on(on, from, detour);
    if (endpoint.claim && !endpoint.claim->opened)
        return;

    auto found = detours.entries.find(detour.peer);
    if (found == detours.entries.end()) {
        if (entries_ >= config.bounds.detours)
            return;
        ++entries_;
        found = detours.entries.emplace(detour.peer, DetourEntry{}).first;
        found->second.announced = on.now;
        on.want(Announce{endpoint.key});
    }
    DetourEntry& entry = found->second;
    const bool is_another_way = entry.via != from || entry.label != detour.label;
    entry.via = from;
    entry.label = detour.label;
    entry.until = on.now + (endpoint.claim ? config.times.lease : silence);
    look_at(detours, entry.until);
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

/// Where it has begun.
void Machine::State::end_detour(const Event& on, Host peer, const DetourEntry& entry)
{
    if (!entry.begun)
        return;
    on.note(Phase::detour_ended, peer);
    on.want(EndDetour{on.endpoint.key, peer});
}

void Machine::State::came_directly(const Event& on, Host sender)
{
    const auto found = on.endpoint.detours.entries.find(sender);
    if (found == on.endpoint.detours.entries.end())
        return;
    found->second.direct = on.now;
    end_detour(on, sender, found->second);
    found->second.begun = false;
}

template <typename Over>
void Machine::State::end_detours_if(const Event& on, Over over)
{
    std::erase_if(on.endpoint.detours.entries, [&](const auto& entry) {
        if (!over(entry.second))
            return false;
        end_detour(on, entry.first, entry.second);
        --entries_;
        return true;
    });
}

void Machine::State::end_detours(const Event& on)
{
    end_detours_if(on, [](const DetourEntry&) { return true; });
}

void Machine::State::end_detours_by(const Event& on, Host via)
{
    end_detours_if(on, [via](const DetourEntry& entry) { return entry.via == via; });
}

/// The timer of both hosts.
void Machine::State::end_late_detours(const Event& on)
{
    Detours& detours = on.endpoint.detours;
    const Time lease = config.times.lease;
    end_detours_if(on, [&](const DetourEntry& entry) { return entry.until <= on.now; });
    std::erase_if(detours.exits, [&](const auto& exit) {
        const bool is_over = exit.second.last + lease <= on.now;
        if (is_over)
            close_exit(on, exit.second);
        return is_over;
    });
    detours.due = 0;
    for (const auto& [peer, entry] : detours.entries)
        look_at(detours, entry.until);
    for (const auto& [peer, exit] : detours.exits)
        look_at(detours, exit.last + lease);
}

}  // namespace ferry::move
