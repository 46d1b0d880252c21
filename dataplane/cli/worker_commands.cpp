// ferryctl workers: what polls which queues, and the threads that run them.
#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "config/values.hpp"

namespace ferryd {

namespace {

using Side = TextTable::Side;

std::string idle_share(const WorkerStatus& worker)
{
    if (worker.loops == 0)
        return "-";
    return fmt::format("{:.1f} %", 100.0 * static_cast<double>(worker.idle_loops) / static_cast<double>(worker.loops));
}

std::string ports_of(const WorkerStatus& worker, const std::vector<PortStatus>& ports)
{
    std::vector<std::string> names;
    for (const PortStatus& port : ports)
        if (!port.underlay && port.worker == worker.index)
            names.push_back(port.name);
    return joined(names);
}

std::string queues_of(const WorkerStatus& worker)
{
    std::vector<std::string> queues;
    for (const std::uint32_t queue : worker.underlay_queues)
        queues.push_back(std::to_string(queue));
    return joined(queues);
}

void print_table(Output& out, const StatsStatus& stats)
{
    TextTable table({{"WORKER", Side::right},
                     {"THREAD", Side::right},
                     {"CPU", Side::right},
                     {"IDLE ROUNDS", Side::right},
                     {"SLEEPS", Side::right},
                     {"UNDERLAY QUEUES"},
                     {"PORTS"}});
    for (const WorkerStatus& worker : stats.workers)
        table.add({std::to_string(worker.index), std::to_string(worker.thread),
                   worker.cpu < 0 ? "any" : std::to_string(worker.cpu), idle_share(worker), grouped(worker.sleeps),
                   queues_of(worker), ports_of(worker, stats.ports)});
    table.print(out);
}

Expected<Action> prepare_show(const Arguments&)
{
    return [](ControlApi& api, Output& out) {
        return api.stats().map([&](const StatsStatus& stats) {
            out.json() ? out.print(to_json(stats.workers)) : print_table(out, stats);
        });
    };
}

Expected<Action> prepare_threads(const Arguments& arguments)
{
    const auto count = parse_number(arguments.positional(0));
    if (!count || *count < 1 || *count > ferry::TableLimits{}.workers)
        return ferry::fail(ferry::ErrorCode::invalid_argument,
                           fmt::format("the number of threads is 1 to {}, not {}", ferry::TableLimits{}.workers,
                                       in_quotes(arguments.positional(0))));
    return [threads = static_cast<std::uint32_t>(*count)](ControlApi& api, Output& out) -> Expected<void> {
        if (auto done = api.set_worker_threads(threads); !done || !out.json())
            return done;
        return api.stats().map([&](const StatsStatus& stats) { out.print(to_json(stats.workers)); });
    };
}

}  // namespace

Object worker_commands()
{
    return {"workers",
            "Workers, which poll queues and forward what comes, and the threads that run them.",
            {
                {"show",
                 "list",
                 "",
                 "Lists the workers with their threads, queues and ports.",
                 "  ferryctl workers\n"
                 "  ferryctl -j workers show\n",
                 {},
                 prepare_show},
                {"threads",
                 nullptr,
                 "N",
                 "Changes how many threads run the workers; no frame is lost meanwhile.",
                 "  ferryctl workers threads 2\n",
                 {{"N"}, {}},
                 prepare_threads},
            }};
}

}  // namespace ferryd
