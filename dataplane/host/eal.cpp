#include "host/eal.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <spdlog/spdlog.h>

namespace ferryd {

using ferry::ErrorCode;

namespace {

/// "0@(0,1,3)": one EAL thread, which may run on every CPU that this process may use.
std::string floating_lcore()
{
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
        return "0";
    std::string list;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &allowed))
            list += fmt::format("{}{}", list.empty() ? "" : ",", cpu);
    }
    return fmt::format("0@({})", list);
}

std::vector<std::string> arguments_for(const DpdkConfig& config, const std::string& file_prefix, bool hugepages)
{
    std::vector<std::string> arguments{"ferryd", "--lcores", floating_lcore(), "--file-prefix", file_prefix,
                                       "-m", std::to_string(config.memory_mb)};
    if (hugepages) {
        arguments.emplace_back("--in-memory");
    } else {
        arguments.emplace_back("--no-huge");
        arguments.emplace_back("--no-shconf");
    }
    if (!config.pci) {
        arguments.emplace_back("--no-pci");
        arguments.emplace_back("--iova-mode=va");
    }
    arguments.insert(arguments.end(), config.eal_arguments.begin(), config.eal_arguments.end());
    return arguments;
}

}  // namespace

bool hugepages_free(std::uint32_t megabytes) noexcept
{
    // A private mapping reserves its pages at once, or fails: the kernel's own answer, limits of cgroups included.
    const std::size_t size = std::size_t{megabytes} << 20;
    void* probe = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    if (probe == MAP_FAILED)
        return false;
    munmap(probe, size);
    return true;
}

Eal::Eal() = default;

ferry::Expected<std::unique_ptr<Eal>> Eal::start(const DpdkConfig& config)
{
    auto eal = std::unique_ptr<Eal>(new Eal);
    const bool hugepages = config.hugepages != Hugepages::never && hugepages_free(config.memory_mb);
    if (config.hugepages == Hugepages::required && !hugepages)
        return ferry::fail(ErrorCode::unavailable,
                           fmt::format("dpdk.hugepages is \"required\", but {} MiB of hugepages are not free; reserve them "
                                       "(sysctl vm.nr_hugepages) or set \"auto\"", config.memory_mb));

    const std::string prefix = config.file_prefix.empty() ? fmt::format("ferryd-{}", getpid()) : config.file_prefix;
    auto folder = RuntimeFolder::make(RuntimeFolder::base(), prefix);
    if (!folder)
        return tl::unexpected(folder.error());
    eal->folder_ = std::move(*folder);
    auto log = EalLog::open();
    if (!log)
        return tl::unexpected(log.error());
    eal->log_ = std::move(*log);

    eal->arguments_ = arguments_for(config, prefix, hugepages);
    std::vector<char*> argv;
    for (std::string& argument : eal->arguments_)
        argv.push_back(argument.data());
    const EalComplaints complaints;
    if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0)
        return ferry::fail(ErrorCode::unavailable,
                           fmt::format("DPDK did not start: {}{}", rte_strerror(rte_errno), complaints.text()));
    eal->started_ = true;
    spdlog::debug("DPDK is up with {} MiB of {}", config.memory_mb, hugepages ? "hugepages" : "ordinary pages");
    return eal;
}

Eal::~Eal()
{
    if (started_)
        rte_eal_cleanup();
}

}  // namespace ferryd
