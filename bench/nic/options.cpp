#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "measure/case_name.hpp"

namespace ferry::bench {
namespace {

constexpr std::uint32_t most_endpoints = 16'777'216;  // what IPv4 and MAC ranges hold
constexpr int exit_usage = 2;

const char* const footer = R"(
Ports are PCI addresses or DPDK's device arguments. Frames are sent by the first and expected at the second; with one
port, or with --dut ferry or io, they come back to the first.

Examples:
  ferry-bench --port 0000:3b:00.0 --port 0000:3b:00.1
      through whatever stands between the two, which is to encapsulate
  ferry-bench --port 0000:3b:00.0 --port 0000:3b:00.1 --dut ferry --cpus 2,3
      a cable between the two; ferry's engine is at the second
  ferry-bench --port 0000:3b:00.0 --traffic plain --tests throughput --sizes 64
      a loopback plug
  ferry-bench --port net_af_packet0,iface=eth1 --port net_af_packet1,iface=eth2 --html report.html
      interfaces that stay the kernel's

Exit codes: 0 measured, 1 not measured or interrupted, 2 wrong arguments. ferry-bench(8) tells more.)";

struct Words {
    std::vector<std::string> sizes{"64", "128", "512", "1518", "imix"}, endpoints{"1024"},
        tests{"throughput", "latency", "loss", "burst"};
    std::string segments = "1", remotes = "64", flows, max_rate;
    std::uint32_t vni = 100;
    std::string vtep = "172.16.0.1", remote = "172.16.0.2", vtep_mac, remote_mac, endpoint_mac = "02:f0:00:00:00:00",
                host_mac = "02:f1:00:00:00:00";
    double pdr_percent = 0.5, precision_percent = 0.5;
};

Expected<Tests> parse_tests(const std::vector<std::string>& names)
{
    Tests tests;
    for (const std::string& name : names) {
        bool* const flag = name == "throughput" ? &tests.throughput
                           : name == "latency"  ? &tests.latency
                           : name == "loss"     ? &tests.loss
                           : name == "burst"    ? &tests.burst
                                                : nullptr;
        if (flag == nullptr)
            return fail(ErrorCode::invalid_argument,
                        fmt::format("--tests: \"{}\" is none; there are throughput, latency, loss and burst", name));
        *flag = true;
    }
    tests.throughput = tests.throughput || tests.latency;  // which is measured at parts of it
    return tests;
}

template <typename Address>
Expected<Address> parse_address(const char* option, const std::string& text)
{
    const auto address = Address::parse(text);
    if (!address)
        return fail(ErrorCode::invalid_argument, fmt::format("{}: \"{}\" is no address", option, text));
    return *address;
}

/// Values of what was understood, and the first thing that was not.
class Taker {
public:
    template <typename T>
    T operator()(Expected<T> value)
    {
        if (!value && !fault_)
            fault_ = value.error();
        return value ? *value : T{};
    }
    Expected<void> result() const
    {
        if (fault_)
            return tl::unexpected(*fault_);
        return {};
    }

private:
    std::optional<Error> fault_;
};

Expected<void> take_plan(Options& options, const Words& words)
{
    Plan& plan = options.plan;
    const auto first_vni = Vni::make(words.vni);
    Taker take;
    plan.segments = take(parse_count(words.segments));
    plan.remotes = take(parse_count(words.remotes));
    plan.vtep = take(parse_address<Ipv4Address>("--vtep", words.vtep));
    plan.first_remote = take(parse_address<Ipv4Address>("--remote", words.remote));
    plan.first_endpoint = take(parse_address<MacAddress>("--endpoint-mac", words.endpoint_mac));
    plan.first_host = take(parse_address<MacAddress>("--host-mac", words.host_mac));
    options.vtep_mac_given = !words.vtep_mac.empty();
    options.remote_mac_given = !words.remote_mac.empty();
    if (options.vtep_mac_given)
        plan.vtep_mac = take(parse_address<MacAddress>("--vtep-mac", words.vtep_mac));
    if (options.remote_mac_given)
        plan.remote_mac = take(parse_address<MacAddress>("--remote-mac", words.remote_mac));
    if (auto done = take.result(); !done)
        return done;
    if (!first_vni || words.vni + std::uint64_t{plan.segments} > Vni::max)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("--vni: {} and {} segments are more than a VNI's 24 bits", words.vni, plan.segments));
    plan.first_vni = *first_vni;
    if (plan.first_remote.host() > UINT32_MAX - plan.remotes)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("--remote: there are no {} addresses from {} on", plan.remotes, words.remote));
    if (plan.vtep.host() - plan.first_remote.host() < plan.remotes)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("--vtep: {} is one of the {} remotes too", words.vtep, plan.remotes));
    if (options.dut == Dut::ferry && plan.traffic == Traffic::plain)
        return fail(ErrorCode::invalid_argument,
                    "--dut ferry encapsulates or decapsulates; for plain traffic there is --dut io");
    if (options.dut == Dut::io && plan.traffic != Traffic::plain)
        return fail(ErrorCode::invalid_argument,
                    "--dut io sends frames back as they are; it goes with --traffic plain");
    return {};
}

