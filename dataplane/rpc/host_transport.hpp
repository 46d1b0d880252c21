// Carries messages between ferry hosts over gRPC: a HostMessenger.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "control/host_messages.hpp"

namespace ferryd {

using ferry::Expected;

/// Keeps one stream to each peer, on which messages go out, and takes the peers' streams, on which theirs come in.
class HostTransport final : public HostMessenger {
public:
    /// Called with a sentence when a peer is reached, is lost, refuses or is refused. Any thread; must not block for long.
    using Report = std::function<void(const std::string& sentence)>;

    /// Reads the TLS files. Until start() messages are dropped. Fails with invalid_argument where the files are wrong.
    static Expected<std::unique_ptr<HostTransport>> make(const HostConfig& self, const PeersConfig& peers, Report report);
    ~HostTransport() override;
    HostTransport(const HostTransport&) = delete;
    HostTransport& operator=(const HostTransport&) = delete;

    /// Listens on peers.listen and connects to peers.hosts. `messages` must live until stop(). Once. Fails with
    /// unavailable where the address cannot be listened on; a peer that is not there is not a failure.
    Expected<void> start(HostMessages& messages);
    /// Ends all streams; nothing is called any more after it has returned. May be called twice.
    void stop();

    void send_all(ferry::Ipv4Address to, std::span<const ferry::move::Message> messages, Way way) override;
    /// The last one, of VTEP 0.0.0.0, stands for hosts that are not configured: how many connections and datagrams of theirs
    /// were refused (dropped), and why the last one was. It is there once there is one.
    std::vector<PeerStatus> peers() override;

private:
    struct Parts;
    explicit HostTransport(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace ferryd
