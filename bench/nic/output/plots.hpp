// The plots of a report.
#pragma once

#include "output/document.hpp"

namespace ferry::bench {

/// Throughput by size, latency percentiles, loss by load and cost by table size: those for which there is something.
Json plots_json(const Options& options, const Results& results);

}  // namespace ferry::bench
