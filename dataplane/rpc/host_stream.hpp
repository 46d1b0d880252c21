// One stream to another ferry host, from its hello to its end.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include <grpcpp/grpcpp.h>

#include <ferry/move/message.hpp>

#include "ferry.grpc.pb.h"
#include "control/host_messages.hpp"
#include "rpc/host_datagrams.hpp"
#include "rpc/message_queue.hpp"

namespace ferryd {

/// Sends what is in a queue as soon as it may, several messages at a time where several wait. Messages are written on the
/// thread that sends them where the stream is idle, so that no other thread has to be woken for one. Beside it go datagrams,
/// for as long as the other host answers those that ask.
class HostStream final : public grpc::ClientBidiReactor<ferry::v1::HostFrame, ferry::v1::HostFrame> {
public:
    using Clock = std::chrono::steady_clock;
    /// The other side has answered: its hello, and how its certificate calls it. Returns why it is not accepted, or
    /// nothing. Called on a thread of gRPC.
    using Accept = std::function<std::optional<std::string>(const ferry::v1::Hello&, const grpc::AuthContext*)>;
    /// A message that goes by datagram is one of a few: many at once are no sooner there, and may be too many for a socket.
    static constexpr std::size_t most_in_datagram = 8;

    /// `datagrams` may be null; `peer` is the other host's "address:port".
    HostStream(ferry::v1::FerryHost::Stub& stub, MessageQueue queue, const ferry::v1::Hello& hello, Accept accept,
               HostDatagrams* datagrams, const std::string& peer);
    /// It has ended.
    ~HostStream() override = default;

    /// Any thread.
    void send(std::span<const ferry::move::Message> messages, Way way);
    void probe();
    void cancel();

    /// Waits until it is open (true) or has ended (false), or `most` has passed (nothing).
    std::optional<bool> wait_open(std::chrono::milliseconds most);
    /// Waits until it has ended; false: `most` has passed before.
    bool wait_end(std::chrono::milliseconds most);
    void wait_end();
    /// After the end: why, and what was not sent.
    std::string fault();
    MessageQueue take_queue();

    struct Counts {
        std::uint64_t sent = 0, dropped = 0, sent_by_datagram = 0;
        std::optional<double> rtt_us, datagram_rtt_us;
    };
    Counts counts();

private:
    void OnReadDone(bool ok) override;
    void OnWriteDone(bool ok) override;
    void OnDone(const grpc::Status& status) override;

    /// Begins to write what waits, if anything does and nothing is being written. Without the lock.
    void write();
    void offer_datagrams(HostDatagrams& datagrams, ferry::v1::Hello& hello, const std::string& peer);
    bool send_datagram(std::span<const ferry::move::Message> messages);
    void take_datagram(const ferry::v1::HostFrame& frame);

    grpc::ClientContext context_;
    const Accept accept_;
    ferry::v1::HostFrame incoming_, outgoing_;

    std::mutex mutex_;
    std::condition_variable changed_;
    MessageQueue queue_;
    bool open_ = false, closing_ = false, ended_ = false;
    bool writing_ = true;            ///< from the start, as the hello is the first thing that is written
    bool held_ = true;               ///< the hold that lets others than gRPC begin to write
    std::uint64_t probe_wanted_ = 0; ///< nanoseconds of Clock, as it will come back
    bool takes_datagrams_ = false;   ///< the other host has said so
    Clock::time_point answered_{};   ///< by datagram, last
    Counts counts_;
    std::string fault_;
    std::unique_ptr<HostDatagrams::Session> session_;  ///< null: without datagrams. Its handler uses all of the above
};

}  // namespace ferryd