Expected<void> take_words(Options& options, const Words& words)
{
    if (options.ports.empty() || options.ports.size() > 2)
        return fail(
            ErrorCode::invalid_argument,
            "one or two --port are needed: PCI addresses, or device arguments such as net_af_packet0,iface=eth1");
    if (options.dut != Dut::none && options.ports.size() != 2)
        return fail(ErrorCode::invalid_argument,
                    "--dut ferry and io need two ports: the tester's, and the one at which ferry is");
    if (options.ports.size() == 2 && options.ports[0] == options.ports[1])
        return fail(ErrorCode::invalid_argument, "both --port name the same device; for a loopback name it once");
    if (auto done = take_plan(options, words); !done)
        return done;
    Taker take;
    for (const std::string& text : words.sizes) {
        auto size = FrameSize::parse(text);
        if (!size)
            return tl::unexpected(size.error());
        options.sizes.push_back(*size);
    }
    for (const std::string& text : words.endpoints)
        options.endpoints.push_back(take(parse_count(text)));
    if (!words.flows.empty())
        options.flows = take(parse_count(words.flows));
    if (!words.max_rate.empty())
        options.highest_rate = take(parse_count(words.max_rate));
    options.tests = take(parse_tests(words.tests));
    if (auto done = take.result(); !done)
        return done;
    for (const std::uint32_t count : options.endpoints) {
        if (count > most_endpoints)
            return fail(ErrorCode::invalid_argument,
                        fmt::format("--endpoints: {} are more than {}", count, most_endpoints));
        if (count < options.plan.segments)
            return fail(ErrorCode::invalid_argument,
                        fmt::format("--segments: {} are more than the {} endpoints", words.segments, count));
    }
    if (options.flows > most_endpoints)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("--flows: {} are more than {}", options.flows, most_endpoints));
    options.partial_loss = words.pdr_percent / 100;
    options.precision = words.precision_percent / 100;
    const std::size_t needed = options.threads + (options.dut == Dut::none ? 0 : 1);
    if (!options.cpus.empty() && options.cpus.size() != needed)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("--cpus: {} are needed, one for each thread: the tester's {}{}", needed,
                                options.threads, options.dut == Dut::none ? "" : " and the DUT's"));
    if (options.name.empty())
        options.name = options.dut == Dut::ferry ? "ferry" : options.dut == Dut::io ? "io" : "dut";
    return {};
}

}  // namespace

Expected<std::uint32_t> parse_count(const std::string& text)
{
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    std::uint64_t unit = 1;
    if (end - stop == 1 && (*stop == 'k' || *stop == 'K'))
        unit = 1'000;
    else if (end - stop == 1 && (*stop == 'm' || *stop == 'M'))
        unit = 1'000'000;
    else if (stop != end)
        unit = 0;
    if (error != std::errc{} || unit == 0 || number == 0 || number > UINT32_MAX / unit)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("\"{}\" is no number from 1 to 4294967295; 1k and 10m are", text));
    return static_cast<std::uint32_t>(number * unit);
}

std::size_t Options::largest_frame() const noexcept
{
    std::size_t largest = 0;
    for (const FrameSize& size : sizes)
        largest = std::max<std::size_t>(largest, size.largest());
    return largest - fcs_size + (plan.traffic == Traffic::plain ? 0 : outer_header_size);
}

