// What the guest knows about one flow of numbered datagrams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "../traffic/datagram.hpp"
#include "../traffic/sequence_window.hpp"
#include "../traffic/udp_socket.hpp"

namespace ferry::demo {

/// Receives the datagrams of one flow, answers each, and counts what came, what was answered and what was dropped. For
/// one thread.
class AnsweredFlow {
public:
    /// Opens the flow's socket; check socket().is_open(). `flow` is 1 to flow_limit.
    explicit AnsweredFlow(std::uint16_t flow);

    const UdpSocket& socket() const noexcept { return socket_; }

    /// Takes and answers what waits in the socket, at most a few batches, so that no flow keeps the others waiting.
    void serve(Batch<payload_limit>& batch);

    /// Returns the counts of the present run as members of a JSON object, without braces.
    std::string report() const;

private:
    bool accept(std::span<const std::byte> payload, Datagram& datagram);
    void send(Batch<payload_limit>& batch, std::size_t count);
    void start_run(std::uint16_t run);

    std::uint16_t flow_;
    UdpSocket socket_;
    std::uint16_t run_ = 0;
    SequenceWindow window_;
    std::uint64_t next_answer_ = 0;
    std::uint64_t answers_sent_ = 0;
    std::uint64_t send_failures_ = 0;
    std::uint64_t drops_before_run_ = 0;
    std::uint64_t strays_ = 0;  // datagrams of an earlier run, or not of this flow at all
};

}  // namespace ferry::demo
