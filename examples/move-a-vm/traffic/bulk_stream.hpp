// One TCP stream between a peer and the guest, as the peer sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <netinet/in.h>

#include "bulk_pattern.hpp"
#include "stalls.hpp"

namespace ferry::demo {

struct BulkSettings {
    in_addr guest{};
    BulkWay way = BulkWay::to_guest;
    std::uint16_t run = 1;
    std::uint64_t rate = 100'000;  ///< bytes a second
};

/// Sends bytes at the rate, or receives and checks what the guest sends, and watches for stalls: times in which the guest
/// acknowledged nothing of what had been sent, or sent nothing. For one thread, which calls turn() every millisecond or so.
class BulkStream {
public:
    /// Shorter times without progress are no stalls: a paced stream has some of them all the time.
    static constexpr std::int64_t shortest_stall = 30'000'000;  // nanoseconds

    explicit BulkStream(const BulkSettings& settings);
    ~BulkStream();
    BulkStream(const BulkStream&) = delete;
    BulkStream& operator=(const BulkStream&) = delete;

    /// Connects; returns false with errno where that fails.
    bool open();
    /// Sends and receives what can be; `sending`: the stream's end has not been asked for.
    void turn(bool sending);
    /// Asks for the stream's end: the guest gets to know that no more comes, or that no more is wanted.
    void finish();
    /// True when the guest has ended the stream, too.
    bool over() const noexcept { return over_; }
    /// True when the guest has ended the stream before finish() asked for that, or the connection broke.
    bool broken() const noexcept { return broken_; }

    std::uint64_t bytes() const noexcept { return done_; }            ///< sent or received
    std::uint64_t mismatched() const noexcept { return mismatched_; } ///< of those received
    std::uint64_t retransmitted() const noexcept;                     ///< segments, by this side
    const Stalls& stalls() const noexcept { return stalls_; }

private:
    void send_due();
    void receive();
    void progressed(std::int64_t now);

    static constexpr std::size_t chunk = 64 << 10;
    BulkSettings settings_;
    std::unique_ptr<std::byte[]> bytes_;
    int fd_ = -1;
    bool finished_ = false, over_ = false, broken_ = false;
    std::int64_t began_ = 0;          // CLOCK_MONOTONIC
    std::int64_t last_progress_ = 0;  // CLOCK_REALTIME
    std::uint64_t done_ = 0, acknowledged_ = 0, mismatched_ = 0;
    Stalls stalls_{shortest_stall};
};

}  // namespace ferry::demo
