// What happens in a run: who sends, which VMs move where, what fails. All of it follows from the seed.
#include <algorithm>

#include <fmt/format.h>

#include "world.hpp"

namespace ferry::sim {

World::World(const Options& given) : options(given), random(given.seed)
{
    choose();
    build();
}

void World::choose()
{
    const auto or_random = [&](unsigned value, unsigned low, unsigned high) {
        const auto chosen = static_cast<unsigned>(random.between(low, high));
        return value != 0 ? value : chosen;
    };
    ferry_hosts = or_random(options.hosts, 3, 7);
    const unsigned plain = or_random(options.plain, 0, 2);
    const unsigned endpoints = or_random(options.endpoints, 1, 4);
    const unsigned senders = or_random(options.senders, 1, 4);
    const unsigned moves = or_random(options.moves, 1, 5);
    const unsigned kind = random.below(10);
    faults_ = options.faults;
    if (options.any_faults && kind >= 3)
        faults_ = kind < 7 ? Faults::messages : Faults::all;

    shortest_way_ = random.between(5, 50) * us;
    longest_way_ = shortest_way_ + random.between(50, 2000) * us;
    flow_gap_ = random.between(100, 1500) * us;
    times.hold = random.between(300, 800) * ms;
    times.arm = 15 * ms;
    times.plain = 10 * ms;
    times.lease = random.between(1500, 2500) * ms;
    times.retry = random.between(3, 20) * ms;
    times.retry_longest = 5 * times.retry;
    times.settle = 150 * ms;
    times.detour = 20 * ms;
    gate_times.plain = 10 * ms;
    gate_times.merge = 20 * ms;
    gate_times.wait = 10'000 * ms;
    dock_frames = random.chance(15) ? 64 : 1U << 14;
    if (ferry_hosts > 64)
        dock_frames = 2048;
    full_ports = random.chance(50) ? static_cast<unsigned>(random.between(1, 80)) : 0;
    most_keys = random.chance(20) ? endpoints : 65'536;
    if (faults_ != Faults::none) {
        lost_messages_ = static_cast<unsigned>(random.between(0, 30));
        doubled_messages_ = static_cast<unsigned>(random.between(0, 30));
        late_messages_ = static_cast<unsigned>(random.between(0, 20));
    }
    if (faults_ == Faults::all && random.chance(30))
        lost_frames_ = random.below(200);
    switch (options.broken) {
    case Broken::short_arm: times.arm = 0; break;
    case Broken::no_barrier: gate_times.merge = 0; break;
    case Broken::short_plain: gate_times.plain = 0; break;
    case Broken::no_repeat: times.retry = times.retry_longest = 1'000'000 * ms; break;
    default: break;
    }

    vms_.resize(endpoints);
    plain_rows_.resize(plain);
    const unsigned moving = options.moving != 0 ? std::min(options.moving, endpoints) : endpoints;
    for (unsigned i = 0; i < endpoints; ++i) {
        Vm& vm = vms_[i];
        vm.host = random.below(ferry_hosts);
        vm.moves_left = i < moving ? moves : 0;
        if (i >= moving)
            continue;
        for (unsigned sender = 0; sender < senders; ++sender) {
            const unsigned from = random.below(ferry_hosts + plain);
            vm.sender_hosts.insert(from);
            vm.flows.push_back(static_cast<std::uint32_t>(books.flows.size()));
            books.flows.push_back({i, from, 0, 0, 0, 0, {}});
        }
    }
}

std::vector<move::Host> World::peers_of(unsigned host)
{
    std::vector<move::Host> peers;
    const unsigned most = 31;  // a segment's, in a large run
    for (unsigned i = 1; i < ferry_hosts && peers.size() < most; ++i)
        peers.push_back(address((host + i) % ferry_hosts));
    return peers;
}

/// All endpoints run and are known to those who send to them.
void World::build()
{
    for (unsigned i = 0; i < ferry_hosts; ++i)
        hosts_.push_back(std::make_unique<SimHost>(*this, i));
    for (unsigned i = 0; i < vms_.size(); ++i) {
        Vm& vm = vms_[i];
        vm.running = true;
        vm.been_on.insert(vm.host);
        SimHost& home = host(vm.host);
        if (vm.moves_left == 0) {  // one of very many that only have to be remembered
            move::Actions out;
            if (!home.machine->ring_started(key(i), {move::Place::Kind::plain, address(vm.host)}, 0, out))
                fail("no room for an endpoint at the beginning");
            home.machine->opened(key(i), 0, 0, out);
            home.machine->merged(key(i), 0, out);
            vm.running = false;
            continue;
        }
        home.at(i).running = true;
        home.tell([&](move::Machine& of, Time now, move::Actions& out) {
            if (!of.ring_started(key(i), {move::Place::Kind::plain, address(vm.host)}, now, out))
                fail("no room for an endpoint at the beginning");
        });
        home.poll(home.at(i));
        for (unsigned sender : vm.sender_hosts)
            if (!is_ferry(sender))
                plain_rows_[sender - ferry_hosts][i] = {vm.host, random.chance(30), 0};
        // Hosts that will have it, or send to it, know where it is.
        if (vm.moves_left > 0)
            for (unsigned other = 0; other < std::min(ferry_hosts, 64U); ++other)
                if (other != vm.host)
                    host(other).set_row(host(other).at(i), {SimRow::Kind::remote, vm.host});
    }
    clock.run(20 * ms);

    const bool any_moves = std::any_of(vms_.begin(), vms_.end(), [](const Vm& vm) { return vm.moves_left > 0; });
    traffic_ends_ = clock.now() + (any_moves ? 100 * ms : 0);
    for (const Vm& vm : vms_)
        for (std::uint32_t flow : vm.flows)
            send_frame(flow);
    for (unsigned i = 0; i < vms_.size(); ++i)
        if (vms_[i].moves_left > 0)
            plan_move(i, random.between(0, 30) * ms);
    if (faults_ == Faults::all)
        plan_faults();
}

void World::send_frame(std::uint32_t flow)
{
    const Flow& of = books.flows[flow];
    if (clock.now() > traffic_ends_)
        return;
    if (!is_ferry(of.host)) {
        send_packet({books.send(flow), of.host, plain_rows_[of.host - ferry_hosts][of.endpoint].to});
    } else if (host(of.host).up) {
        host(of.host).from_attachment(of.endpoint, books.send(flow));
    }
    clock.after(random.between(flow_gap_ / 10, flow_gap_ * 2), [this, flow] { send_frame(flow); });
}

void World::plan_move(unsigned endpoint, Time after)
{
    traffic_ends_ = std::max(traffic_ends_, clock.now() + after + 150 * ms);
    clock.after(after, [this, endpoint] { move_vm(endpoint); });
}

void World::stop_vm(unsigned endpoint)
{
    Vm& vm = vms_[endpoint];
    vm.running = false;
    trace(fmt::format("VM {} stops on {}", endpoint, vm.host));
    if (host(vm.host).up)
        host(vm.host).stop_ring(endpoint);
}

void World::start_vm(unsigned endpoint, unsigned at)
{
    Vm& vm = vms_[endpoint];
    // Until the host before has opened it holds plain senders' frames, and then each for T_plain from its first one on:
    // these spend more than T_plain on their way by it.
    const SimEndpoint* const before = host(vm.host).find(endpoint);
    const bool is_open = before == nullptr || !before->asked_at;
    if (at != vm.host && (!is_open || clock.now() - std::max(vm.started, vm.opened) < 4 * gate_times.plain))
        vm.hurried = true;
    if (at != vm.host)
        vm.started = clock.now();
    vm.host = at;
    vm.been_on.insert(at);
    vm.running = true;
    trace(fmt::format("VM {} starts on {}", endpoint, at));
    if (host(at).up)
        host(at).start_ring(endpoint);
}

void World::move_vm(unsigned endpoint)
{
    Vm& vm = vms_[endpoint];
    if (vm.moves_left == 0)
        return;
    --vm.moves_left;
    ++vm.moves;
    ++moves_;
    const unsigned from = vm.host;
    unsigned to = random.below(std::min(ferry_hosts, 64U) - 1);
    to += to >= from;
    Time pause = random.chance(50) ? random.between(20, 2000) * us : random.between(2, 40) * ms;
    Time stay = random.between(60, 400) * ms;
    if (random.chance(20) && options.moves < 100)
        stay = random.between(3, 4000) * us;  // moves on while the machine is at it
    const unsigned kind = options.straight ? 0 : random.below(100);
    stop_vm(endpoint);
    if (kind >= 75 && kind < 85) {
        to = from;  // cancelled
    } else if (kind >= 85 && kind < 90) {
        pause = times.hold + random.between(-5, 100) * ms;  // away for long
        if (pause > times.hold - 20 * ms)
            break_premise(endpoint, "away for longer than T_hold");
        if (random.chance(50))
            to = from;  // a guest that reboots
    }
    clock.after(pause, [this, endpoint, to] { start_vm(endpoint, to); });
    plan_move(endpoint, pause + stay);
}

bool World::knows(unsigned host_index, unsigned endpoint)
{
    return vms_[endpoint].host == host_index || vms_[endpoint].sender_hosts.contains(host_index) ||
           host(host_index).find(endpoint) != nullptr;
}

void World::plan_faults()
{
    for (unsigned i = static_cast<unsigned>(random.between(0, 3)); i > 0; --i)
        clock.after(random.between(0, 600) * ms, [this] {
            crash(random.below(ferry_hosts), random.between(1, 1000) * ms);
        });
    for (unsigned i = static_cast<unsigned>(random.between(0, 2)); i > 0; --i)
        clock.after(random.between(0, 600) * ms, [this] {
            cut(random.below(ferry_hosts), random.below(ferry_hosts), random.between(1, 1500) * ms);
        });
}

void World::crash(unsigned index, Time down)
{
    if (!host(index).up)
        return;
    trace(fmt::format("host {} dies", index));
    for (unsigned i = 0; i < vms_.size(); ++i)
        if (knows(index, i))
            break_premise(i, "a host that had to do with it died");
    host(index).crash();
    clock.after(down, [this, index] {
        trace(fmt::format("host {} starts again", index));
        host(index).restart();
        for (unsigned i = 0; i < vms_.size(); ++i) {
            if (vms_[i].host == index && vms_[i].running)
                host(index).start_ring(i);
            else if (vms_[i].sender_hosts.contains(index))
                host(index).set_row(host(index).at(i), {SimRow::Kind::remote, vms_[i].host});
        }
    });
}

void World::cut(unsigned one, unsigned other, Time length)
{
    if (one == other)
        return;
    trace(fmt::format("hosts {} and {} are cut off from each other", one, other));
    for (unsigned i = 0; i < vms_.size(); ++i)
        if (knows(one, i) && knows(other, i))
            break_premise(i, "hosts that had to do with it were cut off from each other");
    const std::pair<unsigned, unsigned> pair = std::minmax(one, other);
    ++cuts_[pair];
    clock.after(length, [this, pair] { --cuts_[pair]; });
}

}  // namespace ferry::sim
