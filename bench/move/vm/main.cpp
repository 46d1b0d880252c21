// ferry-vm: VMs without an operating system, on the sockets of vhost-user ports, that send and count numbered frames and
// move from host to host. It reads commands from its standard input, one JSON object a line, and answers each with one;
// it ends with its input. commands.hpp says which there are.
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "commands.hpp"
#include "processor.hpp"

namespace {

using namespace ferry::bench;
using ferry::front_end::Device;
using ferry::front_end::DeviceOptions;
using ferry::front_end::FrontEnd;

/// "NAME,MAC[*COUNT],HOST=PATH,HOST=PATH": a VM and the sockets on which its hosts find it.
ferry::Expected<Machine> make_machine(const std::string& text, const DeviceOptions& options)
{
    const auto words = CLI::detail::split(text, ',');
    const auto address = words.size() < 3 ? std::vector<std::string>{"", ""} : CLI::detail::split(words[1] + "*1", '*');
    const auto mac = ferry::MacAddress::parse(address[0]);
    std::uint16_t macs = 0;
    if (!mac || !CLI::detail::lexical_cast(address[1], macs))
        return ferry::fail(ferry::ErrorCode::invalid_argument, fmt::format("\"{}\" is not NAME,MAC[*COUNT],HOST=PATH", text));
    auto device = Device::make(options);
    if (!device)
        return tl::unexpected(device.error());
    std::vector<FrontEnd> hosts;
    for (std::size_t i = 2; i < words.size(); ++i) {
        const auto sign = words[i].find('=');
        if (sign == std::string::npos)
            return ferry::fail(ferry::ErrorCode::invalid_argument, fmt::format("\"{}\" is not HOST=PATH", words[i]));
        auto host = FrontEnd::listen(words[i].substr(0, sign), words[i].substr(sign + 1));
        if (!host)
            return tl::unexpected(host.error());
        hosts.push_back(std::move(*host));
    }
    return Machine(words[0], std::make_unique<Guest>(*mac, options, std::move(*device), macs), std::move(hosts));
}

/// "NAME=INTERFACE": gives the VM a tap.
ferry::Expected<void> plug(const std::vector<Machine>& machines, const std::string& text)
{
    const auto sign = std::min(text.find('='), text.size());
    for (const Machine& machine : machines) {
        if (machine.name() == text.substr(0, sign))
            return Tap::make(text.substr(std::min(sign + 1, text.size()))).map([&](Tap tap) { machine.guest().plug(std::move(tap)); });
    }
    return ferry::fail(ferry::ErrorCode::invalid_argument, fmt::format("\"{}\" is not NAME=INTERFACE with a VM's name", text));
}

nlohmann::ordered_json answer(std::vector<Machine>& machines, const std::string& line)
{
    try {
        return carry_out(machines, nlohmann::json::parse(line));
    } catch (const std::exception& failure) {
        return {{"error", failure.what()}};
    }
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"VMs that send and count numbered frames, and move. Takes JSON commands on its standard input."};
    std::vector<std::string> texts;
    DeviceOptions options;
    app.add_option("--vm", texts, "NAME,MAC[*COUNT],HOST=PATH[,HOST=PATH...]: a VM, which may have MACs that follow each other, and the sockets "
                   "that its hosts connect to")
        ->required()
        ->delimiter('\0');
    app.add_option("--ring", options.ring_size, "descriptors of each ring, a power of two")->capture_default_str();
    app.add_option("--buffer", options.buffer_bytes, "bytes of each buffer")->capture_default_str()->check(CLI::Range(128, 65536));
    std::vector<std::string> taps;
    app.add_option("--tap", taps, "NAME=INTERFACE: the kernel behind this tap, which is made, is the VM's operating system for all but numbered frames");
    bool first = false;
    app.add_flag("--first", first, "run the VMs' processor before all other threads on its CPU");
    unsigned rest_us = 60;  // 1,024 buffers last that long for 17 million frames a second
    app.add_option("--rest", rest_us, "microseconds between looks at rings that had nothing")->capture_default_str()->check(CLI::Range(1, 100'000));
    CLI11_PARSE(app, argc, argv);

    std::vector<Machine> machines;
    std::vector<Guest*> guests;
    for (const std::string& text : texts) {
        auto made = make_machine(text, options);
        if (!made) {
            std::cerr << "ferry-vm: " << made.error().sentence << '\n';
            return 1;
        }
        machines.push_back(std::move(*made));
    }
    for (const std::string& text : taps) {
        if (auto plugged = plug(machines, text); !plugged) {
            std::cerr << "ferry-vm: " << plugged.error().sentence << '\n';
            return 1;
        }
    }
    for (const Machine& machine : machines)
        guests.push_back(&machine.guest());
    const Processor processor(std::move(guests), first, std::chrono::microseconds(rest_us));
    if (first && !processor.is_first()) {
        std::cerr << "ferry-vm: the system does not allow real-time scheduling\n";
        return 1;
    }
    std::cout << R"({"ready":true})" << std::endl;
    for (std::string line; std::getline(std::cin, line);)
        std::cout << answer(machines, line).dump() << std::endl;
    return 0;
}
