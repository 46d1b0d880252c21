// Serves what other ferry hosts ask of this one.
#pragma once

#include <memory>

#include "config/config.hpp"
#include "control/control_api.hpp"

namespace ferryd {

/// Listens from start() until it is destroyed.
class HostServer {
public:
    /// Serves `api`, which must outlive the server, on `peers.listen`. Fails with invalid_argument where the TLS files
    /// are wrong and unavailable where the address cannot be listened on, for instance because it is in use.
    static Expected<std::unique_ptr<HostServer>> start(const PeersConfig& peers, PeerApi& api);
    /// Waits for running calls, two seconds at most.
    ~HostServer();
    HostServer(const HostServer&) = delete;
    HostServer& operator=(const HostServer&) = delete;

private:
    struct Parts;
    explicit HostServer(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace ferryd
