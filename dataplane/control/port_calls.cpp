#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "config/values.hpp"
#include "control/controller_impl.hpp"

namespace ferryd {

using ferry::ErrorCode;

Expected<void> Controller::Impl::add_port(const PortConfig& wanted)
{
    if (wanted.name.empty())
        return ferry::fail(ErrorCode::invalid_argument, "a port needs a name");
    if (ports.find(wanted.name) != nullptr)
        return ferry::fail(ErrorCode::already_exists, fmt::format("a port {} exists already", wanted.name));
    if (auto found = segment(wanted.vni); !found)
        return tl::unexpected(found.error());
    if (wanted.worker && *wanted.worker >= workers->size())
        return ferry::fail(ErrorCode::invalid_argument,
                           fmt::format("there is no worker {}; workers.count is {}, and they are numbered from 0 on", *wanted.worker,
                                       workers->size()));

    auto made = std::make_unique<AttachedPort>();
    made->config = wanted;
    made->key = ports.new_key();
    if (auto opened = open_port(*made); !opened)
        return opened;
    made->worker = wanted.worker ? *wanted.worker : ports.idlest_worker(underlay.get());
    if (auto attached = attach(*made); !attached)
        return attached;
    AttachedPort& port = ports.insert(std::move(made));
    know_endpoints(port);
    rewire();
    if (port.vhost == nullptr) {
        watch(port);
        if (!port.held)  // no ring tells: its VM runs where it is attached, unless an operator says when
            port_started(port, stamp_now());
    } else {
        if (auto started = port.vhost->start(); !started) {
            detach(port);
            ports.erase(wanted.name);
            return started;
        }
    }
    spdlog::info("port {} is attached to VNI {}", wanted.name, wanted.vni.value());
    return {};
}

Expected<void> Controller::Impl::open_port(AttachedPort& port)
{
    if (const auto* vhost = std::get_if<VhostUserPort>(&port.config.kind)) {
        auto opened = VhostPort::open(*vhost, port.key, *this, pool.get());
        if (!opened)
            return tl::unexpected(opened.error());
        port.vhost = opened->get();
        port.port = std::move(*opened);
        return {};
    }
    EthdevOptions options;
    options.pool = pool.get();
    options.mtu = config.underlay.mtu;
    options.promiscuous = true;
    options.interrupts = config.workers.poll == WorkersConfig::Poll::automatic;
    const std::string& device = std::get<DevicePort>(port.config.kind).device;
    if (const auto why = at_odds_with_pci(device, config.dpdk.pci))
        return ferry::fail(ErrorCode::invalid_argument, fmt::format("the device \"{}\" {}", device, *why));
    auto opened = EthdevPort::open(device, options);
    if (!opened)
        return tl::unexpected(opened.error());
    (*opened)->hold(port.config.held);
    port.held = port.config.held;
    port.port = std::move(*opened);
    return {};
}

/// Puts the port into the tables and makes its gates. Its rows come when its VM is seen to run.
Expected<void> Controller::Impl::attach(AttachedPort& port)
{
    const PortConfig& wanted = port.config;
    ferry::Transaction transaction(*tables);
    auto id = transaction.add_attachment(wanted.vni, wanted.macs);
    if (!id)
        return tl::unexpected(id.error());
    port.attachment = *id;
    port.before = tally_of(*id);
    if (auto committed = commit(transaction, stamp_now()); !committed)
        return tl::unexpected(committed.error());
    port.gates = std::make_unique<PortGates>(*port.port, port.attachment, wanted.vni, wanted.macs, workers->all()[port.worker]->gates());
    port.reachable = true;
    port.polled = port.is_vhost();  // which takes nothing before its VM may send; others are polled then
    return {};
}

/// The endpoints of a port that is in the table.
void Controller::Impl::know_endpoints(AttachedPort& port)
{
    for (const ferry::MacAddress mac : port.config.macs) {
        const ferry::move::Key key{port.config.vni, mac};
        EndpointGate& gate = port.gates->gate_of(mac);
        if (!moves->local.try_emplace(key, Moves::Local{&port, &gate}).second) {
            spdlog::warn("port {}: port {} has the MAC {} already, and gets its frames", port.name(), moves->local[key].port->name(),
                         mac.to_string());
            continue;
        }
        moves->book.watch_gate(key, gate.counters(), port.name());
    }
}

/// Returns when no dock of the port is on its way to another host any more, or soon: messages about other moves wait meanwhile.
void Controller::Impl::wait_for_flushes(const AttachedPort& port)
{
    const auto flushes = [&] {
        return std::any_of(moves->local.begin(), moves->local.end(),
                           [&](const auto& local) { return local.second.port == &port && local.second.flushing; });
    };
    constexpr std::int64_t patience = 200'000'000;
    for (const std::int64_t until = nanoseconds_now() + std::min(gate_times.wait, patience); flushes() && nanoseconds_now() < until;) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        take_gate_news();
    }
}

