#include "run/machine.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace ferry::bench {
namespace {

namespace fs = std::filesystem;

constexpr unsigned slow_wakeup = 5;  // microseconds
constexpr double busy_load = 0.3;    // processes that run on average

std::string first_line(const fs::path& path)
{
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

unsigned number_in(const fs::path& path)
{
    std::ifstream file(path);
    unsigned number = 0;
    file >> number;
    return number;
}

/// What stands behind the colon of the first line that begins so.
std::string field(const fs::path& path, const std::string& name)
{
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(':');
        if (line.rfind(name, 0) != 0 || colon == std::string::npos)
            continue;
        const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
        return begin == std::string::npos ? "" : line.substr(begin);
    }
    return {};
}

fs::path cpu_folder(const fs::path& root, unsigned cpu)
{
    return root / "sys/devices/system/cpu" / fmt::format("cpu{}", cpu);
}

std::string list(const std::vector<unsigned>& cpus)
{
    return fmt::format("{}", fmt::join(cpus, ","));
}

template <typename Is>
std::vector<unsigned> those(const std::vector<unsigned>& cpus, Is is)
{
    std::vector<unsigned> found;
    std::copy_if(cpus.begin(), cpus.end(), std::back_inserter(found), is);
    return found;
}

/// What of the kernel's command line bears on a measurement.
std::string settings_of(const std::string& command_line)
{
    std::string found;
    std::istringstream words(command_line);
    for (std::string word; words >> word;)
        for (const char* name :
             {"isolcpus=", "nohz_full=", "rcu_nocbs=", "idle=", "intel_idle.", "processor.max_cstate=", "mitigations=",
              "iommu=", "intel_iommu=", "amd_iommu=", "default_hugepagesz=", "hugepagesz=", "hugepages="})
            if (word.rfind(name, 0) == 0)
                found += (found.empty() ? "" : " ") + word;
    return found;
}

bool sleeps_deeply(const fs::path& root, unsigned cpu)
{
    std::error_code ignored;
    for (const auto& state : fs::directory_iterator(cpu_folder(root, cpu) / "cpuidle", ignored))
        if (number_in(state.path() / "latency") > slow_wakeup && number_in(state.path() / "disable") == 0)
            return true;
    return false;
}

}  // namespace

std::vector<unsigned> parse_cpu_list(const std::string& text)
{
    std::vector<unsigned> cpus;
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        unsigned first = 0, last = 0;
        char dash = 0;
        std::istringstream range(part);
        if (!(range >> first))
            continue;
        last = range >> dash >> last && dash == '-' ? last : first;
        for (unsigned cpu = first; cpu <= last && cpus.size() < 65'536; ++cpu)
            cpus.push_back(cpu);
    }
    return cpus;
}

Facts machine_facts(const fs::path& root)
{
    Facts facts;
    const auto add = [&](const char* name, std::string value) {
        if (!value.empty())
            facts.emplace_back(name, std::move(value));
    };
    add("CPU", field(root / "proc/cpuinfo", "model name"));
    add("CPUs", first_line(root / "sys/devices/system/cpu/online"));
    const std::string release = first_line(root / "proc/sys/kernel/osrelease");
    add("Kernel", release.substr(0, release.find_first_not_of("0123456789.")));
    const double kibibytes = std::strtod(field(root / "proc/meminfo", "MemTotal").c_str(), nullptr);
    add("Memory", kibibytes > 0 ? fmt::format("{:.1f} GiB", kibibytes / (1 << 20)) : "");
    const std::string maker = first_line(root / "sys/class/dmi/id/sys_vendor"),
                      product = first_line(root / "sys/class/dmi/id/product_name");
    add("Machine", maker.empty() ? product : product.empty() ? maker : maker + " " + product);
    add("Kernel's settings", settings_of(first_line(root / "proc/cmdline")));
    return facts;
}

std::vector<std::string> machine_warnings(const std::vector<unsigned>& cpus, bool pinned, unsigned threads,
                                          const fs::path& root)
{
    std::vector<std::string> all;
    const auto warn = [&](std::string sentence) { all.push_back(std::move(sentence)); };
    if (field(root / "proc/cpuinfo", "flags").find(" hypervisor") != std::string::npos)
        warn(
            "This machine is virtual: its host may take CPUs away at any moment, and clocks and caches are shared with "
            "others.");
    if (!pinned)
        warn("The threads have no CPUs of their own; name some with --cpus, on the NIC's NUMA node.");
    if (cpus.size() < threads)
        warn(fmt::format("{} busy threads share {} CPU{}; what is measured is the scheduler too.", threads, cpus.size(),
                         cpus.size() == 1 ? "" : "s"));
    const std::vector<unsigned> isolated = parse_cpu_list(first_line(root / "sys/devices/system/cpu/isolated"));
    const auto is_shared = [&](unsigned cpu) {
        return std::find(isolated.begin(), isolated.end(), cpu) == isolated.end();
    };
    if (const auto shared = those(cpus, is_shared); !shared.empty())
        warn(
            fmt::format("Other processes may run on CPU {}; keep them off with isolcpus, nohz_full and rcu_nocbs on "
                        "the kernel's command line.",
                        list(shared)));
    if (const auto deep = those(cpus, [&](unsigned cpu) { return sleeps_deeply(root, cpu); }); !deep.empty())
        warn(fmt::format(
            "CPU {} may fall into sleep (C-states) from which it needs more than {} µs; switch that off with "
            "\"cpupower idle-set -D {}\" or intel_idle.max_cstate=0 or idle=poll.",
            list(deep), slow_wakeup, slow_wakeup));
    const auto scales = [&](unsigned cpu) {
        const std::string governor = first_line(cpu_folder(root, cpu) / "cpufreq/scaling_governor");
        return !governor.empty() && governor != "performance";
    };
    if (const auto slow = those(cpus, scales); !slow.empty())
        warn(fmt::format(
            "The frequency of CPU {} changes with load; fix it with \"cpupower frequency-set -g performance\".",
            list(slow)));
    const auto has_sibling = [&](unsigned cpu) {
        return parse_cpu_list(first_line(cpu_folder(root, cpu) / "topology/thread_siblings_list")).size() > 1;
    };
    if (const auto siblings = those(cpus, has_sibling); !siblings.empty())
        warn(fmt::format("CPU {} shares its core with another one (SMT); leave that one idle, or switch SMT off with "
                         "\"echo off > /sys/devices/system/cpu/smt/control\".", list(siblings)));
    double load = 0;
    std::ifstream(root / "proc/loadavg") >> load;
    if (load > busy_load)
        warn(fmt::format("The machine was busy: {:.2f} processes ran on average in the minute before.", load));
    return all;
}

}  // namespace ferry::bench
