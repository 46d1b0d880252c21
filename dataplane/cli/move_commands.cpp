// ferryctl move: what changed where endpoints are.
#include <chrono>
#include <ctime>
#include <map>
#include <thread>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "config/values.hpp"

namespace ferryd {

namespace {

std::string time_text(std::int64_t time_ns)
{
    const std::time_t seconds = static_cast<std::time_t>(time_ns / 1'000'000'000);
    std::tm parts{};
    localtime_r(&seconds, &parts);
    return fmt::format("{:%F %T}.{:06}", parts, time_ns % 1'000'000'000 / 1'000);
}

std::string line_of(const MoveEvent& event)
{
    std::string line = fmt::format("{} {} {} {} vni {} {} -> {} version {}", event.id, time_text(event.time_ns),
                                   name_of(event.cause), event.mac.to_string(), event.vni.value(), event.from, event.to,
                                   event.version);
    if (event.visible_us)
        line += fmt::format(" visible {:.1f}us", *event.visible_us);
    if (!event.peers_told.empty())
        line += " told " + joined(event.peers_told);
    if (!event.peers_failed.empty())
        line += " failed " + joined(event.peers_failed);
    if (event.first_delivery_ms)
        line += fmt::format(" first-delivery {:.3f}ms", *event.first_delivery_ms);
    if (event.network_added_ms)
        line += fmt::format(" network-added {:.3f}ms", *event.network_added_ms);
    return line;
}

/// Asks again and again, and prints each event when it is new and when more has become known of it.
class Follower {
public:
    Follower(ControlApi& api, Output& out, std::uint64_t after) : api_(api), out_(out), settled_(after), newest_(after)
    {}

    /// Returns when ferryd fails.
    ferry::Error run()
    {
        for (;;) {
            if (auto events = api_.moves(settled_); !events)
                return std::move(events.error());
            else
                for (const MoveEvent& event : *events)
                    look_at(event);
            forget_old();
            std::this_thread::sleep_for(interval);
        }
    }

private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds interval{200};
    static constexpr std::chrono::seconds may_change_for{10};
    struct Seen {
        std::string text;
        Clock::time_point first;
    };

    void look_at(const MoveEvent& event)
    {
        if (event.id > newest_ + 1 && newest_ != 0)
            out_.remark(fmt::format("ferryctl: events {} to {} were forgotten before they could be shown", newest_ + 1,
                                    event.id - 1));
        newest_ = std::max(newest_, event.id);
        const Json object = to_json(event);
        Seen& seen = seen_.try_emplace(event.id, Seen{"", Clock::now()}).first->second;
        if (std::string text = object.dump(-1, ' ', false, Json::error_handler_t::replace); text != seen.text) {
            seen.text = std::move(text);
            out_.json() ? out_.print(object) : out_.print_line(line_of(event));
        }
    }
    /// Events are asked for until they can no longer change.
    void forget_old()
    {
        while (!seen_.empty() && Clock::now() - seen_.begin()->second.first > may_change_for) {
            settled_ = seen_.begin()->first;
            seen_.erase(seen_.begin());
        }
    }

    ControlApi& api_;
    Output& out_;
    std::uint64_t settled_, newest_;
    std::map<std::uint64_t, Seen> seen_;
};

Expected<Action> prepare_show(const Arguments& arguments)
{
    std::uint64_t after = 0;
    if (arguments.has("after")) {
        const auto number = parse_number(arguments.value("after"));
        if (!number)
            return ferry::fail(ferry::ErrorCode::invalid_argument,
                               fmt::format("after is the id of an event, not {}", in_quotes(arguments.value("after"))));
        after = *number;
    }
    return [after, follow = arguments.has("follow")](ControlApi& api, Output& out) -> Expected<void> {
        if (follow)
            return tl::unexpected(Follower(api, out, after).run());
        return api.moves(after).map([&](const std::vector<MoveEvent>& events) {
            if (out.json())
                return out.print(to_json(events));
            for (const MoveEvent& event : events)
                out.print_line(line_of(event));
        });
    };
}

}  // namespace

Object move_commands()
{
    return {"move",
            "Events that changed where an endpoint is: rings that started or stopped, peers' messages, operators.",
            {
                {"show",
                 "list",
                 "[--after ID] [--follow]",
                 "Lists the last events (1,024 at most), of ids above ID; --follow goes on with those to come.",
                 "  ferryctl move show\n"
                 "  ferryctl -j move show --after 17\n"
                 "  ferryctl -j move show --follow\n",
                 {{}, {{"after"}, {"follow", Keyword::Takes::nothing}}},
                 prepare_show},
            }};
}

}  // namespace ferryd
