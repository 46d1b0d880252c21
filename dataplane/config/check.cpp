// What no single value can tell: duplicates, references to what is not there, bounds that belong together.
#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <variant>

#include "config/kernel_interface.hpp"
#include "config/section.hpp"

namespace ferryd {

namespace {

/// Bytes around a frame in its buffer: DPDK's headroom before it, an Ethernet header on it.
constexpr std::uint32_t headroom = 128;
constexpr std::uint32_t ethernet_header = 14;
/// What the kernel's VLAN devices on the host's interface put around a packet of the MTU; a tap cuts what has no room.
constexpr std::uint32_t vlan_tags = 8;
/// What DPDK adds to each buffer's data room: struct rte_mbuf (128) and the pool's own header and alignment (128).
constexpr std::uint64_t buffer_overhead = 256;

class Whole {
public:
    Whole(Reading& reading, const Config& config) : reading_(reading), config_(config) {}

    void run()
    {
        buffers();
        workers();
        local_vteps();
        vteps();
        segments();
        fdb();
        ports();
        peers();
        dock();
        labels();
        limits();
    }

private:
    /// Notes a fault of a value in the file that has none yet.
    void fault(const std::string& path, std::string sentence)
    {
        if (reading_.good(path))
            reading_.fault_of(path, std::move(sentence));
    }
    /// The first to come with a value owns it; a later one has a fault.
    template <typename Key>
    void claim(std::set<Key>& taken, const Key& key, const std::string& path, const std::string& shown_value)
    {
        if (reading_.good(path) && !taken.insert(key).second)
            fault(path, fmt::format("{} is taken already", shown_value));
    }
    /// Where element `j` of a list of `size` good values stands: at its own place unless others of the list were
    /// faulty.
    std::string element(const std::string& list, std::size_t size, std::size_t j) const
    {
        return reading_.remembers(fmt::format("{}[{}]", list, size)) ? list : fmt::format("{}[{}]", list, j);
    }
    void known_segment(ferry::Vni vni, const std::string& path)
    {
        if (all_segments_ && vnis_.count(vni) == 0)
            fault(path, fmt::format("there is no segment of VNI {0}; add a [[segment]] with vni = {0}", vni.value()));
    }
    void known_vtep(ferry::Ipv4Address address, const std::string& path)
    {
        if (all_vteps_ && addresses_.count(address) == 0)
            fault(path,
                  fmt::format("there is no VTEP {0}; add a [[vtep]] with address = \"{0}\"", address.to_string()));
    }
    void within(std::size_t count, const char* what, std::uint32_t bound, const char* key)
    {
        if (count <= bound)
            return;
        const std::string path = fmt::format("limits.{}", key);
        reading_.fault_of(path, fmt::format("{} is too low; the configuration has {} {}", bound, count, what));
    }

    void fits_pci(std::string_view device, const std::string& path)
    {
        if (auto why = at_odds_with_pci(device, config_.dpdk.pci))
            fault(path, std::move(*why));
    }

    void buffers()
    {
        const DpdkConfig& dpdk = config_.dpdk;
        const std::uint64_t needed = dpdk.buffers * (dpdk.buffer_size + buffer_overhead);
        if (needed > std::uint64_t{dpdk.memory_mb} << 20)
            reading_.fault_of("dpdk.memory_mb",
                              fmt::format("{} MiB do not hold {} buffers of {} bytes; they take {} MiB", dpdk.memory_mb,
                                          dpdk.buffers, dpdk.buffer_size, (needed + (1 << 20) - 1) >> 20));
        const std::uint32_t tags = config_.underlay.host_interface.empty() ? 0 : vlan_tags;
        const std::uint32_t frame = headroom + ethernet_header + tags + config_.underlay.mtu;
        if (dpdk.buffer_size < frame)
            reading_.fault_of("dpdk.buffer_size",
                              fmt::format("{} is too small for an underlay of MTU {}; give at least {}",
                                          dpdk.buffer_size, config_.underlay.mtu, frame));
        fits_pci(config_.underlay.device, "underlay.device");
        if (!config_.underlay.host_interface.empty() && is_kernels_device(config_.underlay.device))
            fault("underlay.host_interface",
                  fmt::format("is not for {}, whose interface stays the kernel's; leave it out",
                              device_name(config_.underlay.device)));
    }

