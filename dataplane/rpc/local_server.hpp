// Serves ferryd's API on its Unix socket.
#pragma once

#include <memory>

#include "config/config.hpp"
#include "control/control_api.hpp"

namespace ferryd {

/// Listens from start() until it is destroyed.
class LocalServer {
public:
    /// Makes the socket and serves `api`, which must outlive the server; its calls come from the server's own threads.
    /// A socket that a dead ferryd left is replaced. Fails as SocketPlace does, and with unavailable where gRPC cannot
    /// listen.
    static Expected<std::unique_ptr<LocalServer>> start(const ApiConfig& config, ControlApi& api);
    /// Waits for running calls, two seconds at most, then ends them, and removes the socket.
    ~LocalServer();
    LocalServer(const LocalServer&) = delete;
    LocalServer& operator=(const LocalServer&) = delete;

private:
    struct Parts;
    explicit LocalServer(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace ferryd
