#include "run/benchmark.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "measure/case_name.hpp"
#include "measure/load_search.hpp"
#include "run/dut.hpp"
#include "run/pinning.hpp"

namespace ferry::bench {
namespace {

constexpr double smallest_part = 1e-4;                      // of the highest rate, below which no search goes
constexpr std::array<double, 3> latency_percents{10, 50, 90};
constexpr double longest_burst = 2;                         // seconds (RFC 2544 §26.4)
constexpr std::uint64_t most_burst_frames = 100'000'000;

std::string per_second(double rate)
{
    return rate >= 1e6 ? fmt::format("{:.3f} Mpps", rate / 1e6) : fmt::format("{:.1f} kpps", rate / 1e3);
}

/// Why nothing good came, from what came instead.
std::string explain(const TrialResult& trial)
{
    std::string all;
    for (std::size_t i = 1; i < verdict_count; ++i)
        if (trial.verdicts[i] != 0)
            all += fmt::format("{}{} {}", all.empty() ? "" : ", ", trial.verdicts[i], verdict_names[i]);
    return fmt::format("of {} frames sent none came back as it should; came: {}", trial.sent,
                       all.empty() ? "nothing" : all);
}

/// Measurements of one plan over open ports.
class Run {
public:
    Run(const Options& options, Tester& tester, InnerDut* dut, const std::vector<PortFacts>& ports,
        const std::atomic<bool>& stop, Progress& progress)
        : options_(options), tester_(tester), dut_(dut), ports_(ports), stop_(stop), progress_(progress)
    {
    }

    Expected<void> await_path(const FrameSize& size);
    void measure(CaseResult& result);
    /// Frames that were lost at the tester's own port, in all trials.
    std::uint64_t missed() const noexcept { return missed_; }

private:
    TrialResult trial(const FrameSize& size, const Load& load, const std::string& what);
    double highest_rate(const CaseResult& result);
    void throughput(CaseResult& result);
    std::optional<FoundRate> search(CaseResult& result, LoadSearch& loads, double goal,
                                    std::vector<TrialResult>& trials);
    void latency(CaseResult& result);
    void losses(CaseResult& result);
    void burst(CaseResult& result);

