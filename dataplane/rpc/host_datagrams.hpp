// The short way between two ferry hosts: UDP beside the stream on TCP. A message that a move waits for is there a system
// call later, where gRPC, TLS, HTTP/2 and TCP take several times as long.
//
// It promises nothing: a datagram may be lost, and whoever uses it says the same again on the stream. Keys come by the
// stream, so a datagram proves as much of its sender as the stream has; there is no handshake of its own (as DTLS has).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

#include <ferry/error.hpp>

#include "ferry.pb.h"
#include "host/descriptor.hpp"
#include "rpc/datagram_seal.hpp"
#include "rpc/numeric_address.hpp"

namespace ferryd {

using ferry::Expected;

/// One UDP socket, at the address and port at which this host listens for streams, and the thread that reads it.
class HostDatagrams {
public:
    /// Of what a datagram carries; so that it needs no fragments on any underlay.
    static constexpr std::size_t most_bytes = 1'200;

    /// One stream's datagrams, as one of its two hosts has them. Ends with the object.
    class Session {
    public:
        /// Called on the thread that reads; must not block, nor end the session.
        using Take = std::function<void(Session& session, const ferry::v1::HostFrame& frame)>;

        ~Session();
        Session(const Session&) = delete;
        Session& operator=(const Session&) = delete;

        /// Any thread. False where the frame is too large, or the kernel does not take it.
        bool send(const ferry::v1::HostFrame& frame);

    private:
        friend class HostDatagrams;
        Session(HostDatagrams& of, std::uint64_t id, const DatagramSeal::Key& key, DatagramSeal::End end,
                const NumericAddress& peer, Take take)
            : of_(of), id_(id), peer_(peer), seal_(id, key, end), take_(std::move(take))
        {}

        HostDatagrams& of_;
        const std::uint64_t id_;
        const NumericAddress peer_;
        std::mutex sending_;
        DatagramSeal seal_;
        const Take take_;
    };

    /// Fails with unavailable where the socket cannot be had.
    static Expected<std::unique_ptr<HostDatagrams>> open(const std::string& listen);
    ~HostDatagrams() { stop(); }
    HostDatagrams(const HostDatagrams&) = delete;
    HostDatagrams& operator=(const HostDatagrams&) = delete;

    /// A session with the host that listens at `peer`. Nothing where the number is taken, or 0, or the address is none.
    std::unique_ptr<Session> join(std::uint64_t id, const DatagramSeal::Key& key, DatagramSeal::End end,
                                  const std::string& peer, Session::Take take);
    /// Nothing is taken any more after it has returned. May be called twice.
    void stop();

    /// Datagrams that were nobody's, forged, or repeated.
    std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

private:
    HostDatagrams(Descriptor socket, Descriptor stop);
    void run();
    void take(std::string_view datagram);

    const Descriptor socket_, stop_;
    std::atomic<std::uint64_t> refused_ = 0;
    std::mutex mutex_;  ///< held while a datagram is taken
    std::unordered_map<std::uint64_t, Session*> sessions_;
    std::thread thread_;  ///< last
};

}  // namespace ferryd
