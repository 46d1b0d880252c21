// What must hold, while a run goes on and when it is over.
#include <cstdio>

#include <fmt/format.h>

#include "world.hpp"

namespace ferry::sim {

std::string_view name_of(Fate fate) noexcept
{
    switch (fate) {
    case Fate::under_way: return "under way";
    case Fate::delivered: return "delivered";
    case Fate::dock_full: return "dock_full";
    case Fate::dock_expired: return "dock_expired";
    case Fate::unclaimed: return "unclaimed";
    case Fate::no_row: return "no_row";
    case Fate::split_horizon: return "split_horizon";
    case Fate::label_unknown: return "label_unknown";
    case Fate::relay_ttl: return "relay_ttl";
    case Fate::host_down: return "host_down";
    case Fate::underlay_loss: return "underlay_loss";
    case Fate::count_: break;
    }
    return "unknown";
}

/// Before a frame leaves a gate, to a ring or to another host.
void World::check_room_for_order(SimEndpoint& endpoint)
{
    if (endpoint.gate.counters().out_of_order.get() != 0)
        break_premise(endpoint.endpoint, "the dock had no room to keep order in");
}

void World::deliver(SimEndpoint& endpoint, FrameId frame)
{
    const Flow& flow = books.flows[books.flow_of(frame)];
    if (flow.endpoint != endpoint.endpoint)
        fail(fmt::format("a frame for endpoint {} is delivered to {}", flow.endpoint, endpoint.endpoint));
    check_room_for_order(endpoint);
    // What was relayed may come before the word of the grant: then nobody else may own it any more.
    if (!endpoint.owner)
        check_one_owner(endpoint.endpoint, endpoint.host.index);
    trace_frame(frame, "is delivered on", endpoint.host.index);
    if (!books.deliver(frame) && options.trace)
        trace(fmt::format("flow {} frame {} is out of order, or comes twice, on {}", books.flow_of(frame),
                          books.number_of(frame), endpoint.host.index));
}

void World::drop(FrameId frame, Fate why)
{
    const Flow& flow = books.flows[books.flow_of(frame)];
    if (why == Fate::dock_full)
        break_premise(flow.endpoint, "the dock was full");
    if (options.trace)
        trace(fmt::format("flow {} frame {} dropped: {}", books.flow_of(frame), books.number_of(frame), name_of(why)));
    books.drop(frame, why);
}

void World::opened(SimEndpoint& endpoint)
{
    vms_[endpoint.endpoint].opened = clock.now();
    if (endpoint.asked_at) {
        longest_claim_ = std::max(longest_claim_, clock.now() - *endpoint.asked_at);
        endpoint.asked_at.reset();
    }
}

void World::noted(unsigned index, const move::Note& note)
{
    const unsigned number = endpoint_of(note.key);
    trace(fmt::format("host {} endpoint {} {} host {} count {}", index, number, move::name_of(note.entry.phase),
                      note.entry.host.is_zero() ? -1 : static_cast<int>(host_of(note.entry.host)), note.entry.count));
    if (note.entry.phase == move::Phase::stream_timed_out)
        ++timed_out_;
    if (note.entry.phase == move::Phase::granted) {
        Vm& vm = vms_[number];
        // A host that has started again asks all, and may be granted by more than one of those that point at it.
        if (note.entry.version <= vm.granted && note.entry.host != vm.granted_to && vm.broken.empty())
            fail(fmt::format("endpoint {}: host {} grants a version that is not above all earlier ones", number, index));
        vm.granted = std::max(vm.granted, note.entry.version);
        vm.granted_to = note.entry.host;
    }
    if (note.entry.phase != move::Phase::grant_received && note.entry.phase != move::Phase::taken)
        return;
    host(index).at(number).owner = true;
    check_one_owner(number, index);
}

/// Whoever gives an endpoint away has ceased to own it before.
void World::check_one_owner(unsigned number, unsigned index)
{
    for (unsigned other : vms_[number].been_on) {
        SimEndpoint* endpoint = other != index && host(other).up ? host(other).find(number) : nullptr;
        if (endpoint != nullptr && endpoint->owner && vms_[number].broken.empty())
            fail(fmt::format("endpoint {} has two owners, {} and {}", number, other, index));
    }
}

void World::break_premise(unsigned endpoint, const std::string& why)
{
    if (vms_[endpoint].broken.empty()) {
        vms_[endpoint].broken = why;
        trace(fmt::format("endpoint {}: {}", endpoint, why));
    }
}

void World::fail(const std::string& what)
{
    trace("FAILED " + what);
    if (failures_.size() < 20)
        failures_.push_back(what);
}

void World::trace(const std::string& line) const
{
    if (options.trace)
        fmt::print("{:>12.6f} {}\n", static_cast<double>(clock.now()) / 1e9, line);
}

void World::trace_frame(FrameId frame, const std::string& what, unsigned host) const
{
    if (options.trace)
        trace(fmt::format("flow {} frame {} {} host {}", books.flow_of(frame), books.number_of(frame), what, host));
}

Result World::run()
{
    const bool over = clock.run(600'000 * ms);
    Result result;
    if (!over)
        fail("after ten minutes there is still something to do");
    check(result);
    result.failures = failures_;
    result.frames = books.frames();
    result.moves = moves_;
    result.messages = messages_;
    result.timed_out = timed_out_;
    result.longest_claim = longest_claim_;
    for (const auto& one : hosts_)
        result.remembered += one->machine->size();
    return result;
}

void World::check(Result& result)
{
    for (std::size_t i = 0; i < books.flows.size(); ++i) {
        const Flow& flow = books.flows[i];
        const bool holds = vms_[flow.endpoint].broken.empty();
        const auto ended = [&](Fate fate) { return flow.fates[static_cast<std::size_t>(fate)]; };
        const auto name = fmt::format("flow {} from {} to endpoint {}", i, flow.host, flow.endpoint);
        result.delivered += ended(Fate::delivered);
        std::uint32_t sum = 0;
        for (std::uint32_t count : flow.fates)
            sum += count;
        if (sum != flow.sent)
            fail(fmt::format("{}: {} frames sent, but {} in the books", name, flow.sent, sum));
        if (flow.doubled != 0)
            fail(fmt::format("{}: {} frames twice", name, flow.doubled));
        const bool ordered = holds && (is_ferry(flow.host) || !vms_[flow.endpoint].hurried);
        if (ordered && flow.reordered != 0)
            fail(fmt::format("{}: {} frames out of order", name, flow.reordered));
        if (holds && ended(Fate::delivered) != flow.sent)
            for (std::size_t fate = 2; fate < flow.fates.size(); ++fate)
                if (flow.fates[fate] != 0)
                    fail(fmt::format("{}: {} frames lost: {}", name, flow.fates[fate], name_of(static_cast<Fate>(fate))));
    }
    for (unsigned i = 0; i < vms_.size(); ++i) {
        SimHost& home = host(vms_[i].host);
        const SimEndpoint* endpoint = home.find(i);
        if (!vms_[i].running || !home.up)
            continue;
        if (endpoint == nullptr || endpoint->asked_at || endpoint->row.kind != SimRow::Kind::local)
            fail(fmt::format("endpoint {} runs on {}, whose claim has not ended", i, vms_[i].host));
    }
    for (const auto& one : hosts_) {
        if (one->up && one->machine->deadline())
            fail(fmt::format("host {} waits for something at {:.3f}", one->index,
                             static_cast<double>(*one->machine->deadline()) / 1e9));
        if (one->up && !one->labels.empty())
            fail(fmt::format("host {} has kept {} labels", one->index, one->labels.size()));
        if (one->up && one->exits.size() + one->detours.size() != 0)
            fail(fmt::format("host {} has kept {} detours and {} exits", one->index, one->detours.size(),
                             one->exits.size()));
        if (one->up && one->budget->used_frames() != 0)
            fail(fmt::format("host {} has kept {} frames", one->index, one->budget->used_frames()));
    }
}

}  // namespace ferry::sim
