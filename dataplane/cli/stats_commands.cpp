// ferryctl stats: the counters.
#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include <ferry/engine/drop.hpp>

#include "cli/command.hpp"
#include "cli/json.hpp"

namespace ferryd {

namespace {

using Side = TextTable::Side;

std::string_view sentence_of(std::string_view reason)
{
    const auto found = std::find_if(ferry::drop_texts.begin(), ferry::drop_texts.end(),
                                    [&](const ferry::DropText& text) { return text.name == reason; });
    return found == ferry::drop_texts.end() ? std::string_view("(this ferryctl does not know the reason)")
                                            : found->sentence;
}

void print_drops(Output& out, const StatsStatus& stats)
{
    bool any = std::any_of(stats.ports.begin(), stats.ports.end(),
                           [](const PortStatus& p) { return p.kernel_drops != 0; });
    if (stats.drops.empty() && !any)
        return out.print_line("no frame was dropped");
    TextTable all({{"FRAMES", Side::right}, {"REASON"}, {"MEANING"}});
    for (const auto& [reason, count] : stats.drops)
        all.add({grouped(count), reason, std::string(sentence_of(reason))});
    all.print(out);

    TextTable places({{"FRAMES", Side::right}, {"REASON"}, {"WHERE"}});
    any = false;
    const auto add = [&](const DropCounts& drops, const std::string& where) {
        for (const auto& [reason, count] : drops) {
            places.add({grouped(count), reason, where});
            any = true;
        }
    };
    for (const PortStatus& port : stats.ports) {
        add(port.traffic.drops, "port " + port.name);
        if (port.host_interface)
            add(port.host_interface->traffic.drops, "to the host's interface " + port.host_interface->name);
        if (port.kernel_drops != 0)
            add({{"(kernel)", port.kernel_drops}}, "port " + port.name + ", before ferryd could take them");
    }
    for (const VtepStatus& vtep : stats.vteps)
        add(vtep.traffic.drops, vtep.address.is_zero() ? "VTEPs not in the table" : "VTEP " + vtep.address.to_string());
    if (any) {
        out.print_line("");
        places.print(out);
    }
}

void print_all(Output& out, const StatsStatus& stats)
{
    std::uint64_t drops = 0;
    for (const auto& [reason, count] : stats.drops)
        drops += count;
    TextTable totals({{"FRAMES", Side::right}, {"WHAT"}});
    const auto add = [&](std::uint64_t count, const char* what) { totals.add({grouped(count), what}); };
    add(stats.underlay_in_frames, "received from the underlay");
    add(stats.passed, "of these not for this VTEP, left to the kernel");
    add(stats.decapsulated, "decapsulated");
    add(stats.encapsulated, "encapsulated");
    add(stats.replicated, "copies made for flooding");
    add(stats.local_switched, "from one local port to another");
    add(drops, "dropped; ferryctl stats show drops says why");
    totals.print(out);
    out.print_line(fmt::format("\nlearned {}, moved {}, aged {}, refused {}, overflown {}", grouped(stats.learned),
                               grouped(stats.learned_moved), grouped(stats.aged), grouped(stats.learning_refused),
                               grouped(stats.learn_overflow)));
    const AnnouncementStatus& announced = stats.announcements;
    out.print_line(fmt::format("announcements on kernel interfaces: seen {}, started {}, refused {}, lost {}, limited {}",
                               grouped(announced.seen), grouped(announced.started), grouped(announced.refused),
                               grouped(announced.lost), grouped(announced.limited)));
    for (const WorkerStatus& worker : stats.workers)
        out.print_line(fmt::format(
            "worker {}{}: {} rounds, {:.1f} % of them idle, {} sleeps", worker.index,
            worker.cpu < 0 ? std::string() : fmt::format(" on CPU {}", worker.cpu), grouped(worker.loops),
            worker.loops == 0 ? 0.0
                              : 100.0 * static_cast<double>(worker.idle_loops) / static_cast<double>(worker.loops),
            grouped(worker.sleeps)));
}

Expected<Action> prepare_show(const Arguments& arguments)
{
    return [drops = arguments.has("drops")](ControlApi& api, Output& out) {
        return api.stats().map([&](const StatsStatus& stats) {
            if (out.json())
                return out.print(to_json(stats));
            drops ? print_drops(out, stats) : print_all(out, stats);
        });
    };
}

}  // namespace

Object stats_commands()
{
    return {"stats",
            "Counters of all frames since ferryd started.",
            {
                {"show",
                 "list",
                 "[drops]",
                 "Shows the totals, or each reason for drops with its meaning.",
                 "  ferryctl stats\n"
                 "  ferryctl stats show drops\n"
                 "  ferryctl -j -p stats\n",
                 {{}, {{"drops", Keyword::Takes::nothing}}},
                 prepare_show},
            }};
}

}  // namespace ferryd
