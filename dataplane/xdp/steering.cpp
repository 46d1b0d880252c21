#include "xdp/steering.hpp"

#include <linux/bpf.h>
#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "xdp/trial.hpp"

namespace ferryd {

using ferry::ErrorCode;

namespace {

/// A frame that the program takes for one to this VTEP: Ethernet, IPv6 or IPv4, and UDP without payload.
std::vector<std::uint8_t> frame_to(const vtep_key& key)
{
    constexpr std::array<std::uint8_t, 12> ipv4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    constexpr std::size_t ethernet = 14, udp = 8;
    std::array<std::uint8_t, 16> address;
    std::memcpy(address.data(), key.address, address.size());
    const bool ipv4 = std::equal(ipv4_prefix.begin(), ipv4_prefix.end(), address.begin());
    std::vector<std::uint8_t> frame(ethernet + (ipv4 ? 20 : 40) + udp);
    std::uint8_t* const ip = frame.data() + ethernet;
    frame[12] = ipv4 ? 0x08 : 0x86;
    frame[13] = ipv4 ? 0x00 : 0xdd;
    ip[0] = ipv4 ? 0x45 : 0x60;
    ip[ipv4 ? 9 : 6] = 17;
    std::copy(address.begin() + (ipv4 ? 12 : 0), address.end(), ip + (ipv4 ? 16 : 24));
    std::memcpy(ip + (ipv4 ? 20 : 40) + 2, &key.port, sizeof(key.port));
    return frame;
}

/// Whether a socket gets frames by the program, on any of the interface's queues.
bool serves(int interface, const AttachedProgram& program)
{
    constexpr std::uint32_t most_queues = 64;
    const auto key = VtepMap{program.map("vteps")}.any();
    if (!key)
        return false;
    const auto frame = frame_to(*key);
    for (std::uint32_t queue = 0; queue < most_queues; ++queue) {
        const auto verdict = trial_verdict(program.descriptor.get(), frame, ReceiveQueue{interface, queue});
        if (!verdict)
            return false;
        if (*verdict == XDP_REDIRECT)
            return true;
    }
    return false;
}

}  // namespace

std::filesystem::path installed_steering_program()
{
    return FERRY_STEERING_PROGRAM;
}

ferry::Expected<void> Steering::prepare(const std::string& interface, const std::filesystem::path& object)
{
    if (access(object.c_str(), R_OK) != 0)
        return ferry::fail(ErrorCode::not_found,
                           fmt::format("the BPF object {} that chooses the frames of {} cannot be read: {}; install it with "
                                       "ferryd, or name it (underlay.xdp_program)", object.string(), interface, std::strerror(errno)));
    const int index = static_cast<int>(if_nametoindex(interface.c_str()));
    if (index == 0)
        return {};  // probe_ethdev() has a sentence for that
    const auto found = attached_program(index);
    if (!found)
        return tl::unexpected(found.error());
    if (!*found)
        return {};
    const AttachedProgram& program = **found;
    const std::string name = program.name.empty() ? "without a name" : program.name;
    if (!program.is_ferrys())
        return ferry::fail(ErrorCode::already_exists,
                           fmt::format("the interface {} has an XDP program that is not ferry's ({}, number {}); take it away "
                                       "(ip link set dev {} xdp off), or use net_af_packet0,iface={}", interface, name,
                                       program.id, interface, interface));
    if (serves(index, program))
        return ferry::fail(ErrorCode::in_use, fmt::format("another ferryd has its underlay on the interface {} (XDP program "
                                                          "{})", interface, program.id));
    spdlog::info("taking the XDP program {} from {}: a ferryd that has gone left it", program.id, interface);
    return detach(index, program);
}

ferry::Expected<std::unique_ptr<Steering>> Steering::find(const std::string& interface)
{
    const int index = static_cast<int>(if_nametoindex(interface.c_str()));
    auto found = attached_program(index);
    if (!found)
        return tl::unexpected(found.error());
    if (!*found || !(*found)->is_ferrys())
        return ferry::fail(ErrorCode::not_found,
                           fmt::format("the XDP program that was loaded on {} is not the one that chooses its frames; is "
                                       "underlay.xdp_program ferry's?", interface));
    return std::unique_ptr<Steering>(new Steering(std::move(**found)));
}

}  // namespace ferryd
