// On which CPU a thread runs.
#pragma once

#include <optional>
#include <vector>

namespace ferry::bench {

/// Binds the calling thread to the CPU; false where that is not possible. Nothing to do without one.
bool pin(std::optional<unsigned> cpu) noexcept;

/// The CPUs on which the calling thread may run.
std::vector<unsigned> allowed_cpus();

}  // namespace ferry::bench
