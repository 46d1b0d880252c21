// ferry-bench: takes the command line, starts DPDK, measures, and writes what was measured.
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fstream>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "config/config.hpp"
#include "host/eal.hpp"
#include "options.hpp"
#include "output/document.hpp"
#include "output/page.hpp"
#include "run/benchmark.hpp"
#include "run/machine.hpp"
#include "run/pinning.hpp"

namespace ferry::bench {
namespace {

constexpr int exit_measured = 0, exit_failed = 1;

std::atomic<bool> stop{false};

void stop_at(int)
{
    stop.store(true, std::memory_order_relaxed);
}

/// What buffers, rings and drivers need, and as much again as DPDK wants for itself.
std::uint32_t memory_for(const Options& options)
{
    if (options.memory_mb != 0)
        return options.memory_mb;
    const std::size_t buffer = std::max<std::size_t>(options.largest_frame(), 2048) + 512;
    return static_cast<std::uint32_t>(64 + options.buffers * buffer * 5 / 4 / (1 << 20));
}

ferryd::DpdkConfig dpdk_config(const Options& options)
{
    ferryd::DpdkConfig config;
    config.memory_mb = memory_for(options);
    config.file_prefix = fmt::format("ferry-bench-{}", getpid());
    for (const std::string& device : options.ports)
        config.pci = config.pci || is_pci_address(device);
    if (config.pci)  // no other device than those that are named is touched
        config.eal_arguments = {"-a", "0000:00:00.0"};
    config.eal_arguments.emplace_back("--no-telemetry");
    return config;
}

std::string now_text()
{
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

bool write_file(const std::string& path, const std::string& text)
{
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (!file)
        fmt::print(stderr, "ferry-bench: {} could not be written: {}\n", path, std::strerror(errno));
    return !file.fail();
}

/// A file that cannot be written is better known before the measurement than after it.
bool writable(const std::string& path)
{
    if (path.empty())
        return true;
    if (std::ofstream(path, std::ios::app))
        return true;
    fmt::print(stderr, "ferry-bench: {} cannot be written: {}\n", path, std::strerror(errno));
    return false;
}

Results begin(const Options& options)
{
    Results results;
    results.made = now_text();
    results.machine = machine_facts();
    const unsigned threads = options.threads + (options.dut == Dut::none ? 0 : 1);
    results.warnings =
        machine_warnings(options.cpus.empty() ? allowed_cpus() : options.cpus, !options.cpus.empty(), threads);
    if (!ferryd::hugepages_free(memory_for(options)))
        results.warnings.push_back(fmt::format(
            "{0} MiB of hugepages are not free: memory is in pages of 4 KiB, which costs address translations. "
            "Reserve them with \"sysctl vm.nr_hugepages={1}\".",
            memory_for(options), memory_for(options) / 2 + 1));
    if (options.duration < 60)
        results.warnings.push_back(fmt::format("Trials of {:g} s: RFC 2544 (§24) asks for 60.", options.duration));
    return results;
}

bool write_results(const Options& options, const Results& results)
{
    const Json document = to_document(options, results);
    const auto json = [&](int indent) {
        return document.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
    };
    fmt::print("{}", to_text(document));
    std::fflush(stdout);
    const bool json_written = options.json.empty() || write_file(options.json, json(2));
    const bool page_written = options.html.empty() || write_file(options.html, page_with(json(-1)));
    return json_written && page_written;
}

int run(const Options& options)
{
    if (!writable(options.json) || !writable(options.html))
        return exit_failed;
    Results results = begin(options);
    const auto eal = ferryd::Eal::start(dpdk_config(options));
    if (!eal) {
        fmt::print(stderr, "ferry-bench: {}\n", eal.error().sentence);
        return exit_failed;
    }
    Progress progress(stderr);
    const auto measured = measure(options, stop, progress, results);
    progress.finish();
    for (const std::string& warning : results.warnings)
        fmt::print(stderr, "warning: {}\n", warning);
    if (!measured)
        fmt::print(stderr, "ferry-bench: {}\n", measured.error().sentence);
    const bool written = results.cases.empty() || write_results(options, results);
    return measured && written && !results.interrupted ? exit_measured : exit_failed;
}

}  // namespace
}  // namespace ferry::bench

int main(int argc, char** argv)
{
    const auto parsed = ferry::bench::parse_options(argc, argv);
    if (!parsed.options) {
        fmt::print(parsed.exit_code == 0 ? stdout : stderr, "{}", parsed.text);
        return parsed.exit_code;
    }
    spdlog::set_default_logger(spdlog::stderr_color_mt("ferry-bench"));
    spdlog::set_pattern("%^%l%$: %v");
    spdlog::set_level(spdlog::level::warn);
    std::signal(SIGINT, ferry::bench::stop_at);
    std::signal(SIGTERM, ferry::bench::stop_at);
    return ferry::bench::run(*parsed.options);
}
