// One flow of numbered datagrams, sent at a rate, and the answers to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "datagram.hpp"
#include "sequence_window.hpp"
#include "udp_socket.hpp"

namespace ferry::demo {

struct FlowSettings {
    in_addr guest{};
    std::uint16_t flow = 1;
    std::uint16_t run = 1;
    double rate = 1000;            ///< datagrams a second
    std::size_t payload_bytes = 32;
};

/// What one end of the flow counted.
struct FlowCounts {
    std::uint64_t sent = 0;           ///< datagrams that the kernel took
    std::uint64_t send_failures = 0;  ///< datagrams that it did not take
    std::uint64_t strays = 0;         ///< datagrams received that are no answers of this run
};

/// Sends the requests of one flow and counts the answers. For one thread: its caller lets it send and
/// receive in turns and sleeps in between.
class FlowSender {
public:
    /// Told of each answer: its sequence number, its answer number, when it was sent and when it arrived
    /// (CLOCK_MONOTONIC, nanoseconds).
    using OnAnswer = std::function<void(const Datagram&, std::int64_t arrived_at)>;

    FlowSender(const FlowSettings& settings, OnAnswer on_answer);

    const UdpSocket& socket() const noexcept { return socket_; }

    /// Sends what is due `now` (CLOCK_MONOTONIC, nanoseconds), one batch at most: a sender that was kept off the CPU
    /// catches up in steps instead of in one burst.
    void send_due(std::int64_t now);

    /// Takes the answers that have come.
    void receive();

    /// Returns when the next datagram is due, rounded up to whole milliseconds since the start.
    std::int64_t next_turn(std::int64_t now) const noexcept;

    const FlowCounts& counts() const noexcept { return counts_; }
    const SequenceWindow& answers() const noexcept { return answers_; }

private:
    FlowSettings settings_;
    OnAnswer on_answer_;
    UdpSocket socket_;
    Batch<payload_limit> batch_;
    SequenceWindow answers_;
    FlowCounts counts_;
    std::int64_t started_at_ = 0;
    std::uint64_t next_sequence_ = 0;
};

/// Returns CLOCK_MONOTONIC in nanoseconds.
std::int64_t monotonic_now() noexcept;
/// Returns CLOCK_REALTIME in nanoseconds.
std::int64_t realtime_now() noexcept;

}  // namespace ferry::demo
