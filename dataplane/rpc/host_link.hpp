// The connection to one other ferry host, and the thread that keeps it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include <grpcpp/grpcpp.h>

#include "config/config.hpp"
#include "control/host_messages.hpp"
#include "rpc/host_stream.hpp"
#include "rpc/host_transport.hpp"

namespace ferryd {

/// Of a peer that nothing is known of but its configuration.
PeerStatus status_of(const PeerHost& peer);

class HostLink {
public:
    struct Settings {
        HostConfig self;
        bool insecure = false;
        std::shared_ptr<grpc::ChannelCredentials> credentials;
        HostTransport::Report report;
        HostDatagrams* datagrams = nullptr;  ///< null: none
    };
    /// Starts connecting. `messages` and datagrams must outlive the link.
    HostLink(const PeerHost& peer, const Settings& settings, HostMessages& messages);
    ~HostLink();
    HostLink(const HostLink&) = delete;
    HostLink& operator=(const HostLink&) = delete;

    /// Any thread; returns at once.
    void send(std::span<const ferry::move::Message> messages, Way way);
    /// The peer has connected to this host, so it runs: connects at once where it is not connected. Any thread.
    void peer_is_there();
    /// Of this side of the pair. Any thread.
    PeerStatus status();
    const PeerHost& peer() const noexcept { return peer_; }

    /// Any thread; returns at once. Afterwards join() does not wait long.
    void ask_to_stop();
    void join();

private:
    using Clock = std::chrono::steady_clock;
    using Milliseconds = std::chrono::milliseconds;

    void run();
    /// Connects, and returns when the connection is over.
    void connect_once();
    void opened();
    void lost(HostStream& stream, bool was_open);
    std::optional<std::string> accept(const ferry::v1::Hello& hello, const grpc::AuthContext* context);
    void pause();
    void say(const std::string& sentence);

    const PeerHost peer_;
    const Settings settings_;
    HostMessages& messages_;
    std::string said_;         ///< the thread's own: what has been reported last
    Milliseconds next_pause_;  ///< the thread's own

    std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<HostStream> stream_;  ///< null between two of them
    MessageQueue waiting_;                ///< while there is no stream
    bool stopping_ = false, hurry_ = false;
    bool asked_ = false;                  ///< something was sent since the last time that connecting failed
    PeerStatus status_;                   ///< the counters are those of streams that are over
    std::thread thread_;                  ///< last
};

}  // namespace ferryd
