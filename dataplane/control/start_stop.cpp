#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <spdlog/spdlog.h>

#include "control/controller_impl.hpp"

namespace ferryd {

using ferry::ErrorCode;

void Controller::Impl::FreePool::operator()(rte_mempool* made) const noexcept
{
    rte_mempool_free(made);
}

namespace {

/// As rte_pktmbuf_pool_create() makes it, which takes no flags; null, and rte_errno, where there is no memory. Without a NIC
/// that writes to physical addresses the buffers lie one behind the other: DPDK otherwise leaves gaps so that none crosses a
/// page, a whole one for each buffer on 4 KiB pages, and its AF_XDP driver gives the kernel as much of the memory as buffers
/// without gaps take (drivers/net/af_xdp, xdp_umem_configure()), so that those behind it could neither be sent nor received
/// into.
rte_mempool* make_pool(const DpdkConfig& dpdk)
{
    constexpr unsigned cached_by_each_worker = 256;
    rte_pktmbuf_pool_private about{};
    about.mbuf_data_room_size = static_cast<std::uint16_t>(dpdk.buffer_size);
    rte_mempool* const made = rte_mempool_create_empty("ferryd", dpdk.buffers, static_cast<unsigned>(sizeof(rte_mbuf)) + dpdk.buffer_size,
                                                       cached_by_each_worker, sizeof(about), SOCKET_ID_ANY,
                                                       dpdk.pci ? 0 : RTE_MEMPOOL_F_NO_IOVA_CONTIG);
    if (made == nullptr)
        return nullptr;
    int failed = rte_mempool_set_ops_byname(made, rte_mbuf_best_mempool_ops(), nullptr);
    if (failed == 0) {
        rte_pktmbuf_pool_init(made, &about);
        failed = std::min(0, rte_mempool_populate_default(made));
    }
    if (failed != 0) {
        rte_mempool_free(made);
        rte_errno = -failed;
        return nullptr;
    }
    rte_mempool_obj_iter(made, rte_pktmbuf_init, nullptr);
    return made;
}

}  // namespace

Expected<void> Controller::Impl::start()
{
    pool.reset(make_pool(config.dpdk));
    if (pool == nullptr)
        return ferry::fail(ErrorCode::no_memory,
                           fmt::format("{} buffers of {} bytes cannot be had ({}); raise dpdk.memory_mb ({} now), or lower "
                                       "dpdk.buffers", config.dpdk.buffers, config.dpdk.buffer_size, rte_strerror(rte_errno),
                                       config.dpdk.memory_mb));
    auto made = ferry::Tables::make(config.limits);
    if (!made)
        return tl::unexpected(made.error());
    tables = std::move(*made);
    learner = std::make_unique<ferry::Learner>(*tables, ferry::LearningRules{config.ageing_seconds, ferry::LearningRules{}.max_rows_per_segment, [this](ferry::FdbKey key, ferry::Row present, ferry::Row seen) { return follows(key, present, seen); }});
    if (auto prepared = prepare_moves(); !prepared)
        return prepared;

    if (auto opened = open_underlay(); !opened)
        return opened;
    ferry::WorkerConfig engine{config.host.own_vtep(), config.host.entropy_ports, pool.get()};
    engine.pass_irregular = host_interface != nullptr;
    next_hop_table = std::make_unique<NextHopTable>(config.limits.vteps);
    auto started = WorkerSet::start(*tables, config.workers, engine, *gate_shared, *next_hop_table, {config.underlay.pending_frames});
    if (!started)
        return tl::unexpected(started.error());
    workers = std::move(*started);
    if (auto filled = fill_tables(); !filled)
        return filled;
    note_ferry_vteps();
    rewire();
    for (const PortConfig& port : config.ports) {
        if (auto added = add_port(port); !added)
            return ferry::fail(added.error().code, fmt::format("port {}: {}", port.name, added.error().sentence));
    }
    return {};
}

/// The machine that moves endpoints, the dock, and what gates need to know.
Expected<void> Controller::Impl::prepare_moves()
{
    constexpr std::int64_t millisecond = 1'000'000;
    const Stamp now = stamp_now();
    moves = std::make_unique<Moves>(config.host.vtep, now.realtime_ns - nanoseconds_of(now.tsc));
    ferry::move::MachineConfig wanted;
    wanted.self = config.host.vtep;
    if (messenger != nullptr)
        for (const PeerStatus& peer : messenger->peers())
            if (!peer.vtep.is_zero())
                wanted.peers.push_back(peer.vtep);
    moves->ferry_hosts = {wanted.peers.begin(), wanted.peers.end()};
    if (term_file != nullptr) {
        wanted.term = term_file->term() + 1;
        if (auto kept = term_file->keep(wanted.term); !kept)
            return kept;
    }
    wanted.first_label = config.limits.first_label;
    wanted.labels = config.limits.labels;
    wanted.times.hold = config.move.hold_ms * millisecond;
    wanted.times.arm = config.move.arm_ms * millisecond;
    wanted.times.plain = config.move.plain_ms * millisecond;
    wanted.times.lease = config.move.lease_ms * millisecond;
    wanted.times.detour = config.move.detour_ms * millisecond;
    wanted.bounds.keys = config.limits.rows;
    wanted.bounds.detours = config.limits.detours;
    auto machine = ferry::move::Machine::make(wanted);
    if (!machine)
        return tl::unexpected(machine.error());
    moves->machine = std::move(*machine);

    gate_times.merge = config.move.merge_ms * millisecond;
    gate_times.plain = config.move.plain_ms * millisecond;
    gate_times.wait = config.move.hold_ms * millisecond;
    dock = std::make_unique<ferry::move::DockBudget>(config.dock.bytes, config.dock.buffers);
    ferry_vteps = std::make_unique<std::atomic<bool>[]>(std::size_t{config.limits.vteps} + 1);
    gate_shared = std::make_unique<GateShared>(GateShared{*dock, gate_times, ferry_vteps.get(), config.limits.vteps + 1, pool.get(),
                                                          [this] { control->wake(); }});
    return {};
}

void Controller::Impl::note_ferry_vteps()
{
    for (const ferry::Adjacency* adjacency : tables->vteps().all())
        ferry_vteps[ferry::index_of(adjacency->vtep)].store(moves->ferry_hosts.contains(adjacency->remote), std::memory_order_relaxed);
}

Expected<void> Controller::Impl::open_underlay()
{
    EthdevOptions options;
    options.pool = pool.get();
    options.transmit_queues = static_cast<std::uint16_t>(config.workers.count);
    options.receive_queues = options.transmit_queues;
    if (!config.underlay.queue_workers.empty())
        options.receive_queues = static_cast<std::uint16_t>(config.underlay.queue_workers.size());
    options.mtu = config.underlay.mtu;
    options.underlay = true;
    options.interrupts = config.workers.poll == WorkersConfig::Poll::automatic;
    options.all_multicast = !config.underlay.host_interface.empty();
    options.steered_by = config.underlay.xdp_program.empty() ? installed_steering_program() : config.underlay.xdp_program;
    auto opened = EthdevPort::open(config.underlay.device, options);
    if (!opened)
        return ferry::fail(opened.error().code, fmt::format("underlay: {}", opened.error().sentence));
    underlay = std::move(*opened);
    underlay_mac = underlay->mac();
    if (auto made = open_host_interface(); !made)
        return made;
    return open_local_vteps();
}

/// Before the VTEP address is looked for: it is an address of this interface.
Expected<void> Controller::Impl::open_host_interface()
{
    if (config.underlay.host_interface.empty())
        return {};
    TapOptions options;
    options.interface = config.underlay.host_interface;
    options.mac = underlay_mac;
    options.mtu = config.underlay.mtu;
    options.queues = static_cast<std::uint16_t>(config.workers.count);
    options.pool = pool.get();
    auto opened = TapPort::open(options);
    if (!opened)
        return ferry::fail(opened.error().code, fmt::format("underlay.host_interface: {}", opened.error().sentence));
    host_interface = std::move(*opened);
    return {};
}

/// What the configuration says of VTEPs, segments and rows, in one transaction.
Expected<void> Controller::Impl::fill_tables()
{
    ferry::Transaction transaction(*tables);
    const auto failed = [](const std::string& what, const ferry::Error& error) {
        return ferry::fail(error.code, fmt::format("{}: {}", what, error.sentence));
    };
    std::map<ferry::Ipv4Address, ferry::VtepId> ids;
    for (const VtepConfig& vtep : config.vteps) {
        const auto spec = adjacency_for(vtep);
        if (!spec)
            return tl::unexpected(spec.error());
        auto added = transaction.add_vtep(vtep.address, *spec);
        if (!added)
            return failed(fmt::format("VTEP {}", vtep.address.to_string()), added.error());
        ids.emplace(vtep.address, *added);
    }
    for (const SegmentConfig& segment : config.segments) {
        if (auto added = transaction.add_segment(segment.vni, segment.learning); !added)
            return failed(fmt::format("VNI {}", segment.vni.value()), added.error());
        if (auto set = transaction.set_flood(segment.vni, segment.flood); !set)
            return failed(fmt::format("flood list of VNI {}", segment.vni.value()), set.error());
    }
    for (const FdbConfig& entry : config.fdb) {
        const auto id = ids.find(entry.vtep);
        if (id == ids.end())
            return ferry::fail(ErrorCode::not_found, fmt::format("FDB row {}: the VTEP {} is not in the configuration",
                                                                 entry.mac.to_string(), entry.vtep.to_string()));
        if (auto set = transaction.set_row(entry.vni, entry.mac, ferry::Row::remote(id->second, ferry::RowOrigin::permanent)); !set)
            return failed(fmt::format("FDB row {}", entry.mac.to_string()), set.error());
    }
    if (auto committed = transaction.commit(); !committed)
        return failed("filling the tables", committed.error());
    for (const VtepConfig& vtep : config.vteps)
        follow_next_hop(vtep);
    return {};
}

void Controller::Impl::stop()
{
    follower.reset();
    // Attachments first, while the underlay still takes what their VMs have sent.
    while (!ports.all().empty()) {
        AttachedPort& port = *ports.all().begin()->second;
        detach(port);
        ports.erase(port.name());
    }
    announcements.reset();
    if (workers != nullptr) {
        workers->rewire(ports.wiring(nullptr));
        workers.reset();
    }
    reservations.clear();
    host_interface.reset();
    underlay.reset();
}

/// About every 10 ms, and at once when a ring has started or stopped.
void Controller::Impl::round()
{
    if (workers == nullptr)
        return;
    take_ring_events();
    take_announcements();
    take_next_hops();
    look_after_moves();

    const std::uint64_t now = stamp_now().tsc;
    std::array<ferry::LearnEvent, 64> seen;
    for (const auto& worker : workers->all()) {
        // A worker that goes on learning must not keep this thread: at most what its queue holds.
        for (std::size_t taken = 0; taken < ferry::LearnQueue::capacity;) {
            const std::size_t count = worker->engine().learned().pop(seen.data(), seen.size());
            learner->apply({seen.data(), count}, seconds_of(now));
            taken += count;
            if (count < seen.size())
                break;
        }
    }
    if (now >= next_observation_tsc) {
        next_observation_tsc = now + ticks_of_milliseconds(100);
        underlay_kernel_drops = underlay->observe();
        for (const auto& [name, port] : ports.all())
            port->kernel_drops = port->port->observe();
    }
    if (seconds_of(now) != last_ageing) {
        last_ageing = seconds_of(now);
        learner->age(last_ageing);
    }
    ferry::reclaim(*tables);
}

}  // namespace ferryd