void Controller::Impl::forget_endpoints(AttachedPort& port)
{
    for (const ferry::MacAddress mac : port.config.macs) {
        const ferry::move::Key key{port.config.vni, mac};
        const auto local = moves->local.find(key);
        if (local == moves->local.end() || local->second.port != &port)
            continue;
        moves->machine->removed(key, nanoseconds_now(), moves->wanted);
        apply();
        moves->book.forget_gate(key);
        moves->local.erase(key);
        moves->silent.erase(key);
    }
}

/// Frees what waits in the port's gates, which get no frame any more; nobody knows them when this returns.
void Controller::Impl::clear_gates(AttachedPort& port)
{
    for (const auto& gate : port.gates->gates()) {
        for (const auto kind : {GateCommand::Kind::ring, GateCommand::Kind::discard, GateCommand::Kind::finish})
            command({kind, gate.get()});
    }
    workers->all()[port.worker]->gates().wait_until_obeyed();
    take_gate_news();
}

Expected<AttachedPort*> Controller::Impl::port_named(const std::string& name)
{
    AttachedPort* port = ports.find(name);
    if (port == nullptr)
        return ferry::fail(ErrorCode::not_found, fmt::format("there is no port {}", name));
    return port;
}

Expected<void> Controller::Impl::remove_port(const std::string& name)
{
    const auto port = port_named(name);
    if (!port)
        return tl::unexpected(port.error());
    detach(**port);
    ports.erase(name);
    spdlog::info("port {} is removed", name);
    return {};
}

/// Stops taking from the port, takes it out of the tables, then stops giving to it, and closes the device when nobody uses
/// it any more.
void Controller::Impl::detach(AttachedPort& port)
{
    forget(port);
    port.polled = port.started = false;  // so that nothing lets its VM send again
    rewire();
    workers->wait_until_handed_on();
    wait_for_flushes(port);
    forget_endpoints(port);
    {
        ferry::Transaction transaction(*tables);
        if (auto removed = transaction.remove_attachment(port.attachment); !removed)
            spdlog::error("port {}: {}", port.name(), removed.error().sentence);
        if (auto committed = commit(transaction, stamp_now()); !committed)
            spdlog::error("port {}: {}", port.name(), committed.error().sentence);
    }
    port.reachable = false;
    rewire();
    workers->wait_until_handed_on();
    clear_gates(port);
    port.port->close();
}

void Controller::Impl::rewire()
{
    workers->rewire(ports.wiring(underlay.get(), host_interface.get()));
}

std::vector<PortStatus> Controller::Impl::port_statuses()
{
    std::vector<PortStatus> all{status_of_underlay()};
    for (const auto& [name, port] : ports.all())
        all.push_back(status_of_port(*port));
    return all;
}

PortStatus Controller::Impl::status_of_port(const AttachedPort& port)
{
    PortStatus status;
    status.name = port.name();
    if (const auto* vhost = std::get_if<VhostUserPort>(&port.config.kind)) {
        status.kind = "vhost-user";
        status.device = vhost->socket.string();
        status.migrating = port.vhost->migrating();
    } else {
        status.kind = "ethdev";
        status.device = std::get<DevicePort>(port.config.kind).device;
    }
    status.vni = port.config.vni;
    status.macs = port.config.macs;
    status.state = port.port->state();
    status.worker = port.worker;
    status.kernel_drops = port.kernel_drops;
    status.traffic = status_of(tally_of(port.attachment).since(port.before));
    status.announcements = port.watched != 0 ? "kernel" : "";
    return status;
}

/// Its frames in are the workers'; out and drops are those of all VTEPs.
PortStatus Controller::Impl::status_of_underlay()
{
    PortStatus status;
    status.name = "underlay";
    status.kind = "ethdev";
    status.device = config.underlay.device;
    status.underlay = true;
    status.state = underlay->state();
    status.kernel_drops = underlay_kernel_drops;
    if (const Steering* steering = underlay->steering())
        status.steering = {to_string(steering->mode()), underlay->zero_copy(), steering->program_id()};
    Tally traffic = tally_of(ferry::VtepId::none);
    for (const ferry::Adjacency* adjacency : tables->vteps().all())
        traffic.add(tally_of(adjacency->vtep).since(vteps_before[adjacency->vtep]));
    traffic.in_frames = traffic.in_bytes = 0;
    for (const auto& worker : workers->all()) {
        traffic.in_frames += worker->engine().counters().underlay_in_frames.get();
        traffic.in_bytes += worker->engine().counters().underlay_in_bytes.get();
    }
    status.traffic = status_of(traffic);
    if (host_interface != nullptr)
        status.host_interface = status_of_host_interface();
    return status;
}

HostInterfaceStatus Controller::Impl::status_of_host_interface() const
{
    const TapTraffic traffic = host_interface->traffic();
    Tally tally;
    tally.in_frames = traffic.in_frames;
    tally.in_bytes = traffic.in_bytes;
    tally.out_frames = traffic.out_frames;
    tally.out_bytes = traffic.out_bytes;
    tally.drops[static_cast<std::size_t>(ferry::DropReason::transmit_failed)] = traffic.refused;
    return {config.underlay.host_interface, host_interface->state(), status_of(tally)};
}

}  // namespace ferryd
