// Which worker polls which queue, and by which queue of which port each destination is reached. Immutable; a change makes a
// new one, and the old one goes after a grace period.
#pragma once

#include <cstdint>
#include <vector>

#include <ferry/table/row.hpp>

#include "ports/port.hpp"
#include "workers/port_gates.hpp"

namespace ferryd {

/// A receive queue that one worker polls.
struct PollEntry {
    Port* port;
    std::uint16_t queue;
    ferry::AttachmentId attachment;  ///< none: the underlay, or the host
    bool from_host = false;          ///< its frames leave by the underlay as they are
};

/// How a worker's frames reach a port: by `queue`, which `owner` alone writes to.
struct Route {
    Port* port = nullptr;  ///< null: there is none now
    std::uint16_t queue = 0;
    std::uint32_t owner = 0;
    PortGates* gates = nullptr;  ///< null: an underlay port, or the host's interface
};

struct Wiring {
    std::vector<std::vector<PollEntry>> polls;  ///< by worker
    std::vector<Route> attachments;             ///< by AttachmentId; short where the last ones are not there
    std::vector<Route> underlay;                ///< by the worker that has the frame
    std::vector<Route> host;                    ///< by the same, which owns the queue; empty: there is no interface

    Route to_attachment(ferry::AttachmentId id) const noexcept
    {
        return ferry::index_of(id) < attachments.size() ? attachments[ferry::index_of(id)] : Route{};
    }
    Route to_underlay(std::uint32_t worker) const noexcept { return worker < underlay.size() ? underlay[worker] : Route{}; }
    Route to_host(std::uint32_t worker) const noexcept { return worker < host.size() ? host[worker] : Route{}; }
};

}  // namespace ferryd
