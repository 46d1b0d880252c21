// The guest's ends of the TCP streams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <poll.h>

#include "../traffic/bulk_pattern.hpp"

namespace ferry::demo {

/// Takes connections on bulk_port. By each it receives and checks bytes, or sends them at the rate that was asked for,
/// until the other side has ended its own half. For one thread.
class BulkStreams {
public:
    BulkStreams();
    ~BulkStreams();
    BulkStreams(const BulkStreams&) = delete;
    BulkStreams& operator=(const BulkStreams&) = delete;

    bool is_open() const noexcept { return listener_ >= 0; }

    /// Adds what poll(2) is to wait for.
    void add_to(std::vector<pollfd>& waiting) const;
    /// How long poll(2) may wait at most, in milliseconds; -1: for ever.
    int patience_ms() const noexcept;
    /// Does what can be done. `waiting` as add_to() made it from `first` on.
    void serve(const std::vector<pollfd>& waiting, std::size_t first);

    /// Returns the counts of the latest run as members of a JSON object, without braces.
    std::string report() const;

private:
    struct Stream {
        int fd = -1;
        BulkHello hello{};
        std::size_t hello_bytes = 0;   // of the hello, that have come
        std::uint64_t done = 0;        // bytes received or sent
        std::int64_t began = 0;        // CLOCK_MONOTONIC in nanoseconds
        bool is_source() const noexcept
        {
            return hello_bytes == sizeof(BulkHello) && hello.way.host() == static_cast<std::uint16_t>(BulkWay::from_guest);
        }
    };

    void accept_one();
    bool take_hello(Stream& stream);   // false: the stream is over
    bool receive(Stream& stream);      // false: the stream is over
    bool send_due(Stream& stream);     // false: the stream is over
    void start_run(std::uint16_t run);
    void note_turn();

    static constexpr std::size_t chunk = 16 << 10;
    int listener_ = -1;
    std::vector<Stream> streams_;
    std::unique_ptr<std::byte[]> bytes_;
    std::uint16_t run_ = 0;
    std::uint64_t received_ = 0, mismatched_ = 0, sent_ = 0;
    std::int64_t last_turn_ = 0;       // CLOCK_MONOTONIC in nanoseconds; 0: there was no source to be served
    std::int64_t longest_turn_ = 0;    // of the run, from one service of a source to the next
};

}  // namespace ferry::demo
