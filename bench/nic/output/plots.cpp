#include "output/plots.hpp"

#include <fmt/format.h>

#include "measure/case_name.hpp"

namespace ferry::bench {
namespace {

constexpr double percentiles[] = {0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999};

Json plot(const std::string& title, const char* kind, Json x, Json y, Json series, const std::string& note = "")
{
    Json made{
        {"title", title}, {"kind", kind}, {"x", std::move(x)}, {"y", std::move(y)}, {"series", std::move(series)}};
    if (!note.empty())
        made["note"] = note;
    return made;
}

Json axis(const char* label, const char* scale = "linear") { return {{"label", label}, {"scale", scale}}; }

std::string bytes(const FrameSize& size)
{
    return size.label() == "IMIX" ? "IMIX" : size.label() + " bytes";
}

/// True for the cases of the first number of endpoints. With plots of all of them nobody would find his way.
bool is_first(const Options& options, const CaseResult& result)
{
    return result.plan.endpoints == options.endpoints.front();
}

/// What a title has to say of the endpoints.
std::string endpoints_of(const Options& options)
{
    return options.endpoints.size() == 1 ? "" : fmt::format(", {} endpoints", short_number(options.endpoints.front()));
}

void add_throughput(Json& plots, const Options& options, const Results& results)
{
    for (const std::uint32_t endpoints : options.endpoints) {
        Json ndr = Json::array(), pdr = Json::array();
        for (const CaseResult& result : results.cases) {
            if (result.plan.endpoints != endpoints)
                continue;
            if (result.ndr)
                ndr.push_back({result.size.label(), result.ndr->trial.rate / 1e6});
            if (result.pdr)
                pdr.push_back({result.size.label(), result.pdr->trial.rate / 1e6});
        }
        if ((ndr.empty() && pdr.empty()) || (options.sizes.size() == 1 && options.endpoints.size() > 1))
            continue;
        plots.push_back(plot(
            fmt::format("Throughput by frame size, {} endpoint{}", short_number(endpoints), endpoints == 1 ? "" : "s"),
            "bar", axis("Frame size (bytes with FCS)"), axis("Mpps"),
            {{{"name", "NDR: no loss"}, {"points", ndr}},
             {{"name", fmt::format("PDR: at most {:g} % lost", options.partial_loss * 100)}, {"points", pdr}}}));
    }
}

void add_latency(Json& plots, const Options& options, const Results& results)
{
    for (const CaseResult& result : results.cases) {
        if (!is_first(options, result))
            continue;
        Json series = Json::array();
        for (const LatencyResult& one : result.latency) {
            Json points = Json::array();
            for (const double percent : percentiles)
                if (static_cast<double>(one.trial.latency.count()) * (100 - percent) >= 100)
                    points.push_back({percent, static_cast<double>(one.trial.latency.percentile(percent)) / 1000});
            series.push_back({{"name", fmt::format("{:g} % of NDR", one.percent)}, {"points", points}});
        }
        if (!series.empty())
            plots.push_back(plot(fmt::format("Latency, {}{}", bytes(result.size), endpoints_of(options)), "line",
                                 axis("Percentile of frames (%)", "percentile"), axis("Latency (µs)", "log"), series));
    }
}

void add_loss(Json& plots, const Options& options, const Results& results)
{
    Json series = Json::array();
    for (const CaseResult& result : results.cases) {
        if (!is_first(options, result))
            continue;
        Json points = Json::array();
        for (auto one = result.losses.rbegin(); one != result.losses.rend(); ++one)
            points.push_back({one->rate / 1e6, one->loss() * 100});
        if (!points.empty())
            series.push_back({{"name", bytes(result.size)}, {"points", points}});
    }
    if (!series.empty())
        plots.push_back(
            plot("Loss by load" + endpoints_of(options), "line", axis("Load (Mpps)"), axis("Loss (%)"), series));
}

void add_scale(Json& plots, const Options& options, const Results& results)
{
    if (options.endpoints.size() < 2)
        return;
    Json rates = Json::array(), costs = Json::array();
    for (const FrameSize& size : options.sizes) {
        Json rate = Json::array(), cost = Json::array();
        for (const CaseResult& result : results.cases) {
            if (result.size.label() != size.label())
                continue;
            if (result.ndr)
                rate.push_back({result.plan.endpoints, result.ndr->trial.rate / 1e6});
            if (result.cycles)
                cost.push_back({result.plan.endpoints, *result.cycles});
        }
        if (!rate.empty())
            rates.push_back({{"name", bytes(size)}, {"points", rate}});
        if (!cost.empty())
            costs.push_back({{"name", bytes(size)}, {"points", cost}});
    }
    if (!rates.empty())
        plots.push_back(plot("Throughput by table size", "line", axis("Endpoints", "log"), axis("NDR (Mpps)"), rates));
    if (!costs.empty())
        plots.push_back(plot("Cost by table size", "line", axis("Endpoints", "log"), axis("Cycles a frame"), costs,
                             "Of the DUT's thread, the median over all frames while the NDR was searched for, "
                             "receiving and sending included."));
}

}  // namespace

Json plots_json(const Options& options, const Results& results)
{
    Json plots = Json::array();
    add_throughput(plots, options, results);
    add_scale(plots, options, results);
    add_latency(plots, options, results);
    add_loss(plots, options, results);
    return plots;
}

}  // namespace ferry::bench
