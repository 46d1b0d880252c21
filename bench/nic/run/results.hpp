// What was measured.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "run/machine.hpp"
#include "run/test_port.hpp"
#include "run/trial.hpp"
#include "traffic/frame_size.hpp"

namespace ferry::bench {

/// A rate that was searched for, and the trial that carried it.
struct FoundRate {
    double goal = 0;  ///< of loss, as a part
    TrialResult trial;
};

struct LatencyResult {
    double percent = 0;  ///< of the NDR
    TrialResult trial;
};

/// The longest burst, as fast as the port takes it, of which nothing was lost (RFC 2544 §26.4).
struct BurstResult {
    std::uint64_t frames = 0;
    bool is_limit = false;  ///< longer ones were not tried
    std::vector<TrialResult> trials;
};

/// One frame size and number of endpoints.
struct CaseResult {
    CaseResult(const FrameSize& of_size, const Plan& of_plan) : size(of_size), plan(of_plan) {}

    FrameSize size;
    Plan plan;
    double highest_rate = 0;                 ///< frames a second that the search began with
    std::optional<FoundRate> ndr, pdr;
    unsigned searched = 0;                   ///< trials that the search took
    std::vector<LatencyResult> latency;
    std::vector<TrialResult> losses;         ///< by falling rate
    std::optional<BurstResult> burst;
    std::optional<double> cycles;            ///< a frame of the DUT inside, its port's included
};

struct Results {
    std::string made;                        ///< ISO 8601
    Facts machine;
    std::vector<PortFacts> ports;
    std::vector<std::string> warnings;
    std::vector<CaseResult> cases;
    bool interrupted = false;
};

}  // namespace ferry::bench