    void workers()
    {
        const WorkersConfig& workers = config_.workers;
        std::set<std::uint32_t> seen;
        for (std::size_t i = 0; i < workers.cpus.size(); ++i)
            claim(seen, workers.cpus[i], element("workers.cpus", workers.cpus.size(), i),
                  fmt::format("CPU {}", workers.cpus[i]));
        if (workers.first_threads() > workers.count)
            fault("workers.threads", fmt::format("{} threads for {} workers; a worker is run by one thread",
                                                 workers.first_threads(), workers.count));
        const std::vector<std::uint32_t>& queues = config_.underlay.queue_workers;
        for (std::size_t i = 0; i < queues.size(); ++i)
            known_worker(queues[i], element("underlay.queue_workers", queues.size(), i));
    }

    void known_worker(std::uint32_t worker, const std::string& path)
    {
        if (worker >= config_.workers.count)
            fault(path, fmt::format("there is no worker {}; workers.count is {}, and they are numbered from 0 on", worker,
                                    config_.workers.count));
    }

    void local_vteps()
    {
        const std::vector<ferry::LocalVtep>& also = config_.host.also;
        for (std::size_t i = 0; i < also.size(); ++i)
            if (also[i] == config_.host.own_vtep())
                fault(element("host.also", also.size(), i), "is vtep and vxlan_port, which need not be here");
        if (also.size() > ferry::LocalVteps::most)
            fault("host.also", fmt::format("has {} local VTEPs; {} are the most", also.size(), ferry::LocalVteps::most));
    }

    void vteps()
    {
        for (std::size_t i = 0; i < config_.vteps.size(); ++i) {
            const VtepConfig& vtep = config_.vteps[i];
            const std::string path = fmt::format("vtep[{}]", i);
            const std::string text = vtep.address.to_string();
            all_vteps_ = all_vteps_ && reading_.good(path + ".address");
            const auto& also = config_.host.also;
            if (vtep.address == config_.host.vtep ||
                std::any_of(also.begin(), also.end(), [&](const ferry::LocalVtep& local) { return local.address == vtep.address; }))
                fault(path + ".address", fmt::format("{} is this host's own VTEP; [[vtep]] is for the others", text));
            claim(addresses_, vtep.address, path + ".address", text);
            if (!reading_.remembers(path + ".mac") && !reading_.remembers("underlay.gateway_mac") &&
                !kernel_interface_of(config_.underlay))
                fault(path, "has no mac, and [underlay] has no gateway_mac and no interface (iface=, or host_interface) "
                            "that the kernel could tell one for; give a mac");
        }
    }

    void segments()
    {
        for (std::size_t i = 0; i < config_.segments.size(); ++i) {
            const SegmentConfig& segment = config_.segments[i];
            const std::string path = fmt::format("segment[{}]", i);
            all_segments_ = all_segments_ && reading_.good(path + ".vni");
            claim(vnis_, segment.vni, path + ".vni", fmt::format("VNI {}", segment.vni.value()));
            for (std::size_t j = 0; j < segment.flood.size(); ++j)
                known_vtep(segment.flood[j], element(path + ".flood", segment.flood.size(), j));
            if (segment.flood.size() > config_.limits.flood_remotes)
                fault(path + ".flood", fmt::format("has {} remotes; limits.flood_remotes allows {}",
                                                   segment.flood.size(), config_.limits.flood_remotes));
        }
    }

    void fdb()
    {
        std::set<std::pair<ferry::Vni, ferry::MacAddress>> seen;
        for (std::size_t i = 0; i < config_.fdb.size(); ++i) {
            const FdbConfig& row = config_.fdb[i];
            const std::string path = fmt::format("fdb[{}]", i);
            known_segment(row.vni, path + ".vni");
            known_vtep(row.vtep, path + ".vtep");
            claim(seen, std::pair(row.vni, row.mac), path + ".mac",
                  fmt::format("{} of VNI {}", row.mac.to_string(), row.vni.value()));
        }
    }

    void ports()
    {
        std::set<std::string> names, sockets{config_.api.socket.string()};
        std::set<std::string> devices{std::string(device_name(config_.underlay.device))};
        std::set<std::pair<ferry::Vni, ferry::MacAddress>> macs;
        for (std::size_t i = 0; i < config_.ports.size(); ++i) {
            const PortConfig& port = config_.ports[i];
            const std::string path = fmt::format("port[{}]", i);
            claim(names, port.name, path + ".name", in_quotes(port.name));
            known_segment(port.vni, path + ".vni");
            if (port.worker)
                known_worker(*port.worker, path + ".worker");
            for (std::size_t j = 0; j < port.macs.size(); ++j)
                claim(macs, std::pair(port.vni, port.macs[j]), element(path + ".macs", port.macs.size(), j),
                      fmt::format("{} of VNI {}", port.macs[j].to_string(), port.vni.value()));
            if (const auto* vhost_user = std::get_if<VhostUserPort>(&port.kind))
                claim(sockets, vhost_user->socket.string(), path + ".vhost_user",
                      in_quotes(vhost_user->socket.string()));
            if (const auto* device = std::get_if<DevicePort>(&port.kind)) {
                const std::string name(device_name(device->device));
                claim(devices, name, path + ".device", in_quotes(name));
                fits_pci(name, path + ".device");
            }
        }
    }

