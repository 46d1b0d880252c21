// The attachments' ports by name, and the wiring that follows from them. Control thread only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/tally.hpp"
#include "ports/ethdev_port.hpp"
#include "ports/vhost_port.hpp"
#include "workers/wiring.hpp"

namespace ferryd {

struct AttachedPort {
    PortConfig config;
    PortKey key = PortKey::none;
    std::unique_ptr<Port> port;
    VhostPort* vhost = nullptr;  ///< the same port where it is one
    ferry::AttachmentId attachment = ferry::AttachmentId::none;
    std::uint32_t worker = 0;
    std::unique_ptr<PortGates> gates;
    bool held = false;                       ///< by an operator, as if its ring had stopped
    bool started = false;                    ///< its VM runs, as far as has been told
    bool polled = false, reachable = false;  ///< what wiring() makes of it
    Tally before;                            ///< what its attachment's number had counted before it
    std::uint64_t kernel_drops = 0;          ///< as of the last look
    int watched = 0;                         ///< its kernel interface, where a program sees announcements; 0: none does
    std::int64_t announced = 0;              ///< when an announcement last started it, by CLOCK_MONOTONIC

    bool is_vhost() const noexcept { return vhost != nullptr; }
    const std::string& name() const noexcept { return config.name; }
};

class PortTable {
public:
    /// `queue_workers`: who polls the underlay's receive queue i; queues beyond its end are spread over the workers.
    PortTable(std::uint32_t workers, std::vector<std::uint32_t> queue_workers)
        : workers_(workers), queue_workers_(std::move(queue_workers))
    {
    }

    AttachedPort* find(const std::string& name);
    AttachedPort* find(PortKey key);
    AttachedPort* find(ferry::AttachmentId attachment);
    AttachedPort* find_watched(int interface);
    AttachedPort& insert(std::unique_ptr<AttachedPort> port);
    void erase(const std::string& name) { ports_.erase(name); }
    const std::map<std::string, std::unique_ptr<AttachedPort>>& all() const noexcept { return ports_; }
    PortKey new_key() noexcept { return PortKey{++last_key_}; }

    /// The worker with the fewest queues to poll, where the underlay's are counted.
    std::uint32_t idlest_worker(const Port* underlay) const;
    std::uint32_t worker_of_queue(std::uint32_t queue) const noexcept
    {
        return queue < queue_workers_.size() ? queue_workers_[queue] : queue % workers_;
    }
    /// What workers are to go by now. The host's interface, where there is one, has a queue for each worker.
    Wiring wiring(Port* underlay, Port* host = nullptr) const;

private:
    std::uint32_t workers_;
    std::vector<std::uint32_t> queue_workers_;
    std::uint64_t last_key_ = 0;
    std::map<std::string, std::unique_ptr<AttachedPort>> ports_;
};

}  // namespace ferryd
