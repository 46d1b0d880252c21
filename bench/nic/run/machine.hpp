// The machine, and what about it would spoil a measurement.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace ferry::bench {

using Facts = std::vector<std::pair<std::string, std::string>>;

/// What the machine is: CPU, kernel, memory. `root` is where /proc and /sys are.
Facts machine_facts(const std::filesystem::path& root = "/");

/// One sentence for each thing that would spoil a measurement on these CPUs: power saving, frequency scaling, CPUs that
/// others use too, a hypervisor, load. `pinned` is false where the threads have no CPUs of their own; `threads` is how
/// many are busy.
std::vector<std::string> machine_warnings(const std::vector<unsigned>& cpus, bool pinned, unsigned threads,
                                          const std::filesystem::path& root = "/");

/// "0-3,8" → 0, 1, 2, 3, 8, as the kernel lists CPUs; what is no such list is empty.
std::vector<unsigned> parse_cpu_list(const std::string& text);

}  // namespace ferry::bench
