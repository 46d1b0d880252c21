// Which sections and keys ferryd.toml has, each with its range.
#include <unistd.h>

#include <limits>

#include "config/section.hpp"

namespace ferryd {

namespace {

constexpr std::int64_t most_u32 = std::numeric_limits<std::uint32_t>::max();

Expected<std::string> any_text(std::string_view text)
{
    return std::string(text);
}

Expected<std::filesystem::path> readable_file(std::string_view text)
{
    const std::filesystem::path path(text);
    std::error_code error;
    if (!path.is_absolute() || text.find('\0') != std::string_view::npos)
        return ferry::fail(ferry::ErrorCode::invalid_argument,
                           fmt::format("{} is not allowed; give the absolute path of a file in PEM", in_quotes(text)));
    if (!std::filesystem::is_regular_file(path, error) || access(path.c_str(), R_OK) != 0)
        return ferry::fail(ferry::ErrorCode::invalid_argument,
                           fmt::format("{} cannot be read; give a file in PEM", in_quotes(text)));
    return path;
}

/// A word that DPDK makes a folder's name of.
Expected<std::string> file_prefix(std::string_view text)
{
    if (text.size() > 32 || !parse_port_name(text))
        return ferry::fail(
            ferry::ErrorCode::invalid_argument,
            fmt::format("{} is not allowed; give 1 to 32 letters, digits, '-', '_' and '.'", in_quotes(text)));
    return std::string(text);
}

std::string kernel_host_name()
{
    char name[65] = {};
    if (gethostname(name, sizeof(name) - 1) != 0 || !parse_host_name(name))
        return "unnamed";
    return name;
}

void read_host(Section section, HostConfig& host)
{
    host.name = kernel_host_name();
    section.take("name", host.name, parse_host_name);
    section.require("vtep", "this host's VTEP address");
    section.take("vtep", host.vtep, parse_vtep_address);
    section.take_number("vxlan_port", host.vxlan_port, 1, 65'535);
    section.take_list("also", host.also, parse_local_vtep);
    std::vector<std::uint32_t> ports;
    section.take_numbers("entropy_ports", ports, 1, 65'535);
    if (section.has("entropy_ports")) {
        if (ports.size() == 2 && ports[0] <= ports[1])
            host.entropy_ports = {static_cast<std::uint16_t>(ports[0]), static_cast<std::uint16_t>(ports[1])};
        else
            section.fault("entropy_ports", "give the first and the last port, as in [49152, 65535]");
    }
    section.take("state", host.state, parse_folder);
    section.refuse_unknown();
}

void read_dpdk(Section section, DpdkConfig& dpdk)
{
    section.take_choice(
        "hugepages", dpdk.hugepages,
        {{"auto", Hugepages::automatic}, {"never", Hugepages::never}, {"required", Hugepages::required}});
    section.take_number("memory_mb", dpdk.memory_mb, 32, 1'048'576);
    section.take_number("buffers", dpdk.buffers, 1'024, 8'388'608);
    section.take_number("buffer_size", dpdk.buffer_size, 512, 16'384);
    section.take_flag("pci", dpdk.pci);
    section.take("file_prefix", dpdk.file_prefix, file_prefix);
    section.take_list("eal_arguments", dpdk.eal_arguments, any_text, Section::Repeats::allowed);
    section.refuse_unknown();
}

void read_workers(Section section, WorkersConfig& workers)
{
    section.take_number("count", workers.count, 1, ferry::TableLimits{}.workers);
    if (std::uint32_t threads = 0; section.take_number("threads", threads, 1, ferry::TableLimits{}.workers))
        workers.threads = threads;
    section.take_numbers("cpus", workers.cpus, 0, sysconf(_SC_NPROCESSORS_CONF) - 1);
    if (const std::size_t cpus = section.count("cpus"); cpus != 0 && cpus != workers.count)
        section.fault("cpus", fmt::format("has {} CPUs for {} workers; name one for each thread that may run them, or leave cpus out", cpus,
                                          workers.count));
    section.take_choice("poll", workers.poll,
                        {{"auto", WorkersConfig::Poll::automatic}, {"always", WorkersConfig::Poll::always}});
    section.refuse_unknown();
}

void read_api(Section section, ApiConfig& api)
{
    section.take("socket", api.socket, parse_socket_path);
    section.take("mode", api.mode, parse_socket_mode);
    section.refuse_unknown();
}

/// As many as DPDK has for a port.
constexpr std::size_t most_queues = 1'024;

void read_underlay(Section section, UnderlayConfig& underlay)
{
    section.require("device", "DPDK device arguments, such as \"net_af_packet0,iface=eth1\"");
    section.take("device", underlay.device, parse_device);
    section.take_numbers("queue_workers", underlay.queue_workers, 0, ferry::TableLimits{}.workers - 1);
    if (const std::size_t queues = section.count("queue_workers"); queues > most_queues)
        section.fault("queue_workers", fmt::format("has {} queues; give {} at most", queues, most_queues));
    section.take("gateway_mac", underlay.gateway_mac, parse_unicast_mac);
    section.take_number("mtu", underlay.mtu, 576, 9'600);
    section.take_number("pending_frames", underlay.pending_frames, 0, 64);
    section.take("xdp_program", underlay.xdp_program, parse_program_path);
    section.take("host_interface", underlay.host_interface, parse_interface_name);
    section.refuse_unknown();
}

void read_vtep(Section section, VtepConfig& vtep)
{
    section.require("address", "the remote VTEP's IPv4 address");
    section.take("address", vtep.address, parse_vtep_address);
    section.take("mac", vtep.mac, parse_unicast_mac);
    section.refuse_unknown();
}

void read_segment(Section section, SegmentConfig& segment)
{
    section.require("vni", "the segment's VNI");
    section.take_vni(segment.vni);
    section.take_flag("learning", segment.learning);
    section.take_list("flood", segment.flood, parse_vtep_address);
    section.refuse_unknown();
}

void read_fdb(Section section, FdbConfig& row)
{
    section.require("vni", "the VNI of a segment");
    section.take_vni(row.vni);
    section.require("mac", "the endpoint's MAC address");
    section.take("mac", row.mac, parse_unicast_mac);
    section.require("vtep", "the address of the VTEP behind which the endpoint is");
    section.take("vtep", row.vtep, parse_vtep_address);
    section.refuse_unknown();
}

void read_port(Section section, PortConfig& port)
{
    section.require("name", "the port's name");
    section.take("name", port.name, parse_port_name);
    section.require("vni", "the VNI of a segment");
    section.take_vni(port.vni);
    section.take_list("macs", port.macs, parse_unicast_mac);
    VhostUserPort vhost_user;
    DevicePort device;
    section.take("vhost_user", vhost_user.socket, parse_socket_path);
    section.take_choice("mode", vhost_user.client, {{"client", true}, {"server", false}});
    section.take_number("queues", vhost_user.queues, 1, max_vhost_queues);
    section.take("device", device.device, parse_device);
    if (std::uint32_t hold_ms = 0; section.take_number("hold_ms", hold_ms, 1, max_hold_ms))
        port.hold_ms = hold_ms;
    section.take_flag("held", port.held);
    section.take_choice("announcements", port.announcements,
                        {{"kernel", AnnouncementSource::kernel}, {"frames", AnnouncementSource::frames}});
    if (std::uint32_t worker = 0; section.take_number("worker", worker, 0, ferry::TableLimits{}.workers - 1))
        port.worker = worker;
    if (section.has("vhost_user") && section.has("device"))
        section.fault("device", "is not allowed beside vhost_user; a port is one or the other");
    else if (!section.has("vhost_user") && !section.has("device"))
        section.fault("has neither vhost_user nor device; give a socket's path or DPDK device arguments");
    for (const char* key : {"mode", "queues"})
        if (section.has(key) && !section.has("vhost_user"))
            section.fault(key, "is for vhost_user ports only");
    if (section.has("held") && section.has("vhost_user"))
        section.fault("held", "is for device ports only; a vhost_user port's rings tell when its VM runs");
    if (section.has("announcements") && section.has("vhost_user"))
        section.fault("announcements", "is for device ports only; a vhost_user port's rings tell when its VM runs");
    if (section.has("device"))
        port.kind = device;
    else
        port.kind = vhost_user;
    section.refuse_unknown();
}

/// The VTEP that an address stands for where nothing else is said: its own, where that can be one.
std::optional<ferry::Ipv4Address> vtep_at(const std::string& address)
{
    const auto vtep = parse_vtep_address(std::string_view(address).substr(0, address.rfind(':')));
    return vtep ? std::optional(*vtep) : std::nullopt;
}

void read_peer_host(Section section, PeerHost& host)
{
    section.require("address", "the address and port on which the host is reached");
    const bool addressed = section.take("address", host.address, parse_endpoint);
    if (!section.take("vtep", host.vtep, parse_vtep_address) && !section.has("vtep") && addressed) {
        const auto vtep = vtep_at(host.address);
        host.vtep = vtep.value_or(host.vtep);
        if (!vtep)
            section.fault("has no vtep, and its address is none; give vtep");
    }
    section.take("name", host.name, parse_host_name);
    section.take_vni_set("vnis", host.vnis);
    section.refuse_unknown();
}

void read_peers(Section section, PeersConfig& peers)
{
    section.take("listen", peers.listen, parse_endpoint);
    std::vector<std::string> addresses;
    section.take_list("hosts", addresses, parse_endpoint);
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const auto vtep = vtep_at(addresses[i]);
        if (!vtep)
            section.fault("hosts", fmt::format("{} is not the address of a VTEP; write [[peers.host]] with address and vtep",
                                               addresses[i]));
        peers.hosts.push_back({addresses[i], vtep.value_or(ferry::Ipv4Address{}), std::nullopt, VniSet::all()});
    }
    for (Section& host : section.take_sections("host"))
        read_peer_host(std::move(host), peers.hosts.emplace_back());
    constexpr std::size_t most_hosts = 256;  // a thread and a connection each
    if (peers.hosts.size() > most_hosts)
        section.fault(section.has("host") ? "host" : "hosts",
                      fmt::format("has {} hosts; give {} at most", peers.hosts.size(), most_hosts));
    section.take_flag("insecure", peers.insecure);
    section.take_flag("datagrams", peers.datagrams);
    TlsConfig tls;
    section.take("ca", tls.ca, readable_file);
    section.take("certificate", tls.certificate, readable_file);
    section.take("key", tls.key, readable_file);
    if ((section.has("hosts") || section.has("host")) && !section.has("listen"))
        section.require("listen", "the address and port on which the other hosts reach this one");
    const bool any = section.has("ca") || section.has("certificate") || section.has("key");
    if (any && peers.insecure)
        section.fault("insecure", "must not be true where ca, certificate or key is given; choose TLS or plain text");
    else if (any || (section.has("listen") && !peers.insecure)) {
        section.require(
            "ca", "the file of the authority that signed the hosts' certificates, or insecure = true for plain text");
        section.require("certificate", "this host's certificate file, or insecure = true for plain text");
        section.require("key", "the file of the certificate's private key, or insecure = true for plain text");
    }
    if (any)
        peers.tls = tls;
    section.refuse_unknown();
}

/// `buffers` and `workers` are known already, and the dock has of them what they leave.
void read_dock(Section section, Config& config)
{
    config.dock.buffers = default_dock_buffers(config.dpdk.buffers, config.workers.count);
    section.take_number("bytes", config.dock.bytes, 0, std::int64_t{1} << 40);
    section.take_number("buffers", config.dock.buffers, 0, 8'388'608);
    section.refuse_unknown();
}

void read_move(Section section, Config& config)
{
    MoveConfig& move = config.move;
    section.take_number("hold_ms", move.hold_ms, 1, max_hold_ms);
    section.take_number("arm_ms", move.arm_ms, 0, 60'000);
    section.take_number("merge_ms", move.merge_ms, 0, 60'000);
    section.take_number("plain_ms", move.plain_ms, 0, 60'000);
    section.take_number("detour_ms", move.detour_ms, 0, 86'400'000);
    section.take_number("lease_ms", move.lease_ms, 100, 86'400'000);
    section.take_number("first_label", config.limits.first_label, 2, ferry::Vni::max);
    section.take_number("labels", config.limits.labels, 2, 1 << 20);
    section.refuse_unknown();
}

void read_limits(Section section, ferry::TableLimits& limits)
{
    section.take_number("rows", limits.rows, 1, 16'777'216);
    section.take_number("transaction_rows", limits.transaction_rows, 1, 16'777'216);
    section.take_number("segments", limits.segments, 1, 65'534);
    section.take_number("vteps", limits.vteps, 1, 1'048'576);
    section.take_number("attachments", limits.attachments, 1, 65'535);
    section.take_number("flood_remotes", limits.flood_remotes, 1, 65'535);
    section.take_number("turns", limits.turns, 1, 65'535);
    section.take_number("detours", limits.detours, 1, 65'535);
    section.refuse_unknown();
}

/// The table of a section that stands once; null where it is not there or is something else, which is a fault.
const toml::table* single(Reading& reading, const toml::table& root, const char* name)
{
    const toml::node* node = root.get(name);
    if (node != nullptr && !node->is_table())
        reading.fault(node->source().begin, name,
                      fmt::format("is a section that stands once; write [{}] and its keys below", name));
    return node != nullptr ? node->as_table() : nullptr;
}

/// Reads each [[name]] by `read` into a new element of `into`.
template <typename T>
void each(Reading& reading, const toml::table& root, const char* name, std::vector<T>& into, void (*read)(Section, T&))
{
    const toml::node* node = root.get(name);
    if (node == nullptr)
        return;
    const toml::array* list = node->as_array();
    if (list == nullptr || !std::all_of(list->begin(), list->end(), [](const toml::node& n) { return n.is_table(); })) {
        reading.fault(node->source().begin, name,
                      fmt::format("may stand several times; write [[{}]] and its keys below, for each", name));
        return;
    }
    for (std::size_t i = 0; i < list->size(); ++i)
        read(Section(reading, fmt::format("{}[{}]", name, i), (*list)[i].as_table()), into.emplace_back());
}

}  // namespace

void read_sections(Reading& reading, const toml::table& root, Config& config)
{
    const auto section = [&](const char* name) { return Section(reading, name, single(reading, root, name)); };
    read_host(section("host"), config.host);
    read_dpdk(section("dpdk"), config.dpdk);
    read_workers(section("workers"), config.workers);
    read_api(section("api"), config.api);
    read_underlay(section("underlay"), config.underlay);
    each(reading, root, "vtep", config.vteps, read_vtep);
    each(reading, root, "segment", config.segments, read_segment);
    each(reading, root, "fdb", config.fdb, read_fdb);
    each(reading, root, "port", config.ports, read_port);
    read_peers(section("peers"), config.peers);
    read_dock(section("dock"), config);
    read_move(section("move"), config);
    read_limits(section("limits"), config.limits);

    Section learning = section("learning");
    learning.take_number("ageing_seconds", config.ageing_seconds, 0, most_u32);
    learning.refuse_unknown();

    Section log = section("log");
    log.take_choice<std::string>(
        "level", config.log_level,
        {{"trace", "trace"}, {"debug", "debug"}, {"info", "info"}, {"warn", "warn"}, {"error", "error"}});
    log.refuse_unknown();

    refuse_unknown_keys(reading, root, "",
                        {"host", "dpdk", "workers", "api", "underlay", "vtep", "segment", "fdb", "port", "peers",
                         "dock", "move", "limits", "learning", "log"});
}

}  // namespace ferryd
