// What the VM's program is told to do, and what it answers: one JSON object a line each.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "machine.hpp"

namespace ferry::bench {

/// Carries out one command: {"do": NAME, ...}. The answer has "error" when it failed. Commands take all machines unless
/// "vm" names one:
///   connect                                    waits until the hosts have connected
///   start HOST, stop
///   send to, destinations, run, flows, rate, bytes; quiet   of what a VM sends
///   move to, pause_us, logging_ms, announce, reconnect, await_first
///                                              answers with the times of the steps, in nanoseconds
///   counts                                     answers with what each VM has sent and received
nlohmann::ordered_json carry_out(std::vector<Machine>& machines, const nlohmann::json& command);

}  // namespace ferry::bench
