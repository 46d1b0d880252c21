// Tells the other ferry hosts where endpoints are, over gRPC: a PeerAnnouncer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "control/controller.hpp"

namespace ferryd {

class PeerLink;

/// Keeps a connection to each peer. Announcements to one peer go in order, one at a time; peers do not wait for each
/// other.
class GrpcAnnouncer final : public PeerAnnouncer {
public:
    /// Called with a sentence when a peer is reached, is lost, or refuses. Any thread; must not block for long.
    using Report = std::function<void(const std::string& sentence)>;

    /// Starts connecting to `peers.hosts`. Fails with invalid_argument where the TLS files are wrong; a peer that is
    /// not there is not a failure.
    static Expected<std::unique_ptr<GrpcAnnouncer>> start(const PeersConfig& peers, Report report);
    ~GrpcAnnouncer() override;
    GrpcAnnouncer(const GrpcAnnouncer&) = delete;
    GrpcAnnouncer& operator=(const GrpcAnnouncer&) = delete;

    /// Any thread. `done` gets `peers.hosts`' own names. Told is true where the peer answered with the announced
    /// version; false where it answered with a higher one, refused, or will not be asked because a newer place of the
    /// endpoint was announced, more than 16,384 endpoints wait, or stop() was called.
    void announce(const EndpointPlace& place, Done done) override;

    /// Ends all announcements, at once; no `done` is called after it has returned, but for later announcements, which
    /// are answered as not told. Call it before what `done` uses goes away. May be called twice.
    void stop();

private:
    GrpcAnnouncer() = default;
    std::vector<std::unique_ptr<PeerLink>> links_;
};

}  // namespace ferryd
