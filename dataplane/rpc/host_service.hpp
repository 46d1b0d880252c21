// The service FerryHost of ferry.proto: takes the streams of other ferry hosts.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include <grpcpp/grpcpp.h>

#include "config/config.hpp"
#include "control/host_messages.hpp"
#include "ferry.grpc.pb.h"
#include "rpc/host_datagrams.hpp"

namespace ferryd {

class HostService final : public ferry::v1::FerryHost::CallbackService {
public:
    struct Hooks {
        HostDatagrams* datagrams = nullptr;                      ///< null: none
        std::function<void(const PeerHost&)> peer_is_there;      ///< a peer has begun a stream
        std::function<void(const std::string& sentence)> report;
    };
    /// All must outlive the service.
    HostService(const HostConfig& self, const PeersConfig& peers, HostMessages& messages, Hooks hooks);

    /// What a peer's stream has brought; adds it to the status of the other direction.
    void add_to(PeerStatus& status);
    /// Connections of hosts that are not configured: how many were refused, and why the last one was.
    std::uint64_t refused();
    std::string last_refusal();

private:
    class Arrival;
    using Reactor = grpc::ServerBidiReactor<ferry::v1::HostFrame, ferry::v1::HostFrame>;
    Reactor* Moves(grpc::CallbackServerContext* context) override;

    /// The peer's stream from now on; an earlier one ends with its next frame.
    void enter(const PeerHost& peer, const Arrival& arrival);
    /// False where a later stream has taken the place of this one.
    bool counts(const PeerHost& peer, const Arrival& arrival, std::uint64_t messages);
    void leave(const PeerHost& peer, const Arrival& arrival);
    void note_refusal(const std::string& sentence);

    struct Peer {
        const Arrival* current = nullptr;
        std::uint64_t received = 0;
    };

    const HostConfig& self_;
    const PeersConfig& peers_;
    HostMessages& messages_;
    const Hooks hooks_;

    std::mutex mutex_;
    std::map<ferry::Ipv4Address, Peer> by_vtep_;
    std::uint64_t refused_ = 0, refused_unsaid_ = 0;
    std::string last_refusal_;
    std::chrono::steady_clock::time_point next_refusal_report_{};
};

}  // namespace ferryd
