#include "cli/move_text.hpp"

#include <algorithm>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace ferryd {

using ferry::move::Phase;

namespace {

/// How a phase reads, what its host has to do with it, and what its count counts; null: it has none.
struct Words {
    const char* text;
    const char* host = nullptr;
    const char* count = nullptr;
};

Words words_of(Phase phase)
{
    switch (phase) {
    case Phase::ring_stopped: return {"the VM stopped here"};
    case Phase::claim_received: return {"claimed", "by"};
    case Phase::granted: return {"granted", "to"};
    case Phase::drained: return {"dock empty", nullptr, "flushed"};
    case Phase::turn_sent: return {"sender told to turn:", ""};
    case Phase::turn_ended: return {"sender has turned:", ""};
    case Phase::never_turned: return {"sender does not turn:", ""};
    case Phase::detour_offered: return {"sender may take the VM's frames from here only:", ""};
    case Phase::closed: return {"books closed", nullptr, "relayed"};
    case Phase::hold_expired: return {"nobody claimed it: dock dropped"};
    case Phase::replayed: return {"dock given to the VM again"};
    case Phase::ring_started: return {"the VM started here"};
    case Phase::claim_sent: return {"claim sent", "to"};
    case Phase::grant_received: return {"grant received", "from"};
    case Phase::taken: return {"taken without a grant", "of"};
    case Phase::opened: return {"direct frames pass", nullptr, "flushed before"};
    case Phase::stream_passed: return {"sender's detour is over:", "", "marked"};
    case Phase::stream_timed_out: return {"sender's detour was not waited for any longer:", "", "marked"};
    case Phase::detour_begun: return {"frames go by the old host to", ""};
    case Phase::detour_ended: return {"frames go directly again to", ""};
    case Phase::settled: return {"books closed", "by", "relayed"};
    case Phase::late_grant: return {"a grant came late", "from"};
    case Phase::conflict: return {"another host has it too:", ""};
    case Phase::refused: return {"claim or turn refused of", ""};
    case Phase::turn_begun: return {"told to turn", "to"};
    case Phase::turned: return {"frames go directly", "to", "marked"};
    case Phase::turn_over: return {"turn over"};
    case Phase::turned_alone: return {"turned by itself", "to"};
    }
    return {"unknown"};
}

std::string host_text(ferry::move::Host host, const MoveStatus& move)
{
    if (host.is_zero())
        return "-";
    for (const auto& [known, name] : {std::pair(move.from, &move.from_name), std::pair(move.to, &move.to_name)})
        if (host == known && !name->empty())
            return fmt::format("{} ({})", *name, host.to_string());
    return host.to_string();
}

/// A line of the timeline, before its time is relative.
struct Line {
    std::int64_t time;
    std::string text;
};

const ferry::move::LedgerEntry* find(const MoveStatus& move, Phase phase)
{
    const auto found = std::find_if(move.phases.begin(), move.phases.end(),
                                    [&](const auto& entry) { return entry.phase == phase; });
    return found == move.phases.end() ? nullptr : &*found;
}

/// Adds what happened to frames some time after a phase.
void add_after(std::vector<Line>& lines, const MoveStatus& move, Phase phase, std::optional<double> microseconds,
               const char* text)
{
    if (const auto* entry = find(move, phase); entry != nullptr && microseconds)
        lines.push_back({entry->time + static_cast<std::int64_t>(*microseconds * 1e3), text});
}

bool has(const MoveStatus& move, Phase phase)
{
    return find(move, phase) != nullptr;
}

}  // namespace

const char* name_of(MoveStatus::Role role) noexcept
{
    switch (role) {
    case MoveStatus::Role::source: return "source";
    case MoveStatus::Role::destination: return "destination";
    case MoveStatus::Role::sender: return "sender";
    }
    return "unknown";
}

const char* state_of(const MoveStatus& move) noexcept
{
    switch (move.role) {
    case MoveStatus::Role::source:
        if (has(move, Phase::replayed))
            return "cancelled";
        if (has(move, Phase::hold_expired))
            return "expired";
        if (move.closed)
            return "moved";
        return has(move, Phase::drained) ? "relaying" : has(move, Phase::granted) ? "draining" : "held";
    case MoveStatus::Role::destination:
        if (move.closed)
            return has(move, Phase::taken) ? "taken" : "moved";
        return has(move, Phase::opened) || has(move, Phase::taken) || has(move, Phase::grant_received) ? "merging"
                                                                                                        : "claiming";
    case MoveStatus::Role::sender: break;
    }
    return move.closed || has(move, Phase::turned_alone) ? "turned" : "turning";
}

