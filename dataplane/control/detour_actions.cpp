// What the machine that moves endpoints wants done for plain peers whose rows do not follow an endpoint: its frames for
// them go by way of its old host.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "control/controller_impl.hpp"

namespace ferryd {

namespace move = ferry::move;
using move::Key;

/// A peer that is no VTEP here gets nothing from here anyway.
void Controller::Impl::act(const move::BeginDetour& wanted)
{
    const auto peer = vtep_id(wanted.peer), via = vtep_id(wanted.via);
    if (peer && via)
        change_detour(wanted.key, *peer, ferry::Detour{wanted.key.mac, *peer, *via, wanted.label});
}

void Controller::Impl::act(const move::EndDetour& wanted)
{
    if (const auto peer = vtep_id(wanted.peer))
        change_detour(wanted.key, *peer, std::nullopt);
}

/// The endpoint's detour to the peer; nothing: it has none.
void Controller::Impl::change_detour(const Key& key, ferry::VtepId peer, const std::optional<ferry::Detour>& detour)
{
    const auto local = moves->local.find(key);
    if (local == moves->local.end())
        return;
    const ferry::AttachmentId id = local->second.port->attachment;
    const ferry::Attachment* const attachment = tables->attachments().newest(id);
    if (attachment == nullptr)
        return;
    ferry::DetourList detours = attachment->detours;
    std::erase_if(detours, [&](const ferry::Detour& old) { return old.source == key.mac && old.peer == peer; });
    if (detour)
        detours.push_back(*detour);
    ferry::Transaction transaction(*tables);
    auto changed = transaction.set_detours(id, std::move(detours));
    if (changed)
        changed = transaction.commit().map([](const ferry::Commit&) {});
    if (!changed)
        spdlog::error("the detours of port {} are not changed: {}", local->second.port->name(),
                      changed.error().sentence);
    ferry::reclaim(*tables);
}

void Controller::Impl::act(const move::OpenExit& wanted)
{
    close_exit(wanted.label);
    std::erase_if(moves->later, [&](const Moves::Later& later) { return later.labels.relay == wanted.label; });
    const auto from = vtep_id(wanted.from), to = vtep_id(wanted.to);
    if (!from || !to)
        return;
    const auto exit = tables->exits().open({wanted.key.mac, *from, *to, wanted.under.value_or(wanted.key.vni)});
    if (!exit) {
        spdlog::warn("{} does not get what {} sends: {}", wanted.to.to_string(), wanted.key.mac.to_string(),
                     exit.error().sentence);
        return;
    }
    tables->labels().clear(wanted.label);
    if (auto set = tables->labels().set(wanted.label, *exit); !set)
        spdlog::error("label {}: {}", wanted.label.value(), set.error().sentence);
    moves->exits[wanted.label] = *exit;
}

void Controller::Impl::act(const move::CloseExit& wanted)
{
    free_later({wanted.label, wanted.label});
}

/// The label leads to no exit; its place is free when no worker can still use it.
void Controller::Impl::close_exit(ferry::Vni label)
{
    const auto open = moves->exits.find(label);
    if (open == moves->exits.end())
        return;
    tables->labels().clear(label);
    moves->unseen.push_back({tables->qsbr().start(), std::nullopt, std::nullopt, {}, open->second});
    moves->exits.erase(open);
}

/// Before the VTEP's number is given to another one.
void Controller::Impl::close_exits_of(ferry::VtepId vtep)
{
    std::vector<ferry::Vni> labels;
    for (const auto& [label, id] : moves->exits)
        if (const ferry::DetourExit& exit = tables->exits().at(id); exit.from == vtep || exit.to == vtep)
            labels.push_back(label);
    for (const ferry::Vni label : labels)
        close_exit(label);
}

}  // namespace ferryd
