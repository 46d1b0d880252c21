// Messages that ask for something.
#include "rpc/messages.hpp"

#include <fmt/format.h>

#include "config/values.hpp"

namespace ferryd {

using ferry::ErrorCode;

namespace {

ferry::Error wrong(std::string sentence)
{
    return {ErrorCode::invalid_argument, std::move(sentence)};
}

/// Puts the value into `into`, or its error into `error`, unless there is one already.
template <typename T, typename Into>
void put(Expected<T> value, Into& into, std::optional<ferry::Error>& error)
{
    if (value)
        into = std::move(*value);
    else if (!error)
        error = std::move(value.error());
}

template <typename T>
Expected<T> either(T value, std::optional<ferry::Error> error)
{
    if (error)
        return tl::unexpected(std::move(*error));
    return value;
}

}  // namespace

v1::Port to_message(const PortConfig& port)
{
    v1::Port message;
    message.set_name(port.name);
    message.set_vni(port.vni.value());
    for (const ferry::MacAddress& mac : port.macs)
        message.add_macs(mac.to_string());
    if (const auto* device = std::get_if<DevicePort>(&port.kind)) {
        message.set_device(device->device);
    } else {
        const auto& vhost_user = std::get<VhostUserPort>(port.kind);
        message.mutable_vhost_user()->set_socket(vhost_user.socket.string());
        message.mutable_vhost_user()->set_server(!vhost_user.client);
        message.mutable_vhost_user()->set_queues(vhost_user.queues);
    }
    if (port.hold_ms)
        message.set_hold_ms(*port.hold_ms);
    message.set_held(port.held);
    if (port.worker)
        message.set_worker(*port.worker);
    if (port.announcements == AnnouncementSource::frames)
        message.set_announcements(v1::Port::ANNOUNCEMENTS_FRAMES);
    return message;
}

v1::Segment to_message(const SegmentConfig& segment)
{
    v1::Segment message;
    message.set_vni(segment.vni.value());
    message.set_learning(segment.learning);
    for (ferry::Ipv4Address remote : segment.flood)
        message.add_flood(remote.to_string());
    return message;
}

v1::Vtep to_message(const VtepConfig& vtep)
{
    v1::Vtep message;
    message.set_address(vtep.address.to_string());
    if (vtep.mac)
        message.set_mac(vtep.mac->to_string());
    return message;
}

Expected<PortConfig> from_message(const v1::Port& message)
{
    PortConfig port;
    std::optional<ferry::Error> error;
    put(parse_port_name(message.name()), port.name, error);
    put(make_vni(message.vni()), port.vni, error);
    put(read_list<ferry::MacAddress>(message.macs(), parse_unicast_mac), port.macs, error);
    if (message.has_vhost_user()) {
        VhostUserPort vhost_user;
        put(parse_socket_path(message.vhost_user().socket()), vhost_user.socket, error);
        vhost_user.client = !message.vhost_user().server();
        const std::uint32_t queues = message.vhost_user().queues();
        if (queues > max_vhost_queues && !error)
            error = wrong(fmt::format("{} queues are not allowed; give 1 to {}", queues, max_vhost_queues));
        vhost_user.queues = queues == 0 ? std::uint16_t{1} : static_cast<std::uint16_t>(queues);
        port.kind = std::move(vhost_user);
    } else if (message.has_device()) {
        DevicePort device;
        put(parse_device(message.device()), device.device, error);
        port.kind = std::move(device);
    } else if (!error) {
        error = wrong("a port needs a vhost-user socket or a device");
    }
    if (message.has_hold_ms()) {
        port.hold_ms = message.hold_ms();
        if ((*port.hold_ms == 0 || *port.hold_ms > max_hold_ms) && !error)
            error = wrong(fmt::format("a hold of {} ms is not allowed; give 1 to {}", *port.hold_ms, max_hold_ms));
    }
    if (message.has_worker())
        port.worker = message.worker();
    port.held = message.held();
    if (port.held && message.has_vhost_user() && !error)
        error = wrong("a vhost-user port cannot be held: its rings tell when its VM runs");
    switch (message.announcements()) {
    case v1::Port::ANNOUNCEMENTS_UNSPECIFIED:
    case v1::Port::ANNOUNCEMENTS_KERNEL: break;
    case v1::Port::ANNOUNCEMENTS_FRAMES: port.announcements = AnnouncementSource::frames; break;
    default:
        if (!error)
            error = wrong("announcements are seen by the kernel, or in frames");
    }
    return either(std::move(port), std::move(error));
}

Expected<SegmentConfig> from_message(const v1::Segment& message)
{
    SegmentConfig segment;
    std::optional<ferry::Error> error;
    put(make_vni(message.vni()), segment.vni, error);
    put(flood_of(message.flood()), segment.flood, error);
    segment.learning = message.learning();
    if (!message.ports().empty() && !error)
        error = wrong("a new segment has no ports; add them afterwards");
    return either(std::move(segment), std::move(error));
}

Expected<VtepConfig> from_message(const v1::Vtep& message)
{
    VtepConfig vtep;
    std::optional<ferry::Error> error;
    put(parse_vtep_address(message.address()), vtep.address, error);
    if (message.has_mac())
        put(parse_unicast_mac(message.mac()), vtep.mac, error);
    return either(vtep, std::move(error));
}

v1::LocalVtep to_message(const ferry::LocalVtep& vtep)
{
    v1::LocalVtep message;
    message.set_address(vtep.address.to_string());
    message.set_port(vtep.port);
    return message;
}

Expected<ferry::LocalVtep> from_message(const v1::LocalVtep& message)
{
    ferry::LocalVtep vtep;
    std::optional<ferry::Error> error;
    put(parse_vtep_address(message.address()), vtep.address, error);
    if (message.has_port() && (message.port() == 0 || message.port() > 65'535))
        error = wrong(fmt::format("{} is not a UDP port; give 1 to 65535", message.port()));
    else if (message.has_port())
        vtep.port = static_cast<std::uint16_t>(message.port());
    return either(vtep, std::move(error));
}

Expected<ControlApi::Place> place_of(const v1::SetFdbRequest& request)
{
    ControlApi::Place place;
    std::optional<ferry::Error> error;
    if (request.has_vtep())
        put(parse_vtep_address(request.vtep()), place.vtep, error);
    else if (request.has_port())
        put(parse_port_name(request.port()), place.port, error);
    else
        error = wrong("a row needs a place: a VTEP's address or a port's name");
    return either(std::move(place), std::move(error));
}

Expected<ControlApi::FdbMode> mode_of(const v1::SetFdbRequest& request)
{
    switch (request.mode()) {
    case v1::SetFdbRequest::MODE_ADD: return ControlApi::FdbMode::add;
    case v1::SetFdbRequest::MODE_REPLACE: return ControlApi::FdbMode::replace;
    default: return tl::unexpected(wrong("the mode must be MODE_ADD or MODE_REPLACE"));
    }
}

Expected<std::vector<ferry::Ipv4Address>> flood_of(const google::protobuf::RepeatedPtrField<std::string>& texts)
{
    return read_list<ferry::Ipv4Address>(texts, parse_vtep_address);
}

}  // namespace ferryd
