// The measurements of RFC 2544 §26 on one set of ports.
#pragma once

#include <atomic>

#include <ferry/error.hpp>

#include "options.hpp"
#include "run/progress.hpp"
#include "run/results.hpp"

namespace ferry::bench {

/// Opens the ports, waits until frames come through, and measures all that is asked for into `results`, which hold what
/// there is also when it fails or `stop` is set. EAL must be up. Fails where a port, the DUT or the way between the
/// ports does not work.
Expected<void> measure(const Options& options, const std::atomic<bool>& stop, Progress& progress, Results& results);

}  // namespace ferry::bench
