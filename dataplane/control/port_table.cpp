#include "control/port_table.hpp"

#include <algorithm>

namespace ferryd {

AttachedPort* PortTable::find(const std::string& name)
{
    const auto found = ports_.find(name);
    return found == ports_.end() ? nullptr : found->second.get();
}

AttachedPort* PortTable::find(PortKey key)
{
    for (const auto& [name, port] : ports_) {
        if (port->key == key)
            return port.get();
    }
    return nullptr;
}

AttachedPort* PortTable::find(ferry::AttachmentId attachment)
{
    for (const auto& [name, port] : ports_) {
        if (port->attachment == attachment)
            return port.get();
    }
    return nullptr;
}

AttachedPort* PortTable::find_watched(int interface)
{
    for (const auto& [name, port] : ports_) {
        if (port->watched == interface)
            return port.get();
    }
    return nullptr;
}

AttachedPort& PortTable::insert(std::unique_ptr<AttachedPort> port)
{
    const std::string name = port->name();
    return *(ports_[name] = std::move(port));
}

std::uint32_t PortTable::idlest_worker(const Port* underlay) const
{
    std::vector<std::uint32_t> queues(workers_);
    for (std::uint32_t queue = 0; underlay != nullptr && queue < underlay->receive_queues(); ++queue)
        ++queues[worker_of_queue(queue)];
    for (const auto& [name, port] : ports_)
        queues[port->worker] += port->port->receive_queues();
    return static_cast<std::uint32_t>(std::min_element(queues.begin(), queues.end()) - queues.begin());
}

Wiring PortTable::wiring(Port* underlay, Port* host) const
{
    Wiring wiring;
    wiring.polls.resize(workers_);
    if (underlay != nullptr) {
        for (std::uint16_t queue = 0; queue < underlay->receive_queues(); ++queue)
            wiring.polls[worker_of_queue(queue)].push_back({underlay, queue, ferry::AttachmentId::none});
        for (std::uint32_t worker = 0; worker < workers_; ++worker) {
            const std::uint32_t owner = worker % underlay->transmit_queues();
            wiring.underlay.push_back({underlay, static_cast<std::uint16_t>(owner), owner});
        }
    }
    for (std::uint32_t worker = 0; host != nullptr && worker < workers_; ++worker) {
        const auto queue = static_cast<std::uint16_t>(worker);
        wiring.polls[worker].push_back({host, queue, ferry::AttachmentId::none, true});
        wiring.host.push_back({host, queue, worker});
    }
    for (const auto& [name, port] : ports_) {
        if (port->polled) {
            for (std::uint16_t queue = 0; queue < port->port->receive_queues(); ++queue)
                wiring.polls[port->worker].push_back({port->port.get(), queue, port->attachment});
        }
        if (port->reachable) {
            const std::uint32_t index = ferry::index_of(port->attachment);
            if (wiring.attachments.size() <= index)
                wiring.attachments.resize(index + 1);
            wiring.attachments[index] = {port->port.get(), 0, port->worker, port->gates.get()};
        }
    }
    return wiring;
}

}  // namespace ferryd