Parsed parse_options(int argc, const char* const* argv)
{
    CLI::App app{
        "Measures NICs, and what stands between them, as RFC 2544 does: throughput, latency, loss and bursts of plain "
        "and VXLAN traffic of which every frame is checked.",
        "ferry-bench"};
    app.footer(footer);
    Options options;
    Words words;
    const std::map<std::string, Dut> duts{{"none", Dut::none}, {"ferry", Dut::ferry}, {"io", Dut::io}};
    const std::map<std::string, Traffic> traffics{
        {"encap", Traffic::encap}, {"decap", Traffic::decap}, {"plain", Traffic::plain}};
    app.add_option("--port", options.ports, "A port; once or twice")->type_name("DEVICE")->allow_extra_args(false);
    app.add_option("--dut", options.dut,
                   "What is measured: none (it is outside), ferry or io (in here, at the second port)")
        ->type_name("KIND")
        ->transform(CLI::CheckedTransformer(duts).description(""));
    app.add_option("--traffic", options.plan.traffic,
                   "encap: plain frames are sent, VXLAN is expected; decap: the reverse; plain: neither")
        ->type_name("KIND")
        ->transform(CLI::CheckedTransformer(traffics).description(""));
    app.add_option("--tests", words.tests, "Of throughput, latency, loss, burst")->delimiter(',')->type_name("LIST");
    app.add_option("--sizes", words.sizes, "Frame sizes with FCS, 64 to 9216, and imix")
        ->delimiter(',')
        ->type_name("LIST");
    app.add_option("--endpoints", words.endpoints, "Endpoints; several numbers give a run each")
        ->delimiter(',')
        ->type_name("LIST");
    app.add_option("--flows", words.flows, "Flows, that is UDP source ports and endpoints; default: one an endpoint")
        ->type_name("N");
    app.add_option("--segments", words.segments, "Segments (VNIs) that the endpoints are spread over")
        ->type_name("N")
        ->capture_default_str();
    app.add_option("--remotes", words.remotes, "VTEPs that the endpoints are spread over")
        ->type_name("N")
        ->capture_default_str();
    app.add_option("--duration", options.duration, "Seconds of a trial")
        ->check(CLI::Range(0.001, 86'400.0))
        ->type_name("S")
        ->capture_default_str();
    app.add_option("--pdr", words.pdr_percent, "Loss of the partial drop rate, percent")
        ->check(CLI::Range(0.0, 50.0))
        ->type_name("P")
        ->capture_default_str();
    app.add_option("--precision", words.precision_percent, "Of rates that are searched for, percent")
        ->check(CLI::Range(0.01, 50.0))
        ->type_name("P")
        ->capture_default_str();
    app.add_option("--max-rate", words.max_rate, "Frames a second that are not exceeded; default: the link's")
        ->type_name("N");
    app.add_option("--attempts", options.attempts, "Trials of which one must pass")
        ->check(CLI::Range(1, 100))
        ->type_name("N")
        ->capture_default_str();
    app.add_option("--settle", options.settle, "Seconds without a frame after which what is missing is lost")
        ->check(CLI::Range(0.01, 60.0))
        ->type_name("S")
        ->capture_default_str();
    app.add_option("--wait", options.wait, "Seconds to wait for links and for the first frame")
        ->check(CLI::Range(0.0, 3600.0))
        ->type_name("S")
        ->capture_default_str();
    app.add_option("--threads", options.threads, "1 thread that sends and receives, or 2")
        ->check(CLI::Range(1, 2))
        ->type_name("N")
        ->capture_default_str();
    app.add_option("--cpus", options.cpus, "A CPU for each thread: the tester's, then the DUT's")
        ->delimiter(',')
        ->type_name("LIST");
    app.add_option("--name", options.name, "Name of what is measured, in the results")->type_name("NAME");
    app.add_option("--dut-cores", options.dut_cores, "Cores that it uses, for the names of cases")
        ->check(CLI::Range(1, 1024))
        ->type_name("N")
        ->capture_default_str();
    app.add_option("--vni", words.vni, "First VNI")->type_name("N")->capture_default_str();
    app.add_option("--vxlan-port", options.plan.vxlan_port, "UDP port of VXLAN")
        ->check(CLI::Range(1, 65535))
        ->type_name("N")
        ->capture_default_str();
    app.add_option("--vtep", words.vtep, "The DUT's VTEP address")->type_name("ADDRESS")->capture_default_str();
    app.add_option("--vtep-mac", words.vtep_mac,
                   "Its MAC, to which VXLAN is sent; default: the second port's with --dut ferry, else broadcast")
        ->type_name("MAC");
    app.add_option("--remote", words.remote, "First of the VTEPs that the tester plays")
        ->type_name("ADDRESS")
        ->capture_default_str();
    app.add_option("--remote-mac", words.remote_mac, "Their MAC; default: the tester's port's")->type_name("MAC");
    app.add_option("--endpoint-mac", words.endpoint_mac, "First of the endpoints, to which frames go")
        ->type_name("MAC")
        ->capture_default_str();
    app.add_option("--host-mac", words.host_mac, "First of those that send to them")
        ->type_name("MAC")
        ->capture_default_str();
    app.add_option("--rx-queues", options.rx_queues, "Of a port: as many as a DUT that sends by several may choose")
        ->check(CLI::Range(1, 64))
        ->type_name("N")
        ->capture_default_str();
    app.add_option("--descriptors", options.descriptors, "Of each ring of a port")
        ->check(CLI::Range(32, 32'768))
        ->type_name("N")
        ->capture_default_str();
    app.add_option("--buffers", options.buffers, "Frames in memory")
        ->check(CLI::Range(4'096, 4'194'304))
        ->type_name("N")
        ->capture_default_str();
    app.add_option("--memory", options.memory_mb, "DPDK's memory; default: what the buffers need")->type_name("MIB");
    app.add_option("--json", options.json, "Write the results as JSON")->type_name("FILE");
    app.add_option("--html", options.html, "Write them as a page with plots")->type_name("FILE");
    app.set_version_flag("-V,--version", "ferry-bench " FERRY_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::ostringstream help, ignored;
        if (app.exit(error, help, ignored) == static_cast<int>(CLI::ExitCodes::Success))
            return {std::nullopt, 0, help.str()};
        return {std::nullopt, exit_usage,
                fmt::format("ferry-bench: {}; ferry-bench --help says what is\n", error.what())};
    }
    if (auto done = take_words(options, words); !done)
        return {std::nullopt, exit_usage,
                fmt::format("ferry-bench: {}; ferry-bench --help says more\n", done.error().sentence)};
    return {std::move(options), 0, {}};
}

}  // namespace ferry::bench
