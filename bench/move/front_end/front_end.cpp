#include "front_end.hpp"

#include <cstring>

#include <fmt/format.h>

namespace ferry::front_end {
namespace {

constexpr std::uint64_t wanted_features =
    feature::version_1 | feature::mergeable_buffers | feature::log_all | feature::protocol_features;
constexpr std::uint64_t wanted_protocol =
    protocol_feature::log_shared | protocol_feature::rarp | protocol_feature::reply_ack;

}  // namespace

Expected<FrontEnd> FrontEnd::listen(std::string name, const std::filesystem::path& path)
{
    return Listener::open(path).map([&](Listener listener) { return FrontEnd(std::move(name), std::move(listener)); });
}

Expected<void> FrontEnd::connect()
{
    auto connection = listener_.accept();
    if (!connection)
        return tl::unexpected(connection.error());
    Channel channel(std::move(*connection));
    logging_ = false;
    const auto offered = channel.ask(Request::get_features);
    if (!offered)
        return tl::unexpected(offered.error());
    if ((*offered & wanted_features) != wanted_features)
        return fail(ErrorCode::unavailable, fmt::format("{} offers the features {:#x} and not {:#x}", name_, *offered,
                                                        wanted_features & ~*offered));
    const auto protocol = channel.ask(Request::get_protocol_features);
    if (!protocol)
        return tl::unexpected(protocol.error());
    if ((*protocol & wanted_protocol) != wanted_protocol)
        return fail(ErrorCode::unavailable, fmt::format("{} offers the protocol features {:#x} and not {:#x}", name_,
                                                        *protocol, wanted_protocol & ~*protocol));
    return channel.send(Request::set_protocol_features, wanted_protocol)
        .and_then([&] { return channel.send(Request::set_owner); })
        .map([&] { channel_ = std::move(channel); });
}

std::uint64_t FrontEnd::features() const noexcept
{
    return logging_ ? wanted_features : wanted_features & ~feature::log_all;
}

Expected<void> FrontEnd::start(const Device& device)
{
    const GuestMemory& memory = device.memory;
    const MemoryTable table{.guest_address = GuestMemory::first_address,
                            .size = memory.size(),
                            .user_address = reinterpret_cast<std::uintptr_t>(memory.begin()),
                            .file_offset = 0};
    Expected<void> done = channel_.send(Request::set_features, features());
    if (done)
        done = channel_.confirm(Request::set_mem_table, table, memory.fd());
    for (std::uint32_t index = 0; done && index < Device::rings; ++index)
        done = start_ring(device, index);
    for (std::uint32_t index = 0; done && index < Device::rings; ++index)
        done = channel_.send(Request::set_vring_enable, RingNumber{index, 1});
    // A back end starts the rings when it has handled the last message, so the answer to a further one says that it has.
    return done.and_then([&] { return channel_.ask(Request::get_features); }).map([](std::uint64_t) {});
}

Expected<void> FrontEnd::start_ring(const Device& device, std::uint32_t index) const
{
    const SplitRing& ring = device.ring(index);
    const auto addresses = ring.addresses(index, device.memory, logging_);
    return channel_.send(Request::set_vring_num, RingNumber{index, ring.size()})
        .and_then([&] { return channel_.send(Request::set_vring_base, RingNumber{index, device.bases[index]}); })
        .and_then([&] { return channel_.send(Request::set_vring_addr, addresses); })
        .and_then([&] { return channel_.send(Request::set_vring_kick, std::uint64_t{index}, ring.kick_fd()); })
        .and_then([&] { return channel_.send(Request::set_vring_call, std::uint64_t{index}, ring.call_fd()); });
}

Expected<void> FrontEnd::stop(Device& device) const
{
    for (std::uint32_t index = 0; index < Device::rings; ++index) {
        const auto base = channel_.ask<RingNumber>(Request::get_vring_base, RingNumber{index, 0});
        if (!base)
            return tl::unexpected(base.error());
        device.bases[index] = static_cast<std::uint16_t>(base->number);
    }
    return {};
}

Expected<void> FrontEnd::log(const Device& device, bool on)
{
    if (on) {
        const LogArea area{device.log.bytes().size(), 0};
        if (auto done = channel_.ask_empty(Request::set_log_base, area, device.log.fd()); !done)
            return done;
    }
    logging_ = on;
    Expected<void> done = channel_.confirm(Request::set_features, features());
    for (std::uint32_t index = 0; done && index < Device::rings; ++index)
        done = channel_.confirm(Request::set_vring_addr, device.ring(index).addresses(index, device.memory, on));
    return done;
}

Expected<void> FrontEnd::announce(MacAddress mac) const
{
    std::uint64_t payload = 0;
    std::memcpy(&payload, mac.bytes.data(), mac.bytes.size());
    return channel_.confirm(Request::send_rarp, payload);
}

}  // namespace ferry::front_end
