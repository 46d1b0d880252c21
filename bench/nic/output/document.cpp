#include "output/document.hpp"

#include <fmt/format.h>

#include "measure/case_name.hpp"
#include "output/plots.hpp"

namespace ferry::bench {
namespace {

constexpr double latency_percentiles[] = {50, 90, 99, 99.9, 99.99};

double microseconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; }

Json or_null(const std::optional<FoundRate>& found)
{
    return found ? Json(found->trial.rate) : Json();
}

std::string name_of(const Options& options, const CaseResult& result, const char* test)
{
    return case_name(result.plan, result.size, options.dut_cores, test);
}

Json trial_json(const TrialResult& trial)
{
    Json json{{"rate", trial.rate},
              {"seconds", trial.seconds},
              {"intended", trial.intended},
              {"sent", trial.sent},
              {"received", trial.sequences.received},
              {"lost", trial.lost()},
              {"unsent", trial.unsent()},
              {"loss", trial.loss()},
              {"repeated", trial.sequences.repeated},
              {"reordered", trial.sequences.reordered},
              {"stale", trial.sequences.stale},
              {"late", trial.late},
              {"missed", trial.missed}};
    for (std::size_t i = 1; i < verdict_count; ++i)
        json[std::string(verdict_names[i])] = trial.verdicts[i];
    if (trial.latency.count() != 0) {
        Json& latency = json["latency_ns"];
        latency["min"] = trial.latency.min();
        for (const double percent : latency_percentiles)
            latency[fmt::format("p{:g}", percent)] = trial.latency.percentile(percent);
        latency["max"] = trial.latency.max();
    }
    return json;
}

Json throughput_table(const Options& options, const Results& results)
{
    Json rows = Json::array();
    for (const CaseResult& result : results.cases) {
        if (result.searched == 0)
            continue;
        const auto& ndr = result.ndr;
        const double bits = ndr ? static_cast<double>(ndr->trial.sent_bytes) /
                                      static_cast<double>(std::max<std::uint64_t>(ndr->trial.sent, 1)) * 8
                                : 0;
        rows.push_back({name_of(options, result, "ndrpdr"), or_null(ndr),
                        ndr ? Json(ndr->trial.rate * bits / 1e9) : Json(), or_null(result.pdr),
                        result.pdr ? Json(result.pdr->trial.loss() * 100) : Json(), result.searched,
                        ndr ? Json(ndr->trial.sequences.reordered) : Json(),
                        ndr ? Json(ndr->trial.faults() - ndr->trial.sequences.reordered) : Json(),
                        result.cycles ? Json(*result.cycles) : Json()});
    }
    return {
        {"title", "Throughput"},
        {"columns",
         {"Case", "NDR (frames/s)", "NDR (Gbit/s)", "PDR (frames/s)", "Loss at PDR (%)", "Trials", "Reordered at NDR",
          "Faulty at NDR", "DUT (cycles/frame)"}},
        {"rows", rows},
        {"note", fmt::format("RFC 2544 §26.1: the highest rates at which nothing (NDR) and at most {:g} % (PDR) of "
                             "what was to be sent did not come, found "
                             "to {:g} % by trials of {:g} s. A frame that the port did not take counts as lost. Gbit/s "
                             "of the frames that were sent, with FCS, "
                             "without preamble and gap. Faulty: repeated, changed, or in the wrong VXLAN. Cycles: the "
                             "median over the frames, of the DUT inside, with what its port costs.",
                             options.partial_loss * 100, options.precision * 100, options.duration)}};
}

Json latency_table(const Options& options, const Results& results)
{
    Json rows = Json::array();
    for (const CaseResult& result : results.cases) {
        for (const LatencyResult& one : result.latency) {
            const Histogram& times = one.trial.latency;
            rows.push_back({name_of(options, result, "latency"), one.percent, one.trial.rate, microseconds(times.min()),
                            microseconds(times.percentile(50)), microseconds(times.percentile(99)),
                            microseconds(times.percentile(99.9)), microseconds(times.max()), one.trial.loss() * 100});
        }
    }
    return {{"title", "Latency"},
            {"columns",
             {"Case", "% of NDR", "Rate (frames/s)", "min (µs)", "p50 (µs)", "p99 (µs)", "p99.9 (µs)", "max (µs)",
              "Loss (%)"}},
            {"rows", rows},
            {"note",
             "RFC 2544 §26.2, of every frame: from before the sender gives a burst to its port until the receiver has "
             "it. Both ports' drivers and rings are in it. Where there is no NDR the percentages are of the PDR."}};
}

Json loss_table(const Options& options, const Results& results)
{
    Json rows = Json::array();
    for (const CaseResult& result : results.cases)
        for (const TrialResult& one : result.losses)
            rows.push_back({name_of(options, result, "lossrate"), one.rate, one.rate / result.highest_rate * 100,
                            one.received_rate(), one.loss() * 100, one.lost(), one.unsent(), one.sequences.reordered,
                            one.sequences.repeated});
    return {{"title", "Frame loss"},
            {"columns",
             {"Case", "Rate (frames/s)", "% of highest", "Came (frames/s)", "Loss (%)", "Lost", "Not taken by the port",
              "Reordered", "Repeated"}},
            {"rows", rows},
            {"note",
             "RFC 2544 §26.3. The highest rate is the link's, or what the tester sends where the port is virtual."}};
}

Json burst_table(const Options& options, const Results& results)
{
    Json rows = Json::array();
    for (const CaseResult& result : results.cases)
        if (result.burst)
            rows.push_back({name_of(options, result, "backtoback"), result.burst->frames, result.burst->is_limit,
                            result.burst->trials.size()});
    return {{"title", "Back-to-back frames"},
            {"columns", {"Case", "Frames", "No longer burst was tried", "Trials"}},
            {"rows", rows},
            {"note", "RFC 2544 §26.4: the longest burst, as fast as the port takes it, of which nothing was lost."}};
}

Json machine_json(const Options& options, const Results& results)
{
    Json machine = Json::object();
    for (const auto& [name, value] : results.machine)
        machine[name] = value;
    for (std::size_t i = 0; i < results.ports.size(); ++i) {
        const PortFacts& port = results.ports[i];
        machine[fmt::format("Port {}", i + 1)] =
            fmt::format("{} ({}{})", port.device, port.driver,
                        port.bits_per_second > 0 ? fmt::format(", {:g} Gbit/s", port.bits_per_second / 1e9) : "");
    }
    const char* const traffics[] = {"encap", "decap", "plain"};
    machine["Measured"] = options.name;
    machine["Traffic"] = traffics[static_cast<std::size_t>(options.plan.traffic)];
    machine["Tester's threads"] = options.threads;
    machine["CPUs used"] =
        options.cpus.empty() ? "the kernel's choice" : fmt::format("{}", fmt::join(options.cpus, ","));
    machine["Segments, remotes"] = fmt::format("{}, {}", options.plan.segments, options.plan.remotes);
    return machine;
}

Json cases_json(const Options& options, const Results& results)
{
    Json cases = Json::array();
    const auto add = [&](const CaseResult& result, const char* test, const char* unit, double value,
                         Json more = Json::object()) {
        Json entry{{"case", name_of(options, result, test)}, {"unit", unit}, {options.name, value}};
        entry.update(more);
        cases.push_back(std::move(entry));
    };
    for (const CaseResult& result : results.cases) {
        if (result.ndr)
            add(result, "ndr", "frames/s", result.ndr->trial.rate);
        if (result.pdr)
            add(result, "pdr", "frames/s", result.pdr->trial.rate);
        if (result.cycles)
            add(result, "cycles", "cycles/frame", *result.cycles);
        for (const LatencyResult& one : result.latency)
            add(result, fmt::format("latency{:g}pct", one.percent).c_str(), "µs (p99)",
                microseconds(one.trial.latency.percentile(99)));
        if (result.burst)
            add(result, "backtoback", "frames", static_cast<double>(result.burst->frames));
    }
    return cases;
}

Json results_json(const Options& options, const Results& results)
{
    Json all = Json::array();
    for (const CaseResult& result : results.cases) {
        Json one{{"case", name_of(options, result, "ndrpdr")},
                 {"size", result.size.label()},
                 {"endpoints", result.plan.endpoints},
                 {"highest_rate", result.highest_rate}};
        one["ndr"] = result.ndr ? trial_json(result.ndr->trial) : Json();
        one["pdr"] = result.pdr ? trial_json(result.pdr->trial) : Json();
        for (const LatencyResult& latency : result.latency)
            one["latency"].push_back(trial_json(latency.trial));
        for (const TrialResult& loss : result.losses)
            one["losses"].push_back(trial_json(loss));
        if (result.burst) {
            one["burst"] = {{"frames", result.burst->frames}, {"is_limit", result.burst->is_limit}};
            for (const TrialResult& trial : result.burst->trials)
                one["burst"]["trials"].push_back(trial_json(trial));
        }
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace

Json to_document(const Options& options, const Results& results)
{
    Json document{{"title", fmt::format("{} measured by ferry-bench", options.name)},
                  {"program", "ferry-bench " FERRY_VERSION},
                  {"made", results.made}};
    document["machine"] = machine_json(options, results);
    document["warnings"] = results.warnings;
    if (results.interrupted)
        document["warnings"].push_back("The measurement was interrupted: what is here is not all.");
    document["tables"] = Json::array();
    for (Json table : {throughput_table(options, results), latency_table(options, results),
                       loss_table(options, results), burst_table(options, results)})
        if (!table["rows"].empty())
            document["tables"].push_back(std::move(table));
    document["plots"] = plots_json(options, results);
    document["cases"] = cases_json(options, results);
    document["results"] = results_json(options, results);
    return document;
}

}  // namespace ferry::bench