    const Options& options_;
    Tester& tester_;
    InnerDut* dut_;
    const std::vector<PortFacts>& ports_;
    const std::atomic<bool>& stop_;
    Progress& progress_;
    std::uint64_t missed_ = 0;
};

/// Sends a few frames now and then until one comes through.
Expected<void> Run::await_path(const FrameSize& size)
{
    const Clock clock;
    TrialResult last;
    do {
        last = tester_.run(size, {.rate = 1000, .seconds = 0.05});
        if (last.sequences.received > 0)
            return {};
    } while (!stop_ && static_cast<double>(clock.now()) / 1e9 < options_.wait);
    if (stop_)
        return {};
    return fail(
        ErrorCode::unavailable,
        fmt::format(
            "{}; does what is between the ports know segments {} on, the VTEPs {} on and the endpoints {} on, and take "
            "frames to {}? (--vni, --remote, --endpoint-mac, --vtep, --vtep-mac)",
            explain(last), options_.plan.first_vni.value(), options_.plan.first_remote.to_string(),
            options_.plan.first_endpoint.to_string(), options_.plan.vtep.to_string()));
}

TrialResult Run::trial(const FrameSize& size, const Load& load, const std::string& what)
{
    progress_.now(fmt::format("{} bytes: {} …", size.label(), what));
    TrialResult result = tester_.run(size, load);
    missed_ += result.missed;
    return result;
}

/// The link's, of the slower port and the larger frame; what the tester reaches where no link says.
double Run::highest_rate(const CaseResult& result)
{
    if (options_.highest_rate > 0)
        return options_.highest_rate;
    double bits = 0;
    for (const PortFacts& port : ports_)
        bits = port.bits_per_second > 0 && (bits == 0 || port.bits_per_second < bits) ? port.bits_per_second : bits;
    const double outer = options_.plan.traffic == Traffic::plain ? 0 : outer_header_size;
    if (bits > 0)
        return line_rate(bits, result.size.average() + outer);
    const TrialResult fastest =
        trial(result.size, {.rate = 0, .seconds = options_.duration}, "as fast as the port takes frames");
    return fastest.rate;
}

std::optional<FoundRate> Run::search(CaseResult& result, LoadSearch& loads, double goal,
                                     std::vector<TrialResult>& trials)
{
    while (const auto rate = loads.next(goal)) {
        TrialResult best;
        for (unsigned attempt = 0; attempt < options_.attempts; ++attempt) {
            TrialResult one = trial(result.size, {.rate = *rate, .seconds = options_.duration},
                                    fmt::format("{} with at most {:g} % lost, trial {}", per_second(*rate), goal * 100,
                                                result.searched + 1));
            ++result.searched;
            if (one.interrupted)
                return std::nullopt;
            if (attempt == 0 || one.loss() < best.loss())
                best = std::move(one);
            if (best.loss() <= goal)
                break;
        }
        loads.add({*rate, best.loss()});
        trials.push_back(std::move(best));
    }
    const auto found = loads.best(goal);
    if (!found)
        return std::nullopt;
    const auto it = std::find_if(trials.begin(), trials.end(), [&](const TrialResult& one) {
        return one.rate == found->load && one.loss() == found->loss;
    });
    return FoundRate{goal, *it};
}

void Run::throughput(CaseResult& result)
{
    LoadSearch loads({.highest = result.highest_rate, .lowest = std::max(1.0, result.highest_rate * smallest_part),
                      .precision = options_.precision});
    if (dut_ != nullptr)
        dut_->take_cycles();
    std::vector<TrialResult> trials;
    result.ndr = search(result, loads, 0, trials);
    if (dut_ != nullptr)
        result.cycles = dut_->take_cycles();
    if (!stop_)
        result.pdr = search(result, loads, options_.partial_loss, trials);
    if (!stop_)
        progress_.done(fmt::format("{} bytes: NDR {}, PDR {}", result.size.label(),
                                   result.ndr ? per_second(result.ndr->trial.rate) : "none",
                                   result.pdr ? per_second(result.pdr->trial.rate) : "none"));
}

/// RFC 2544 §26.2, at parts of the NDR; without one, of the PDR.
void Run::latency(CaseResult& result)
{
    const auto& rate = result.ndr ? result.ndr : result.pdr;
    for (const double percent : latency_percents) {
        if (!rate || stop_)
            return;
        TrialResult one =
            trial(result.size, {.rate = std::max(1.0, rate->trial.rate * percent / 100), .seconds = options_.duration},
                  fmt::format("latency at {:g} %", percent));
        if (!one.interrupted)
            result.latency.push_back({percent, std::move(one)});
    }
}

/// RFC 2544 §26.3: from the highest rate down in steps of a tenth, until two in a row lose nothing.
void Run::losses(CaseResult& result)
{
    unsigned without = 0;
    for (int tenths = 10; tenths > 0 && without < 2 && !stop_; --tenths) {
        TrialResult one = trial(result.size, {.rate = result.highest_rate * tenths / 10, .seconds = options_.duration},
                                fmt::format("loss at {} % of {}", tenths * 10, per_second(result.highest_rate)));
        if (one.interrupted)
            return;
        without = one.loss() == 0 ? without + 1 : 0;
        result.losses.push_back(std::move(one));
    }
}

void Run::burst(CaseResult& result)
{
    const double rate = std::max(result.highest_rate, 1.0);
    LoadSearch lengths(
        {.highest = std::min(std::ceil(rate * std::min(longest_burst, options_.duration)), double{most_burst_frames}),
         .lowest = 1,
         .precision = 0.01});
    BurstResult burst;
    while (const auto length = lengths.next(0)) {
        const auto frames = static_cast<std::uint64_t>(*length);
        TrialResult one = trial(result.size, {.rate = 0, .seconds = 10 * longest_burst, .frames = frames},
                                fmt::format("a burst of {} frames", frames));
        if (one.interrupted)
            return;
        lengths.add({*length, one.loss()});
        burst.trials.push_back(std::move(one));
    }
    const auto best = lengths.best(0);
    burst.frames = best ? static_cast<std::uint64_t>(best->load) : 0;
    burst.is_limit = best && lengths.measurements().back().loss == 0;
    result.burst = std::move(burst);
}

void Run::measure(CaseResult& result)
{
    result.highest_rate = highest_rate(result);
    if (options_.tests.throughput && !stop_)
        throughput(result);
    if (options_.tests.latency && !stop_)
        latency(result);
    if (options_.tests.loss && !stop_)
        losses(result);
    if (options_.tests.burst && !stop_)
        burst(result);
}

/// The pool outlives the ports whose frames it holds.
struct Pool {
    rte_mempool* pool = nullptr;
    ~Pool() { rte_mempool_free(pool); }
};

Expected<void> make_pool(const Options& options, Pool& pool)
{
    const std::size_t room =
        std::max<std::size_t>(options.largest_frame() + RTE_PKTMBUF_HEADROOM, RTE_MBUF_DEFAULT_BUF_SIZE);
    pool.pool = rte_pktmbuf_pool_create("ferry-bench", options.buffers, 256, 0, static_cast<std::uint16_t>(room),
                                        SOCKET_ID_ANY);
    if (pool.pool == nullptr)
        return fail(ErrorCode::no_memory,
                    fmt::format("no memory for {} buffers of {} bytes ({}); give more with --memory, or ask for fewer "
                                "with --buffers",
                                options.buffers, room, rte_strerror(rte_errno)));
    return {};
}

/// What about the ports would spoil a measurement.
std::vector<std::string> port_warnings(const Options& options, const std::vector<PortFacts>& ports)
{
    std::vector<std::string> all;
    for (const PortFacts& port : ports) {
        if (port.is_virtual)
            all.push_back(
                fmt::format("The port {} ({}) is virtual: its rates are memory's and the kernel's, not a NIC's.",
                            port.device, port.driver));
        if (port.most_bytes != 0 && port.most_bytes < options.largest_frame())
            all.push_back(
                fmt::format("The port {} takes frames of {} bytes at most, and there are some of {} here; they will be "
                            "lost. Raise its MTU (ip link set mtu), or ask for smaller ones with --sizes.",
                            port.device, port.most_bytes, options.largest_frame()));
    }
    return all;
}

}  // namespace

Expected<void> measure(const Options& options, const std::atomic<bool>& stop, Progress& progress, Results& results)
{
    Pool pool;
    if (auto made = make_pool(options, pool); !made)
        return made;
    ferryd::EthdevOptions port_options;
    port_options.pool = pool.pool;
    port_options.mtu =
        static_cast<std::uint16_t>(std::max<std::size_t>(options.largest_frame() - RTE_ETHER_HDR_LEN, RTE_ETHER_MTU));
    port_options.receive_queues = options.rx_queues;
    port_options.descriptors = options.descriptors;
    port_options.promiscuous = true;
    port_options.interrupts = false;
    std::vector<std::unique_ptr<ferryd::EthdevPort>> ports;
    std::vector<ferryd::EthdevPort*> pointers;
    for (const std::string& device : options.ports) {
        progress.now(fmt::format("opening {} …", device));
        auto port = open_port(device, port_options);
        if (!port)
            return tl::unexpected(port.error());
        pointers.push_back(port->get());
        ports.push_back(std::move(*port));
    }
    if (auto up = await_links(pointers, options.ports, options.wait, stop); !up)
        return up;
    for (std::size_t i = 0; i < ports.size(); ++i)
        results.ports.push_back(facts_of(*ports[i], options.ports[i]));
    for (std::string& warning : port_warnings(options, results.ports))
        results.warnings.push_back(std::move(warning));

    ferryd::EthdevPort& first = *ports.front();
    ferryd::EthdevPort& second = *ports.back();
    const bool comes_back = ports.size() == 1 || options.dut != Dut::none;
    const auto cpu = [&](std::size_t thread) {
        return options.cpus.empty() ? std::nullopt : std::optional(options.cpus[thread]);
    };
    if (!pin(cpu(0)))
        return fail(ErrorCode::invalid_argument,
                    fmt::format("--cpus: this process may not run on CPU {}", options.cpus[0]));
    for (const std::uint32_t endpoints : options.endpoints) {
        Plan plan = options.plan;
        plan.endpoints = endpoints;
        plan.flows = options.flows != 0 ? options.flows : endpoints;
        plan.remotes = std::min(plan.remotes, endpoints);
        if (!options.vtep_mac_given)
            plan.vtep_mac = options.dut == Dut::none ? broadcast_mac : second.mac();
        if (!options.remote_mac_given)
            plan.remote_mac = first.mac();
        std::unique_ptr<InnerDut> dut;
        if (options.dut != Dut::none) {
            progress.now(fmt::format("filling the tables with {} endpoints …", endpoints));
            auto made = InnerDut::make(second, pool.pool, plan, options.dut == Dut::ferry, second.mac(),
                                       cpu(options.threads), options.cpus.empty());
            if (!made)
                return tl::unexpected(made.error());
            dut = std::move(*made);
        }
        Tester::Options tester_options;
        tester_options.settle = options.settle;
        tester_options.own_thread = options.threads == 2;
        tester_options.yields = options.cpus.empty();
        tester_options.receive_cpu = options.threads == 2 ? cpu(1) : std::nullopt;
        Tester tester(first, comes_back ? first : second, ports.size() == 2 && !comes_back ? &first : nullptr,
                      pool.pool, plan, tester_options, stop);
        Run run(options, tester, dut.get(), results.ports, stop, progress);
        if (auto open = run.await_path(options.sizes.front()); !open)
            return open;
        for (const FrameSize& size : options.sizes) {
            if (stop)
                break;
            results.cases.emplace_back(size, plan);
            run.measure(results.cases.back());
        }
        if (run.missed() != 0)
            results.warnings.push_back(fmt::format(
                "The tester itself missed {} frames, which count as lost: its CPU is too slow, or had other work. "
                "Give it two with --threads 2 and --cpus, or longer rings with --descriptors.",
                run.missed()));
    }
    results.interrupted = stop;
    return {};
}

}  // namespace ferry::bench
