// What runs inside a VM of the full-rate test: it counts the numbered frames that come, and sends flows of its own. Where it
// has a tap, the kernel behind that is its operating system, for all other frames.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include <ferry/wire/address_text.hpp>

#include "delays.hpp"
#include "device.hpp"
#include "numbered_frame.hpp"
#include "sequence_window.hpp"
#include "tap.hpp"

namespace ferry::bench {

/// Returns CLOCK_MONOTONIC in nanoseconds.
std::int64_t monotonic_now() noexcept;

struct SendOptions {
    MacAddress to;              ///< flow i goes to this MAC + i modulo `destinations`
    std::uint16_t destinations = 1;
    std::uint16_t run = 1;      ///< a higher run makes the receiver count afresh
    std::uint16_t flows = 1;    ///< which take turns; flow i is sent from the guest's MAC + i modulo their number
    double rate = 1000;         ///< frames a second, all flows together
    std::size_t bytes = 60;     ///< of a frame, without FCS
};

/// What a VM has sent: the numbers of each flow are 0 to `frames[flow]` - 1.
struct Sent {
    std::vector<std::uint64_t> frames;
    std::uint64_t forgiven = 0;  ///< frames that were not sent because the VM was paused or its processor elsewhere
    std::uint64_t ring_full = 0; ///< turns that found no room in the transmit ring
};

/// What a VM has received of one sender's run.
struct Received {
    explicit Received(std::uint16_t run_) : run(run_) {}

    std::uint16_t run;
    std::map<std::uint16_t, demo::SequenceWindow> flows;
    Delays delays;                     ///< from a frame's sending to its reading
    std::int64_t longest_silence = 0;  ///< nanoseconds between two turns that brought frames
    std::int64_t last_at = 0;
};

/// turn() is called by one thread, the VM's processor; the rest by another, in between or, where it says so, during a
/// pause.
class Guest {
public:
    /// The guest has `macs` addresses: `mac` and those that follow it.
    Guest(MacAddress mac, const front_end::DeviceOptions& options, front_end::Device device, std::uint16_t macs = 1)
        : mac_(mac), macs_(macs), frame_limit_(options.buffer_bytes - sizeof(front_end::NetworkHeader)), device_(std::move(device))
    {
    }

    /// Before its processor runs.
    void plug(Tap tap) { tap_ = std::move(tap); }

    MacAddress mac() const noexcept { return mac_; }
    bool has(MacAddress mac) const noexcept { return mac.to_u48() - mac_.to_u48() < macs_; }
    /// For a front end, which reads nothing that the processor writes, at any time.
    const front_end::Device& device() const noexcept { return device_; }

    /// Receives and sends what there is, some frames at most. Returns how many; 0 during a pause too.
    unsigned turn();

    /// Keeps the processor away from the guest while it lives.
    class Pause {
    public:
        explicit Pause(Guest& guest) : guest_(guest)
        {
            guest.wanted_.fetch_add(1);
            lock_ = std::unique_lock(guest.mutex_);
            guest.wanted_.fetch_sub(1);
        }

        // During a pause:
        front_end::Device& device() const noexcept { return guest_.device_; }
        const std::map<MacAddress, Received>& received() const noexcept { return guest_.received_; }
        const Sent& sent() const noexcept { return guest_.sent_; }
        std::uint64_t strays() const noexcept { return guest_.strays_; }
        void send(const SendOptions& options) const { guest_.begin_sending(options); }
        void quiet() const noexcept { guest_.templates_.clear(); }
        /// Makes first_used() wait for the next frame.
        void await_first() const noexcept { guest_.first_used_.store(0, std::memory_order_relaxed); }

    private:
        Guest& guest_;
        std::unique_lock<std::mutex> lock_;
    };

    /// When the processor first saw a used buffer since await_first(), by monotonic_now(); 0 when it has not yet. At any
    /// time.
    std::int64_t first_used() const noexcept { return first_used_.load(std::memory_order_relaxed); }

private:
    void begin_sending(const SendOptions& options);
    unsigned send(std::int64_t now);
    unsigned forward();
    void count(std::span<const std::byte> bytes, std::int64_t now);

    std::optional<Tap> tap_;
    const MacAddress mac_;
    const std::uint16_t macs_;
    const std::size_t frame_limit_;
    std::mutex mutex_;
    std::atomic<int> wanted_{0};
    front_end::Device device_;

    std::map<MacAddress, Received> received_;  // by sender
    std::pair<MacAddress, Received*> last_sender_{};
    std::uint64_t strays_ = 0;
    std::atomic<std::int64_t> first_used_{1};

    std::vector<std::vector<std::byte>> templates_;  // by flow; empty while nothing is sent
    double rate_ = 0;
    std::int64_t sending_since_ = 0;
    std::uint64_t due_before_ = 0;  // frames that were sent or forgiven since sending_since_
    std::size_t next_flow_ = 0;
    Sent sent_;
};

}  // namespace ferry::bench
