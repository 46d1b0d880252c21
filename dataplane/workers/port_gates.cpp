#include "workers/port_gates.hpp"

#include <algorithm>

#include <rte_mbuf.h>

#include "host/clock.hpp"
#include "workers/gate_worker.hpp"

namespace ferryd {

using ferry::DropReason;
using ferry::move::GateDrop;

EndpointGate::EndpointGate(PortGates& port, ferry::MacAddress mac, GateWorker& worker)
    : port_(port),
      mac_(mac),
      worker_(worker),
      gate_(worker.shared().budget, worker.places(), worker.senders(), *this, worker.shared().times)
{
}

std::size_t EndpointGate::to_ring(const Docked* frames, std::size_t count)
{
    rte_mbuf* burst[Gate::burst];
    for (std::size_t i = 0; i < count; ++i)
        burst[i] = frames[i].frame;
    const Transmitted result = port_.port().transmit(0, burst, static_cast<std::uint16_t>(count));
    std::size_t done = result.taken;
    if (done < count && result.refusal != DropReason::ring_full && result.refusal != DropReason::ring_stopped) {
        // A frame that the port will never take is not worth waiting for.
        const std::size_t refused = std::min<std::size_t>(result.refused, count - done);
        worker_.engine().drop(result.refusal, port_.attachment(), burst + done, static_cast<std::uint16_t>(refused));
        done += refused;
    }
    worker_.count_left(done);
    return done;
}

std::size_t EndpointGate::to_host(ferry::Via label, Docked* frames, std::size_t count)
{
    const bool flush = label == ferry::Via::flush;
    if (flush)
        count = worker_.share_of_round(count);
    rte_mbuf* burst[Gate::burst];
    ferry::Arrival arrivals[Gate::burst];
    for (std::size_t i = 0; i < count; ++i) {
        burst[i] = frames[i].frame;
        arrivals[i] = frames[i].arrival;
    }
    ferry::Worker& engine = worker_.engine();
    const auto offered = static_cast<std::uint16_t>(count);
    if (!flush) {
        engine.relay(port_.attachment(), burst, arrivals, offered, to_, relay_, worker_.sink());
        worker_.count_left(count);
        return count;
    }
    const std::size_t done = engine.flush_dock(port_.attachment(), burst, arrivals, offered, to_, flush_, worker_.sink());
    for (std::size_t i = done; i < count; ++i)
        frames[i].frame = burst[i];  // it may have been copied
    worker_.count_flushed(done);
    return done;
}

bool EndpointGate::may_flush() const
{
    return worker_.share_of_round(1) > 0;
}

std::int64_t EndpointGate::flushed_at() const
{
    return worker_.flushed_at();
}

void EndpointGate::drop(GateDrop why, const Docked& docked)
{
    const DropReason reason = why == GateDrop::full      ? DropReason::dock_full
                              : why == GateDrop::expired ? DropReason::dock_expired
                                                         : DropReason::hold_expired;
    rte_mbuf* frame = docked.frame;
    worker_.engine().drop(reason, port_.attachment(), &frame, 1);
}

void EndpointGate::event(const ferry::move::GateEvent& event)
{
    worker_.tell(*this, event);
}

bool EndpointGate::is_ferry(ferry::VtepId peer) const
{
    const std::uint32_t index = ferry::index_of(peer);
    return index < worker_.shared().vteps && worker_.shared().ferry_vteps[index].load(std::memory_order_relaxed);
}

ferry::move::Key EndpointGate::key() const noexcept
{
    return {port_.vni(), mac_};
}

PortGates::PortGates(Port& port, ferry::AttachmentId attachment, ferry::Vni vni, std::span<const ferry::MacAddress> macs,
                     GateWorker& worker)
    : port_(port), attachment_(attachment), vni_(vni)
{
    if (macs.empty())
        gates_.push_back(std::make_unique<EndpointGate>(*this, ferry::MacAddress{}, worker));
    for (const ferry::MacAddress mac : macs) {
        gates_.push_back(std::make_unique<EndpointGate>(*this, mac, worker));
        gates_.back()->set_docks(false);  // until its VM has been here
        by_mac_.emplace(mac, gates_.back().get());
    }
}

EndpointGate& PortGates::gate_of(ferry::MacAddress mac) noexcept
{
    const auto found = by_mac_.find(mac);
    return found == by_mac_.end() ? *gates_.front() : *found->second;
}

}  // namespace ferryd
