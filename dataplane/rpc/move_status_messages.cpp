// Moves as operators see them.
#include <algorithm>

#include "rpc/fields.hpp"
#include "rpc/messages.hpp"

namespace ferryd {

namespace move = ferry::move;

namespace {

/// The opposite of name_of().
std::optional<move::Phase> phase_of(std::string_view name)
{
    for (int i = 0;; ++i) {
        const auto phase = static_cast<move::Phase>(i);
        const std::string_view known = move::name_of(phase);
        if (known == "unknown")
            return std::nullopt;
        if (known == name)
            return phase;
    }
}

void put(const move::Version& version, v1::MoveVersion& into)
{
    into.set_term(version.term);
    into.set_epoch(version.epoch);
    into.set_host(version.host.host());
}

move::Version version_of(const v1::MoveVersion& message)
{
    return {message.term(), message.epoch(), ferry::Ipv4Address::from_host(message.host())};
}

std::string text_of(move::Host host)
{
    return host.is_zero() ? "" : host.to_string();
}

move::Host host_of(Fields& fields, const std::string& text)
{
    return text.empty() ? move::Host{} : fields.ipv4(text);
}

v1::MoveRole to_message(MoveStatus::Role role)
{
    switch (role) {
    case MoveStatus::Role::source: return v1::MOVE_ROLE_SOURCE;
    case MoveStatus::Role::destination: return v1::MOVE_ROLE_DESTINATION;
    case MoveStatus::Role::sender: return v1::MOVE_ROLE_SENDER;
    }
    return v1::MOVE_ROLE_UNSPECIFIED;
}

void put(const MoveLedger& ledger, v1::MoveLedger& into)
{
    into.set_received(ledger.received);
    into.set_flush_received(ledger.flush_received);
    into.set_relay_received(ledger.relay_received);
    into.set_docked(ledger.docked);
    into.set_delivered(ledger.delivered);
    into.set_replayed(ledger.replayed);
    into.set_flushed(ledger.flushed);
    into.set_relayed(ledger.relayed);
    into.set_waiting(ledger.waiting);
    into.set_late_flush(ledger.late_flush);
    into.set_out_of_order(ledger.out_of_order);
    into.set_marked(ledger.marked);
    into.mutable_drops()->insert(ledger.drops.begin(), ledger.drops.end());
    if (ledger.flush_told)
        into.set_flush_told(*ledger.flush_told);
    if (ledger.relay_told)
        into.set_relay_told(*ledger.relay_told);
}

MoveLedger ledger_of(const v1::MoveLedger& message)
{
    MoveLedger ledger;
    ledger.received = message.received();
    ledger.flush_received = message.flush_received();
    ledger.relay_received = message.relay_received();
    ledger.docked = message.docked();
    ledger.delivered = message.delivered();
    ledger.replayed = message.replayed();
    ledger.flushed = message.flushed();
    ledger.relayed = message.relayed();
    ledger.waiting = message.waiting();
    ledger.late_flush = message.late_flush();
    ledger.out_of_order = message.out_of_order();
    ledger.marked = message.marked();
    ledger.drops.insert(message.drops().begin(), message.drops().end());
    if (message.has_flush_told())
        ledger.flush_told = message.flush_told();
    if (message.has_relay_told())
        ledger.relay_told = message.relay_told();
    return ledger;
}

}  // namespace

v1::Move to_message(const MoveStatus& status)
{
    v1::Move message;
    message.set_id(status.id);
    message.set_change(status.change);
    message.set_role(to_message(status.role));
    message.set_vni(status.key.vni.value());
    message.set_mac(status.key.mac.to_string());
    message.set_port(status.port);
    message.set_from(text_of(status.from));
    message.set_to(text_of(status.to));
    message.set_from_name(status.from_name);
    message.set_to_name(status.to_name);
    put(status.version, *message.mutable_version());
    for (const move::LedgerEntry& entry : status.phases) {
        v1::MovePhase& phase = *message.add_phases();
        phase.set_name(std::string(move::name_of(entry.phase)));
        phase.set_time_ns(entry.time);
        phase.set_host(text_of(entry.host));
        phase.set_count(entry.count);
        put(entry.version, *phase.mutable_version());
    }
    put(status.ledger, *message.mutable_ledger());
    message.set_closed(status.closed);
    if (status.adds_up)
        message.set_adds_up(*status.adds_up);
    if (status.docked_us)
        message.set_docked_us(*status.docked_us);
    if (status.redirect_us)
        message.set_redirect_us(*status.redirect_us);
    if (status.first_delivery_ms)
        message.set_first_delivery_ms(*status.first_delivery_ms);
    if (status.network_added_ms)
        message.set_network_added_ms(*status.network_added_ms);
    if (status.visible_us)
        message.set_visible_us(*status.visible_us);
    return message;
}

Expected<MoveStatus> from_message(const v1::Move& message)
{
    Fields fields;
    MoveStatus status;
    status.id = message.id();
    status.change = message.change();
    switch (message.role()) {
    case v1::MOVE_ROLE_DESTINATION: status.role = MoveStatus::Role::destination; break;
    case v1::MOVE_ROLE_SENDER: status.role = MoveStatus::Role::sender; break;
    default: status.role = MoveStatus::Role::source; break;
    }
    status.key = {fields.vni(message.vni()), fields.mac(message.mac())};
    status.port = message.port();
    status.from = host_of(fields, message.from());
    status.to = host_of(fields, message.to());
    status.from_name = message.from_name();
    status.to_name = message.to_name();
    status.version = version_of(message.version());
    for (const v1::MovePhase& phase : message.phases())
        if (const auto known = phase_of(phase.name()))
            status.phases.push_back({*known, version_of(phase.version()), host_of(fields, phase.host()), phase.count(),
                                     phase.time_ns()});
    status.ledger = ledger_of(message.ledger());
    status.closed = message.closed();
    const auto optional = [](bool there, auto value) { return there ? std::optional(value) : std::nullopt; };
    status.adds_up = optional(message.has_adds_up(), message.adds_up());
    status.docked_us = optional(message.has_docked_us(), message.docked_us());
    status.redirect_us = optional(message.has_redirect_us(), message.redirect_us());
    status.first_delivery_ms = optional(message.has_first_delivery_ms(), message.first_delivery_ms());
    status.network_added_ms = optional(message.has_network_added_ms(), message.network_added_ms());
    status.visible_us = optional(message.has_visible_us(), message.visible_us());
    return fields.finish(std::move(status));
}

}  // namespace ferryd
