// What would spoil a measurement is read from /proc and /sys, and told.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <tuple>

#include <unistd.h>

#include "run/machine.hpp"
#include "run/test_port.hpp"

using namespace ferry::bench;
namespace fs = std::filesystem;

namespace {

/// A folder with files in it as a kernel would have them.
class Root {
public:
    Root() : path_(fs::temp_directory_path() / ("ferry-bench-" + std::to_string(getpid()))) {}
    ~Root() { fs::remove_all(path_); }
    Root(const Root&) = delete;
    Root& operator=(const Root&) = delete;

    void write(const std::string& name, const std::string& text)
    {
        fs::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name) << text << '\n';
    }
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

const std::string cpu2 = "sys/devices/system/cpu/cpu2/";

/// A machine that has nothing to complain of.
void make_good(Root& root)
{
    root.write("proc/cpuinfo", "model name\t: A CPU\nflags\t\t: fpu tsc");
    root.write("proc/loadavg", "0.01 0.02 0.03 1/100 4242");
    root.write("sys/devices/system/cpu/isolated", "2-3");
    root.write(cpu2 + "cpuidle/state0/latency", "0");
    root.write(cpu2 + "cpuidle/state1/latency", "133");
    root.write(cpu2 + "cpuidle/state1/disable", "1");
    root.write(cpu2 + "cpufreq/scaling_governor", "performance");
    root.write(cpu2 + "topology/thread_siblings_list", "2");
}

bool has(const std::vector<std::string>& warnings, const char* text)
{
    return std::any_of(warnings.begin(), warnings.end(),
                       [&](const std::string& one) { return one.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("a machine made for it gives no warning")
{
    Root root;
    make_good(root);
    CHECK(machine_warnings({2}, true, 1, root.path()).empty());
    CHECK(machine_facts(root.path()).front() == std::pair<std::string, std::string>{"CPU", "A CPU"});
}

TEST_CASE("each thing that spoils a measurement is told, alone")
{
    const std::tuple<std::string, std::string, const char*> faults[] = {
        {"proc/cpuinfo", "flags\t\t: fpu hypervisor", "virtual"},
        {"proc/loadavg", "1.50 0 0 1/1 1", "1.50 processes"},
        {"sys/devices/system/cpu/isolated", "", "isolcpus"},
        {cpu2 + "cpuidle/state1/disable", "0", "C-states"},
        {cpu2 + "cpufreq/scaling_governor", "schedutil", "frequency of CPU 2"},
        {cpu2 + "topology/thread_siblings_list", "2,18", "SMT"},
    };
    for (const auto& [file, text, told] : faults) {
        Root root;
        make_good(root);
        root.write(file, text);
        const auto warnings = machine_warnings({2}, true, 1, root.path());
        INFO(file);
        CHECK(warnings.size() == 1);
        CHECK(has(warnings, told));
    }
}

TEST_CASE("of the kernel's command line only what bears on a measurement is told")
{
    Root root;
    root.write("proc/cmdline", "BOOT_IMAGE=/vmlinuz root=UUID=1 isolcpus=2-3 quiet nohz_full=2-3");
    root.write("proc/sys/kernel/osrelease", "6.1.0-18-amd64");
    root.write("proc/meminfo", "MemTotal:       16777216 kB");
    CHECK(machine_facts(root.path()) ==
          Facts{{"Kernel", "6.1.0"}, {"Memory", "16.0 GiB"}, {"Kernel's settings", "isolcpus=2-3 nohz_full=2-3"}});
}

TEST_CASE("threads without CPUs of their own, and too few CPUs, are told")
{
    Root root;
    make_good(root);
    CHECK(has(machine_warnings({2}, false, 1, root.path()), "--cpus"));
    CHECK(has(machine_warnings({2}, true, 2, root.path()), "2 busy threads share 1 CPU;"));
}

TEST_CASE("nothing is known of a machine without these files, and nothing breaks")
{
    Root root;
    fs::create_directories(root.path());
    CHECK(machine_facts(root.path()).empty());
    CHECK(machine_warnings({0}, true, 1, root.path()).size() == 1);  // CPU 0 is not isolated
}

TEST_CASE("lists of CPUs are read as the kernel writes them")
{
    CHECK(parse_cpu_list("").empty());
    CHECK(parse_cpu_list("3") == std::vector<unsigned>{3});
    CHECK(parse_cpu_list("0-3,8,10-11") == std::vector<unsigned>{0, 1, 2, 3, 8, 10, 11});
    CHECK(parse_cpu_list("x,1") == std::vector<unsigned>{1});
}

TEST_CASE("PCI addresses are told from other devices")
{
    for (const char* device : {"0000:3b:00.0", "3b:00.1", "0000:3b:00.0,arg=1", "10000:01:00.7"})
        CHECK(is_pci_address(device));
    for (const char* device : {"net_memif0", "net_af_packet0,iface=eth1", "3b:00", "0000:3b:00.8", ""})
        CHECK(!is_pci_address(device));
}
