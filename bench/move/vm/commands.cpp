#include "commands.hpp"

#include <functional>
#include <stdexcept>

#include <fmt/format.h>

#include "../../../tests/support/must.hpp"

namespace ferry::bench {

using ferry::test::must;
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

SendOptions send_options(const json& command)
{
    SendOptions options;
    const auto mac = MacAddress::parse(command.at("to").get<std::string>());
    if (!mac)
        throw std::runtime_error("\"to\" is no MAC address");
    options.to = *mac;
    options.destinations = command.value("destinations", options.destinations);
    options.run = command.value("run", options.run);
    options.flows = command.value("flows", options.flows);
    options.rate = command.value("rate", options.rate);
    options.bytes = command.value("bytes", options.bytes);
    return options;
}

MoveOptions move_options(const json& command)
{
    MoveOptions options;
    options.pause = std::chrono::microseconds(command.value("pause_us", 0));
    options.logging = std::chrono::milliseconds(command.value("logging_ms", 0));
    options.announce = command.value("announce", options.announce);
    options.await_first = command.value("await_first", options.await_first);
    options.reconnect = command.value("reconnect", options.reconnect);
    return options;
}

ordered_json told(const MoveTimes& times)
{
    return {{"stop_asked", times.stop_asked}, {"stopped", times.stopped},       {"start_asked", times.start_asked},
            {"started", times.started},       {"first_used", times.first_used}, {"unread", times.unread},
            {"unsent", times.unsent}};
}

ordered_json told(const Received& received)
{
    ordered_json flows = ordered_json::array();
    for (const auto& [number, flow] : received.flows)
        flows.push_back({{"flow", number}, {"received", flow.received()}, {"duplicated", flow.duplicated()},
                         {"reordered", flow.reordered()}, {"too_old", flow.too_old()}});
    return {{"run", received.run}, {"flows", flows}, {"longest_silence_ns", received.longest_silence},
            {"delay_ns", {{"p50", received.delays.quantile(0.5)}, {"p99", received.delays.quantile(0.99)},
                          {"largest", received.delays.largest()}}}};
}

ordered_json counts(const Machine& machine)
{
    const Guest::Pause pause(machine.guest());
    ordered_json from = ordered_json::object();
    for (const auto& [mac, received] : pause.received())
        from[mac.to_string()] = told(received);
    const auto& device = pause.device();
    return {{"sent", pause.sent().frames},
            {"forgiven", pause.sent().forgiven},
            {"ring_full", pause.sent().ring_full},
            {"unsent", pause.device().transmit.unsent()},
            {"from", from},
            {"strays", pause.strays()},
            {"first_used", machine.guest().first_used()},
            {"malformed", device.receive.malformed()}};
}

}  // namespace

ordered_json carry_out(std::vector<Machine>& machines, const json& command)
{
    const auto what = command.at("do").get<std::string>();
    const auto wanted = command.value("vm", std::string{});
    ordered_json answer = ordered_json::object();
    const auto each = [&](const std::function<ordered_json(Machine&)>& act) {
        for (Machine& machine : machines) {
            if (!wanted.empty() && machine.name() != wanted)
                continue;
            if (ordered_json said = act(machine); !said.is_null())
                answer[machine.name()] = std::move(said);
        }
    };
    const auto each_done = [&](const std::function<void(Machine&)>& act) {
        each([&](Machine& machine) {
            act(machine);
            return ordered_json{};
        });
    };
    if (what == "connect")
        each_done([](Machine& machine) { must(machine.connect()); });
    else if (what == "start")
        each_done([&](Machine& machine) { must(machine.start(command.at("host"))); });
    else if (what == "stop")
        each_done([](Machine& machine) { must(machine.stop()); });
    else if (what == "send")
        each_done([&](Machine& machine) { Guest::Pause(machine.guest()).send(send_options(command)); });
    else if (what == "quiet")
        each_done([](Machine& machine) { Guest::Pause(machine.guest()).quiet(); });
    else if (what == "move")
        each([&](Machine& machine) { return told(must(machine.move(command.at("to"), move_options(command)))); });
    else if (what == "counts")
        each([](Machine& machine) { return counts(machine); });
    else
        throw std::runtime_error(fmt::format("no command is called \"{}\"", what));
    return answer;
}

}  // namespace ferry::bench
