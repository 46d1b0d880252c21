// What the command line asks for, checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "traffic/frame_size.hpp"
#include "traffic/plan.hpp"

namespace ferry::bench {

/// What stands between the ports.
enum class Dut : std::uint8_t {
    none,   ///< something outside, or a cable
    ferry,  ///< libferry's engine, in this process, on the second port; it sends back by the same port
    io,     ///< as ferry, but what comes is sent back as it is: what receiving and sending alone cost
};

struct Tests {
    bool throughput = false, latency = false, loss = false, burst = false;
};

struct Options {
    std::vector<std::string> ports;        ///< one or two: PCI addresses or device arguments
    Dut dut = Dut::none;
    std::string name;                      ///< of the DUT, in results
    unsigned dut_cores = 1;                ///< for case names
    Plan plan;                             ///< but for endpoints and flows
    bool vtep_mac_given = false, remote_mac_given = false;
    std::vector<std::uint32_t> endpoints;  ///< one run each
    std::uint32_t flows = 0;               ///< 0: one an endpoint
    std::vector<FrameSize> sizes;
    Tests tests;
    double duration = 10;                  ///< of a trial, seconds
    double partial_loss = 0.005;           ///< of the PDR, as a part
    double precision = 0.005;              ///< of searches, as a part
    double highest_rate = 0;               ///< frames a second; 0: the link's, or as fast as the tester sends
    unsigned attempts = 1;                 ///< a load has failed when so many trials of it have
    double settle = 2;                     ///< seconds without a frame after which what has not come is lost
    double wait = 10;                      ///< seconds for links, and for the first frame that comes through
    std::vector<unsigned> cpus;            ///< of the tester's threads, then the DUT's; none: the kernel's choice
    unsigned threads = 1;                  ///< 1: sends and receives; 2: one each
    std::uint16_t rx_queues = 1;           ///< of each port, taken from in turn
    std::uint16_t descriptors = 1024;
    std::uint32_t buffers = 16'384;
    std::uint32_t memory_mb = 0;           ///< 0: what the buffers need
    std::string json, html;                ///< files to write; empty: none

    std::size_t largest_frame() const noexcept;  ///< without FCS, outer headers included
};

/// Either options, or what the program is to say before it ends: help (exit code 0), or a fault and what to do (2).
struct Parsed {
    std::optional<Options> options;
    int exit_code = 0;
    std::string text;  ///< whole lines
};
Parsed parse_options(int argc, const char* const* argv);

/// A number of 1 or more, as in "1024", "1k" or "10m". Fails with invalid_argument.
Expected<std::uint32_t> parse_count(const std::string& text);

}  // namespace ferry::bench
