// What the machine that moves endpoints wants done: rows, gates, messages.
#include <utility>

#include <spdlog/spdlog.h>

#include "control/controller_impl.hpp"

namespace ferryd {

namespace move = ferry::move;
using ferry::Row;
using ferry::RowKind;
using ferry::RowOrigin;
using move::Key;

namespace {

/// A label may still be on frames under way when its move, or its detour, is over.
constexpr std::int64_t label_rest = 2'000'000'000;
/// Turns that are flipped together, for one wait for the workers.
constexpr std::size_t flips_at_a_time = 32;

}  // namespace

/// Does all that the machine wants, also what it wants because of that; messages go by `way`.
void Controller::Impl::apply(Way way)
{
    if (moves->applying)
        return;
    moves->applying = true;
    moves->way = way;
    do {
        for (std::size_t i = 0; i < moves->wanted.size(); ++i) {
            const move::Action action = moves->wanted[i];
            std::visit([this](const auto& wanted) { act(wanted); }, action);
        }
        moves->wanted.clear();
        finish_flips();
        send_what_waits();
        finish_what_waited();
    } while (!moves->wanted.empty());
    log_what_happened();
    moves->applying = false;
}

/// One wait for the workers for all that the actions left to be done behind it, after messages have gone.
void Controller::Impl::finish_what_waited()
{
    if (!moves->admit.empty()) {
        wait_for_workers();
        const std::int64_t now = nanoseconds_now();
        for (const auto& [key, time] : moves->started)
            if (MoveStatus* status = moves->book.find(key, MoveStatus::Role::destination))
                status->visible_us = static_cast<double>(now - time) / 1e3;
        moves->started.clear();
        for (const Key& key : std::exchange(moves->admit, {}))
            let_send(key);
    }
    if (!moves->relayed.empty()) {
        workers->wait_until_handed_on();  // their gates get nothing more
        for (const Key& key : std::exchange(moves->relayed, {})) {
            close_relay(key);
            command(key, {GateCommand::Kind::ring});
        }
    }
}

void Controller::Impl::command(const GateCommand& command)
{
    command.gate->worker().command(command);
}

/// Nothing where the endpoint's port has gone.
void Controller::Impl::command(const Key& key, GateCommand wanted)
{
    const auto local = moves->local.find(key);
    if (local == moves->local.end())
        return;
    wanted.gate = local->second.gate;
    command(wanted);
}

/// Changes one row for the machine, and does not wait until workers see it. A permanent row stands.
bool Controller::Impl::set_row(const Key& key, Row wanted)
{
    const Row present = row(key.vni, key.mac);
    if (!present.is_absent() && present.origin() == RowOrigin::permanent) {
        spdlog::warn("the permanent FDB row of {} ({}) stands; delete it if it is wrong", text_of(key), describe(present));
        return false;
    }
    if (present == wanted)
        return true;
    ferry::Transaction transaction(*tables);
    if (auto set = transaction.set_row(key.vni, key.mac, wanted); !set) {
        spdlog::error("the row of {} is not changed: {}", text_of(key), set.error().sentence);
        return false;
    }
    if (auto committed = transaction.commit(); !committed) {
        spdlog::error("the row of {} is not changed: {}", text_of(key), committed.error().sentence);
        return false;
    }
    ferry::reclaim(*tables);
    if (present.kind() == RowKind::turning && (wanted.kind() != RowKind::turning || wanted.turn() != present.turn()))
        end_turn(key, present.turn());
    return true;
}

/// No row names the turn any more; its place is free when no worker can still use it.
void Controller::Impl::end_turn(const Key& key, ferry::TurnId turn)
{
    moves->turns.erase(key);
    moves->unseen.push_back({tables->qsbr().start(), turn, std::nullopt, {}, {}});
}

void Controller::Impl::look_after_unseen()
{
    while (!moves->unseen.empty() && tables->qsbr().passed(moves->unseen.front().token)) {
        const Moves::Unseen seen = moves->unseen.front();
        moves->unseen.pop_front();
        if (seen.released)
            tables->turns().release(*seen.released);
        if (seen.exit != ferry::ExitId::none)
            tables->exits().release(seen.exit);
        const auto turn = seen.marking ? moves->turns.find(*seen.marking) : moves->turns.end();
        if (turn != moves->turns.end() && turn->second == seen.turn)  // and not of a turn that came behind it
            moves->machine->marking(*seen.marking, nanoseconds_now(), moves->wanted);
    }
}

void Controller::Impl::act(const move::Discard& wanted)
{
    command(wanted.key, {GateCommand::Kind::discard});
    command(wanted.key, {GateCommand::Kind::ring});
}

void Controller::Impl::act(const move::Replay& wanted)
{
    command(wanted.key, {GateCommand::Kind::ring});
    const auto local = moves->local.find(wanted.key);
    if (local != moves->local.end() && row(wanted.key.vni, wanted.key.mac).is_absent())  // an operator has deleted it
        set_row(wanted.key, Row::local(local->second.port->attachment, RowOrigin::endpoint));
    let_send(wanted.key);
}

/// The endpoint's row says that it is here.
void Controller::Impl::let_send(const Key& key)
{
    const auto local = moves->local.find(key);
    if (moves->unclaimed.erase(key) != 0 && local != moves->local.end())
        admit(*local->second.port);
}

void Controller::Impl::act(const move::BeginClaim& wanted)
{
    const auto local = moves->local.find(wanted.key);
    if (local == moves->local.end())
        return;
    std::erase_if(moves->later, [&](const Moves::Later& later) { return later.labels.relay == wanted.labels.relay; });
    close_exit(wanted.labels.relay);
    command(wanted.key, {GateCommand::Kind::claim, nullptr, wanted.returning ? 1U : 0U});
    command(wanted.key, {GateCommand::Kind::ring});
    if (const ferry::Segment* found = tables->segments().find(wanted.key.vni, tables->epoch())) {
        const ferry::FdbKey key(found->index, wanted.key.mac);
        for (const ferry::Vni label : {wanted.labels.flush, wanted.labels.relay}) {
            tables->labels().clear(label);
            if (auto set = tables->labels().set(label, key); !set)
                spdlog::error("label {} of {}: {}", label.value(), text_of(wanted.key), set.error().sentence);
        }
    }
    set_row(wanted.key, Row::gated(local->second.port->attachment, RowOrigin::endpoint));
    close_relay(wanted.key);
    moves->admit.push_back(wanted.key);
}

void Controller::Impl::act(const move::Open& wanted)
{
    if (wanted.flush_frames) {
        if (MoveStatus* status = moves->book.find(wanted.key, MoveStatus::Role::destination))
            status->ledger.flush_told = wanted.flush_frames;
        command(wanted.key, {GateCommand::Kind::expect_flush, nullptr, *wanted.flush_frames});
    } else {
        command(wanted.key, {GateCommand::Kind::open});
    }
}

void Controller::Impl::act(const move::Drain& wanted)
{
    const auto local = moves->local.find(wanted.key);
    const auto to = vtep_id(wanted.to);
    if (local == moves->local.end())
        return;
    if (!to)
        spdlog::error("{} has moved to {}, of which there is no VTEP here: its frames are lost; add it (ferryctl vtep add)",
                      text_of(wanted.key), wanted.to.to_string());
    set_row(wanted.key, Row::gated(local->second.port->attachment, RowOrigin::endpoint));
    GateCommand drain{GateCommand::Kind::drain};
    drain.to = to.value_or(ferry::VtepId::none);
    drain.flush = wanted.labels.flush;
    drain.relay = wanted.labels.relay;
    command(wanted.key, drain);
    local->second.flushing = local->second.relaying = true;
}

void Controller::Impl::act(const move::Expect& wanted)
{
    GateCommand expect{GateCommand::Kind::expect_stream, nullptr, wanted.frames};
    expect.stream = wanted.stream;
    expect.sender = vtep_id(wanted.from).value_or(ferry::VtepId::none);
    command(wanted.key, expect);
}

void Controller::Impl::act(const move::BeginTurn& wanted)
{
    const Row present = row(wanted.key.vni, wanted.key.mac);
    ferry::Turn turn;
    if (wanted.via == config.host.vtep) {
        if (const auto local = moves->local.find(wanted.key); local != moves->local.end())
            turn.gate = local->second.port->attachment;
    } else {
        turn.via = vtep_id(wanted.via).value_or(ferry::VtepId::none);
        if (present.kind() == RowKind::remote)
            turn.relay_label = present.relay_label();
    }
    turn.to = vtep_id(wanted.to).value_or(ferry::VtepId::none);
    turn.stream = wanted.stream;
    const auto begun = tables->turns().begin(turn);
    if (!begun) {
        spdlog::warn("{} goes on by way of {}: {}", text_of(wanted.key), wanted.via.to_string(), begun.error().sentence);
        return;
    }
    if (!set_row(wanted.key, Row::turning(*begun, RowOrigin::endpoint))) {
        tables->turns().release(*begun);
        return;
    }
    moves->turns[wanted.key] = *begun;
    moves->unseen.push_back({tables->qsbr().start(), std::nullopt, wanted.key, *begun, {}});
}

void Controller::Impl::act(const move::Flip& wanted)
{
    const auto turn = moves->turns.find(wanted.key);
    if (turn == moves->turns.end())
        return;
    tables->turns().flip(turn->second);
    moves->flipped.push_back(wanted.key);
    if (moves->flipped.size() >= flips_at_a_time)
        finish_flips();
}

/// One wait for the workers for several turns. The new hosts are told at once: they hold back what comes directly.
void Controller::Impl::finish_flips()
{
    if (moves->flipped.empty())
        return;
    wait_for_workers();
    const std::int64_t now = nanoseconds_now();
    move::Actions wanted;
    for (const Key& key : std::exchange(moves->flipped, {}))
        if (const auto turn = moves->turns.find(key); turn != moves->turns.end())
            moves->machine->flipped(key, tables->turns().detours(turn->second), now, wanted);
    send_what_waits();  // by the way of its own
    const Way before = std::exchange(moves->way, Way::datagram);
    for (const move::Action& action : wanted)
        std::visit([this](const auto& of) { act(of); }, action);
    send_what_waits();
    moves->way = before;
}

void Controller::Impl::act(const move::EndTurn& wanted)
{
    point_to(wanted.key, wanted.to);
}

void Controller::Impl::act(const move::PointTo& wanted)
{
    point_to(wanted.key, wanted.to);
}

/// A remote row; where this host has relayed for the endpoint it goes on doing so.
void Controller::Impl::point_to(const Key& key, move::Host to)
{
    const auto vtep = vtep_id(to);
    if (!vtep) {
        spdlog::error("{} is at {}, of which there is no VTEP here; add it (ferryctl vtep add)", text_of(key), to.to_string());
        return;
    }
    const Row present = row(key.vni, key.mac);
    ferry::Vni label;
    if (present.kind() == RowKind::remote)
        label = present.relay_label();
    else if (present.kind() == RowKind::turning)
        label = tables->turns().at(present.turn()).relay_label;
    set_row(key, label == ferry::Vni{} ? Row::remote(*vtep, RowOrigin::endpoint) : Row::relaying(*vtep, RowOrigin::endpoint));
}

void Controller::Impl::act(const move::FinishClaim& wanted)
{
    moves->book.finished(wanted.key);
    if (const auto local = moves->local.find(wanted.key); local != moves->local.end()) {
        command(wanted.key, {GateCommand::Kind::finish});
        set_row(wanted.key, Row::local(local->second.port->attachment, RowOrigin::endpoint));
    }
    free_later(wanted.labels);
}

void Controller::Impl::act(const move::DemoteLabels& wanted)
{
    tables->labels().demote(wanted.labels.flush);
    tables->labels().demote(wanted.labels.relay);
}

void Controller::Impl::act(const move::FreeLabels& wanted)
{
    free_later(wanted.labels);
}

void Controller::Impl::free_later(const move::Labels& labels)
{
    moves->later.push_back({nanoseconds_now() + label_rest, labels});
}

void Controller::Impl::act(const move::FinishRelay& wanted)
{
    const auto vtep = vtep_id(wanted.to);
    if (vtep)
        set_row(wanted.key, Row::relaying(*vtep, RowOrigin::endpoint, wanted.label.value_or(ferry::own_vni)));
    moves->relayed.push_back(wanted.key);
}

/// Tells the machine what has gone by the gate's relay since the last time.
void Controller::Impl::close_relay(const Key& key)
{
    const auto local = moves->local.find(key);
    if (local == moves->local.end() || !std::exchange(local->second.relaying, false))
        return;
    const std::uint64_t relayed = local->second.gate->counters().relayed.get();
    moves->machine->relay_closed(key, relayed - std::exchange(local->second.relayed_before, relayed),
                                 nanoseconds_now(), moves->wanted);
}

void Controller::Impl::act(const move::Withdraw& wanted)
{
    const Row present = row(wanted.key.vni, wanted.key.mac);
    if (present.is_absent() || present.origin() == RowOrigin::permanent)
        return;
    ferry::Transaction transaction(*tables);
    if (auto removed = transaction.remove_row(wanted.key.vni, wanted.key.mac); !removed)
        return;
    if (auto committed = commit(transaction, stamp_now()); !committed)
        spdlog::error("the row of {} stays: {}", text_of(wanted.key), committed.error().sentence);
    else if (present.kind() == RowKind::turning)
        end_turn(wanted.key, present.turn());
}

void Controller::Impl::act(const move::Announce& wanted)
{
    command(wanted.key, {GateCommand::Kind::announce});
}

void Controller::Impl::act(const move::Silence& wanted)
{
    const auto local = moves->local.find(wanted.key);
    if (local == moves->local.end())
        return;
    AttachedPort& port = *local->second.port;
    if (wanted.silent) {
        moves->silent.insert(wanted.key);
        spdlog::error("two VMs use the MAC {}: the one at port {} is silenced until the other host lets it go", text_of(wanted.key),
                      port.name());
    } else {
        moves->silent.erase(wanted.key);
    }
    admit(port);
}

void Controller::Impl::act(const move::KeepTerm& wanted)
{
    if (term_file == nullptr)
        return;
    if (auto kept = term_file->keep(wanted.term); !kept)
        spdlog::error("{}", kept.error().sentence);
}

}  // namespace ferryd