    void peers()
    {
        std::set<std::string> addresses, names;
        std::set<ferry::Ipv4Address> vteps;
        // The short list comes first, then each [[peers.host]].
        std::size_t listed = config_.peers.hosts.size();
        for (std::size_t i = 0; reading_.remembers(fmt::format("peers.host[{}]", i)); ++i)
            --listed;
        for (std::size_t i = 0; i < config_.peers.hosts.size(); ++i) {
            const PeerHost& host = config_.peers.hosts[i];
            const bool in_list = i < listed;
            const std::string path =
                in_list ? element("peers.hosts", listed, i) : fmt::format("peers.host[{}]", i - listed);
            const std::string address = in_list ? path : path + ".address";
            const std::string vtep = reading_.remembers(path + ".vtep") ? path + ".vtep" : address;
            if (host.address == config_.peers.listen)
                fault(address, fmt::format("{} is this host's own address; hosts are the others", host.address));
            else if (host.vtep == config_.host.vtep)
                fault(vtep, fmt::format("{} is this host's own VTEP; hosts are the others", host.vtep.to_string()));
            claim(addresses, host.address, address, host.address);
            claim(vteps, host.vtep, vtep, host.vtep.to_string());
            if (host.name) {
                if (*host.name == config_.host.name)
                    fault(path + ".name", fmt::format("{} is this host's own name", in_quotes(*host.name)));
                claim(names, *host.name, path + ".name", in_quotes(*host.name));
            }
        }
    }

    void dock()
    {
        const std::uint32_t most = default_dock_buffers(config_.dpdk.buffers, config_.workers.count);
        if (config_.dock.buffers > most)
            fault("dock.buffers",
                  fmt::format("{} leave receiving too few of the {} buffers; give {} at most, or raise dpdk.buffers",
                              config_.dock.buffers, config_.dpdk.buffers, most));
    }

    /// A frame under a label must not be taken for one of a segment.
    void labels()
    {
        const ferry::TableLimits& limits = config_.limits;
        const std::uint64_t end = std::uint64_t{limits.first_label} + limits.labels;
        if (limits.first_label % 2 != 0)
            fault("move.first_label", fmt::format("{} is odd; give an even VNI", limits.first_label));
        if (limits.labels % 2 != 0)
            fault("move.labels", fmt::format("{} is odd; a move takes two labels", limits.labels));
        if (end > ferry::Vni::max)  // the last VNI stands for "no label" in the tables
            reading_.fault_of(reading_.remembers("move.labels") ? "move.labels" : "move.first_label",
                              fmt::format("{} labels from {} on go beyond VNI {}", limits.labels, limits.first_label,
                                          ferry::Vni::max - 1));
        for (std::size_t i = 0; i < config_.segments.size(); ++i) {
            const std::uint32_t vni = config_.segments[i].vni.value();
            if (vni >= limits.first_label && vni < end)
                fault(fmt::format("segment[{}].vni", i),
                      fmt::format("{} is among the VNIs {} to {}, which are reserved for moves; see move.first_label", vni,
                                  limits.first_label, end - 1));
        }
    }

    void limits()
    {
        const ferry::TableLimits& limits = config_.limits;
        std::size_t rows = config_.fdb.size();
        for (const PortConfig& port : config_.ports)
            rows += port.macs.size();
        within(rows, "rows, the ports' MACs among them", limits.rows, "rows");
        within(config_.segments.size(), "segments", limits.segments, "segments");
        within(config_.vteps.size(), "VTEPs", limits.vteps, "vteps");
        within(config_.ports.size(), "ports", limits.attachments, "attachments");
        if (limits.transaction_rows > limits.rows)
            reading_.fault_of("limits.transaction_rows", fmt::format("{} is more than limits.rows, which is {}",
                                                                     limits.transaction_rows, limits.rows));
    }

    Reading& reading_;
    const Config& config_;
    std::set<ferry::Vni> vnis_;
    std::set<ferry::Ipv4Address> addresses_;
    /// Whether all [[segment]]s and [[vtep]]s could be read; otherwise a reference to nothing is not a fault of its
    /// own.
    bool all_segments_ = true, all_vteps_ = true;
};

}  // namespace

void check_whole(Reading& reading, const Config& config)
{
    Whole(reading, config).run();
}

}  // namespace ferryd
