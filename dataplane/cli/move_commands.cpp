// ferryctl moves: every move with its timeline and its ledger. hold and release: for attachments without rings.
#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "cli/move_text.hpp"
#include "config/values.hpp"

namespace ferryd {

namespace {

/// Which moves are wanted.
struct Filter {
    std::uint64_t after = 0;
    std::optional<ferry::MacAddress> mac;

    bool takes(const MoveStatus& move) const { return !mac || move.key.mac == *mac; }
};

void print_text(Output& out, const MoveStatus& move)
{
    out.print_line(heading_of(move));
    for (const std::string& line : timeline_of(move))
        out.print_line(line);
    out.print_line("  " + ledger_text(move));
}

/// Asks again and again, and prints what has become known since.
class Follower {
public:
    Follower(ControlApi& api, Output& out, const Filter& filter) : api_(api), out_(out), filter_(filter) {}

    /// Returns when ferryd fails.
    ferry::Error run()
    {
        for (;;) {
            auto moves = api_.move_statuses(filter_.after);
            if (!moves)
                return std::move(moves.error());
            for (const MoveStatus& move : *moves) {
                filter_.after = std::max(filter_.after, move.change);
                if (filter_.takes(move))
                    out_.json() ? out_.print(to_json(move)) : print(move);
            }
            std::this_thread::sleep_for(interval);
        }
    }

private:
    static constexpr std::chrono::milliseconds interval{200};

    /// A move that is new as a whole; of others what is new.
    void print(const MoveStatus& move)
    {
        const auto [known, fresh] = phases_shown_.try_emplace(move.id, 0);
        if (fresh) {
            print_text(out_, move);
        } else {
            out_.print_line(heading_of(move));
            for (const std::string& line : timeline_of(move, known->second))
                out_.print_line(line);
            if (move.closed)
                out_.print_line("  " + ledger_text(move));
        }
        known->second = move.phases.size();
        if (move.closed)
            phases_shown_.erase(known);
        if (phases_shown_.size() > most_remembered)
            phases_shown_.erase(phases_shown_.begin());
    }

    static constexpr std::size_t most_remembered = 4'096;
    ControlApi& api_;
    Output& out_;
    Filter filter_;
    std::map<std::uint64_t, std::size_t> phases_shown_;  ///< by the move's id
};

Expected<Action> prepare_show(const Arguments& arguments)
{
    Filter filter;
    if (arguments.has("after")) {
        const auto number = parse_number(arguments.value("after"));
        if (!number)
            return ferry::fail(
                ferry::ErrorCode::invalid_argument,
                fmt::format("after is the number of a change, not {}", in_quotes(arguments.value("after"))));
        filter.after = *number;
    }
    if (arguments.has("mac")) {
        const auto mac = parse_unicast_mac(arguments.value("mac"));
        if (!mac)
            return tl::unexpected(mac.error());
        filter.mac = *mac;
    }
    return [filter, follow = arguments.has("follow")](ControlApi& api, Output& out) -> Expected<void> {
        if (follow)
            return tl::unexpected(Follower(api, out, filter).run());
        return api.move_statuses(filter.after).map([&](std::vector<MoveStatus> moves) {
            std::erase_if(moves, [&](const MoveStatus& move) { return !filter.takes(move); });
            if (out.json())
                return out.print(to_json(moves));
            for (const MoveStatus& move : moves)
                print_text(out, move);
        });
    };
}

template <Expected<void> (ControlApi::*method)(const std::string&)>
Expected<Action> prepare_port(const Arguments& arguments)
{
    const auto name = parse_port_name(arguments.positional(0));
    if (!name)
        return tl::unexpected(name.error());
    return [name = *name](ControlApi& api, Output& out) -> Expected<void> {
        if (auto done = (api.*method)(name); !done || !out.json())
            return done;
        return api.ports().map([&](const std::vector<PortStatus>& ports) {
            print_result(out, ports, [&](const PortStatus& status) { return status.name == name; });
        });
    };
}

}  // namespace

Object move_commands()
{
    return {"moves",
            "Moves of endpoints that this host has taken part in: what happened when, and what became of the frames.",
            {
                {"show",
                 "list",
                 "[--follow] [mac MAC] [--after CHANGE]",
                 "Lists the last moves (1,024 at most); --follow goes on with what becomes known.",
                 "  ferryctl moves\n"
                 "  ferryctl moves show mac 52:54:00:00:00:01\n"
                 "  ferryctl -j moves show --follow\n",
                 {{}, {{"after"}, {"mac"}, {"follow", Keyword::Takes::nothing}}},
                 prepare_show},
            }};
}

Object hold_commands()
{
    return {"hold",
            "Docks the frames for a port's endpoints, as if its VM had stopped.",
            {
                {"",
                 nullptr,
                 "PORT",
                 "Docks the frames for a port's endpoints, as if its VM had stopped; for ports without rings.",
                 "  ferryctl hold tap0\n",
                 {{"PORT"}, {}},
                 prepare_port<&ControlApi::hold_port>},
            }};
}

Object release_commands()
{
    return {"release",
            "Ends a hold, or begins a claim, as if the port's VM had started.",
            {
                {"",
                 nullptr,
                 "PORT",
                 "Ends a hold, or begins a claim, as if the port's VM had started.",
                 "  ferryctl release tap0\n",
                 {{"PORT"}, {}},
                 prepare_port<&ControlApi::release_port>},
            }};
}

}  // namespace ferryd
