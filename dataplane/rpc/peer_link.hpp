// The connection to one other ferry host, and the thread that tells it what it is to know.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <grpcpp/grpcpp.h>

#include "ferry.grpc.pb.h"
#include "rpc/announcer.hpp"
#include "rpc/pending_places.hpp"

namespace ferryd {

class PeerLink {
public:
    /// `peer` is "address:port", as it is called in reports and done().
    PeerLink(std::string peer, std::shared_ptr<grpc::ChannelCredentials> credentials, GrpcAnnouncer::Report report);
    ~PeerLink();
    PeerLink(const PeerLink&) = delete;
    PeerLink& operator=(const PeerLink&) = delete;

    /// Any thread.
    void announce(const EndpointPlace& place, PeerAnnouncer::Done done);
    /// Any thread; returns at once. Afterwards join() does not wait long.
    void ask_to_stop();
    /// Waits until the thread is over and everything that waited is answered as not told. May be called twice.
    void join();

private:
    /// What became of one try to tell the peer.
    enum class Outcome { answered, refused, retry };
    struct Attempt {
        Outcome outcome = Outcome::retry;
        bool waited = false;  ///< it took all of its time: there is no connection
        std::uint64_t version = 0;
        std::string sentence;
    };

    void run();
    /// Tries to tell the peer. Where that has to be repeated it waits behind the others, unless a newer place of the
    /// endpoint does already.
    void tell(PendingPlaces::Item item);
    /// Waits after a quick failure, longer each time, until there is something new to tell or the link stops.
    void pause();
    Attempt try_once(const EndpointPlace& place);
    /// Reconnects where the connection was lost, and reports what changed.
    void look_after_connection();
    void finish(const PendingPlaces::Item& item, bool told, std::uint64_t version) const;

    const std::string peer_;
    const GrpcAnnouncer::Report report_;
    std::shared_ptr<grpc::Channel> channel_;
    std::unique_ptr<ferry::v1::FerryHost::Stub> stub_;
    // The thread's own: what has been reported, and how long to wait after the next failure.
    bool reached_ = false, complained_ = false;
    std::chrono::milliseconds next_pause_;

    std::mutex mutex_;
    std::condition_variable changed_;
    PendingPlaces waiting_;
    grpc::ClientContext* call_ = nullptr;    ///< the call that runs now
    bool stopping_ = false, fresh_ = false;  ///< fresh: something was announced since the last try began
    std::thread thread_;
};

}  // namespace ferryd