std::string time_text(std::int64_t time_ns)
{
    const std::time_t seconds = static_cast<std::time_t>(time_ns / 1'000'000'000);
    std::tm parts{};
    localtime_r(&seconds, &parts);
    return fmt::format("{:%F %T}.{:06}", parts, time_ns % 1'000'000'000 / 1'000);
}

std::string heading_of(const MoveStatus& move)
{
    return fmt::format("{} {} {} vni {}{} {} -> {} {}, since {}", move.id, name_of(move.role), move.key.mac.to_string(),
                       move.key.vni.value(), move.port.empty() ? "" : " port " + move.port, host_text(move.from, move),
                       host_text(move.to, move), state_of(move),
                       move.phases.empty() ? "-" : time_text(move.phases.front().time));
}

std::vector<std::string> timeline_of(const MoveStatus& move, std::size_t first)
{
    std::vector<Line> lines;
    for (std::size_t i = first; i < move.phases.size(); ++i) {
        const auto& entry = move.phases[i];
        const Words words = words_of(entry.phase);
        std::string text = words.text;
        if (words.host != nullptr && !entry.host.is_zero())
            text += fmt::format("{}{} {}", *words.host == '\0' ? "" : " ", words.host, host_text(entry.host, move));
        if (words.count != nullptr)
            text += fmt::format(" ({} {})", words.count, entry.count);
        lines.push_back({entry.time, std::move(text)});
    }
    if (first == 0) {
        const auto thousand = [](std::optional<double> ms) { return ms ? std::optional(*ms * 1e3) : ms; };
        add_after(lines, move, Phase::ring_stopped, move.docked_us, "first frame docked");
        add_after(lines, move, Phase::granted, move.redirect_us, "first frame sent to the new host");
        add_after(lines, move, Phase::ring_started, thousand(move.first_delivery_ms), "first frame delivered");
        add_after(lines, move, Phase::ring_started, thousand(move.network_added_ms), "first frame delivered that had waited");
        const Phase began = move.role == MoveStatus::Role::sender ? Phase::turn_begun : Phase::ring_started;
        add_after(lines, move, began, move.visible_us, "every worker sees the new row");
        std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.time < b.time; });
    }
    std::vector<std::string> texts;
    const std::int64_t start = move.phases.empty() ? 0 : move.phases.front().time;
    for (const Line& line : lines)
        texts.push_back(fmt::format("{:+13.3f} ms  {}", static_cast<double>(line.time - start) / 1e6, line.text));
    return texts;
}

std::string ledger_text(const MoveStatus& move)
{
    const MoveLedger& ledger = move.ledger;
    std::string text = "frames: ";
    if (move.role == MoveStatus::Role::sender)
        return text + fmt::format("marked {}", ledger.marked);
    text += fmt::format("received {}", ledger.received);
    const auto of_these = [&](const char* name, std::uint64_t count, const std::optional<std::uint64_t>& told) {
        if (count != 0 || told.value_or(0) != 0)
            text += fmt::format(", {} {}{}", name, count, told && *told != count ? fmt::format(" of {}", *told) : "");
    };
    of_these("flush", ledger.flush_received, ledger.flush_told);
    of_these("relay", ledger.relay_received, ledger.relay_told);
    text += fmt::format(" = delivered {}", ledger.delivered);
    const auto part = [&](const std::string& name, std::uint64_t count) {
        if (count != 0)
            text += fmt::format(" + {} {}", name, count);
    };
    part("flushed", ledger.flushed);
    part("relayed", ledger.relayed);
    part("waiting", ledger.waiting);
    for (const auto& [reason, count] : ledger.drops)
        part("dropped by " + reason, count);
    const auto beside = [&](const char* name, std::uint64_t count) {
        if (count != 0)
            text += fmt::format("; {} {}", name, count);
    };
    beside("docked", ledger.docked);
    beside("replayed", ledger.replayed);
    beside("late flush", ledger.late_flush);
    beside("out of order", ledger.out_of_order);
    return text + (!move.adds_up ? "; not closed yet" : *move.adds_up ? "; adds up" : "; DOES NOT ADD UP");
}

}  // namespace ferryd
