// ferryctl port: the attachments, and the underlay port.
#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/json.hpp"
#include "config/values.hpp"

namespace ferryd {

namespace {

using Side = TextTable::Side;

std::string steering_of(const PortStatus& port)
{
    if (!port.steering)
        return {};
    return fmt::format(" ({} XDP, {}, program {})", port.steering->mode, port.steering->zero_copy ? "zero copy" : "copy",
                       port.steering->program);
}

std::uint64_t sum_of(const DropCounts& drops)
{
    std::uint64_t sum = 0;
    for (const auto& [reason, count] : drops)
        sum += count;
    return sum;
}

void add_host_interface(TextTable& table, const HostInterfaceStatus& host)
{
    const TrafficStatus& traffic = host.traffic;
    table.add({host.name, "-", host.state, "tap", "-", grouped(traffic.in_frames), grouped(traffic.out_frames),
               grouped(sum_of(traffic.drops)), "-", "the host's, on the underlay"});
}

void print_table(Output& out, const std::vector<PortStatus>& ports)
{
    TextTable table({{"NAME"},
                     {"VNI", Side::right},
                     {"STATE"},
                     {"KIND"},
                     {"WORKER", Side::right},
                     {"IN FRAMES", Side::right},
                     {"OUT FRAMES", Side::right},
                     {"DROPS", Side::right},
                     {"MACS"},
                     {"DEVICE"}});
    for (const PortStatus& port : ports) {
        const std::uint64_t drops = port.kernel_drops + sum_of(port.traffic.drops);
        table.add({port.name, port.underlay ? "-" : std::to_string(port.vni.value()),
                   port.state + (port.migrating ? ",migrating" : ""), port.kind, std::to_string(port.worker),
                   grouped(port.traffic.in_frames), grouped(port.traffic.out_frames), grouped(drops),
                   port.underlay       ? "-"
                   : port.macs.empty() ? "any"
                                       : joined(texts_of(port.macs)),
                   port.device + steering_of(port)});
        if (port.host_interface)
            add_host_interface(table, *port.host_interface);
    }
    table.print(out);
}

Expected<Action> prepare_show(const Arguments&)
{
    return [](ControlApi& api, Output& out) {
        return api.ports().map([&](const std::vector<PortStatus>& ports) {
            if (out.json())
                return out.print(to_json(ports));
            print_table(out, ports);
        });
    };
}

auto wrong(std::string sentence)
{
    return ferry::fail(ferry::ErrorCode::invalid_argument, std::move(sentence));
}

Expected<VhostUserPort> vhost_user_of(const Arguments& arguments)
{
    VhostUserPort port;
    const auto socket = parse_socket_path(arguments.value("vhost-user"));
    if (!socket)
        return tl::unexpected(socket.error());
    port.socket = *socket;
    port.client = !arguments.has("server");
    if (arguments.has("queues")) {
        const auto queues = parse_number(arguments.value("queues"));
        if (!queues || *queues < 1 || *queues > max_vhost_queues)
            return wrong(
                fmt::format("queues is 1 to {}, not {}", max_vhost_queues, in_quotes(arguments.value("queues"))));
        port.queues = static_cast<std::uint16_t>(*queues);
    }
    return port;
}

Expected<Action> prepare_add(const Arguments& arguments)
{
    PortConfig port;
    const auto name = parse_port_name(arguments.positional(0));
    if (!name)
        return tl::unexpected(name.error());
    port.name = *name;
    const auto vni = arguments.vni();
    if (!vni)
        return tl::unexpected(vni.error());
    port.vni = *vni;
    for (const std::string& text : arguments.values("mac")) {
        const auto mac = parse_unicast_mac(text);
        if (!mac)
            return tl::unexpected(mac.error());
        port.macs.push_back(*mac);
    }
    if (arguments.has("hold-ms")) {
        const auto hold_ms = parse_number(arguments.value("hold-ms"));
        if (!hold_ms || *hold_ms < 1 || *hold_ms > max_hold_ms)
            return wrong(fmt::format("hold-ms is 1 to {}, not {}", max_hold_ms, in_quotes(arguments.value("hold-ms"))));
        port.hold_ms = static_cast<std::uint32_t>(*hold_ms);
    }
    if (arguments.has("worker")) {
        const auto worker = parse_number(arguments.value("worker"));
        if (!worker || *worker >= ferry::TableLimits{}.workers)
            return wrong(fmt::format("worker is 0 to {}, not {}", ferry::TableLimits{}.workers - 1,
                                     in_quotes(arguments.value("worker"))));
        port.worker = static_cast<std::uint32_t>(*worker);
    }
    port.held = arguments.has("held");
    if (arguments.has("announcements")) {
        const std::string& source = arguments.value("announcements");
        if (source != "kernel" && source != "frames")
            return wrong(fmt::format("announcements are seen by kernel or frames, not {}", in_quotes(source)));
        if (!arguments.has("device"))
            return wrong("announcements is for devices; a vhost-user port's rings tell when its VM runs");
        port.announcements = source == "kernel" ? AnnouncementSource::kernel : AnnouncementSource::frames;
    }
    if (arguments.has("vhost-user") == arguments.has("device"))
        return wrong("say what the port is: either vhost-user or device");
    if (arguments.has("device")) {
        if (arguments.has("server") || arguments.has("queues"))
            return wrong("server and queues are for vhost-user ports");
        const auto device = parse_device(arguments.value("device"));
        if (!device)
            return tl::unexpected(device.error());
        port.kind = DevicePort{*device};
    } else {
        if (port.held)
            return wrong("held is for devices; a vhost-user port's rings tell when its VM runs");
        const auto vhost_user = vhost_user_of(arguments);
        if (!vhost_user)
            return tl::unexpected(vhost_user.error());
        port.kind = *vhost_user;
    }
    return [port](ControlApi& api, Output& out) -> Expected<void> {
        if (auto done = api.add_port(port); !done || !out.json())
            return done;
        return api.ports().map([&](const std::vector<PortStatus>& ports) {
            print_result(out, ports, [&](const PortStatus& status) { return status.name == port.name; });
        });
    };
}

Expected<Action> prepare_del(const Arguments& arguments)
{
    const auto name = parse_port_name(arguments.positional(0));
    if (!name)
        return tl::unexpected(name.error());
    return [name = *name](ControlApi& api, Output& out) {
        return api.remove_port(name).map([&] {
            if (out.json())
                out.print({{"name", name}, {"deleted", true}});
        });
    };
}

}  // namespace

Object port_commands()
{
    using Takes = Keyword::Takes;
    return {"port",
            "Ports: the attachments that endpoints hang on, and the port to the underlay.",
            {
                {"show",
                 "list",
                 "",
                 "Lists the ports with their state and traffic.",
                 "  ferryctl port show\n"
                 "  ferryctl -j port show\n",
                 {},
                 prepare_show},
                {"add",
                 nullptr,
                 "NAME vni N [mac MAC…] (vhost-user PATH [server] [queues N] | device ARGUMENTS) [hold-ms N] "
                 "[held] [announcements kernel|frames] [worker N]",
                 "Attaches a port to a segment; without mac it may use any MAC address, and they are learned.",
                 "  ferryctl port add vm0 vni 100 mac 52:54:00:00:00:01 vhost-user /run/ferry/vm0.sock\n"
                 "  ferryctl port add vm1 vni 100 vhost-user /run/ferry/vm1.sock server queues 4\n"
                 "  ferryctl port add tap0 vni 100 device net_tap0,iface=tap0\n",
                 {{"NAME"},
                  {{"vni"},
                   {"mac", Takes::values, "macs"},
                   {"vhost-user"},
                   {"server", Takes::nothing},
                   {"queues"},
                   {"device"},
                   {"hold-ms"},
                   {"held", Takes::nothing},
                   {"announcements"},
                   {"worker"}}},
                 prepare_add},
                {"del",
                 "delete",
                 "NAME",
                 "Stops a port and takes it away.",
                 "  ferryctl port del vm0\n",
                 {{"NAME"}, {}},
                 prepare_del},
            }};
}

}  // namespace ferryd
