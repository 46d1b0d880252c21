// A kernel interface of ferryd's own: what is sent to the port the kernel receives on it, and the other way round.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ferry/engine/counters.hpp>
#include <ferry/error.hpp>
#include <ferry/wire/address.hpp>

#include "host/descriptor.hpp"
#include "ports/port.hpp"

struct rte_mempool;

namespace ferryd {

struct TapOptions {
    std::string interface;      ///< a kernel interface's name
    ferry::MacAddress mac;      ///< the interface gets it
    std::uint16_t mtu = 1500;   ///< largest IP packet in bytes; a buffer of the pool holds such a frame
    std::uint16_t queues = 1;   ///< pairs of a receive and a transmit queue
    rte_mempool* pool = nullptr;
};

/// What crossed a tap, seen from ferryd: "in" came from the kernel.
struct TapTraffic {
    std::uint64_t in_frames = 0, in_bytes = 0, out_frames = 0, out_bytes = 0, refused = 0;
};

/// A tap with a queue for each worker (IFF_MULTI_QUEUE), without offloads: the kernel finishes checksums and segments
/// before it hands a frame over. Not DPDK's net_tap, which sends no frame of more than 1,522 bytes.
class TapPort final : public Port {
public:
    /// Makes the interface, or takes over one that `ip tuntap add mode tap multi_queue` made, which stays when the port
    /// goes; one that this made goes with it. Gives it MAC and MTU and switches it on. Control thread. Fails with
    /// in_use (another process has it), already_exists (it is no tap of several queues), unavailable.
    static ferry::Expected<std::unique_ptr<TapPort>> open(const TapOptions& options);
    ~TapPort() override;

    std::uint16_t receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t room) noexcept override;
    /// A frame that the kernel does not take, because the interface is off or has no memory, is refused.
    Transmitted transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept override;
    std::uint16_t receive_queues() const noexcept override { return static_cast<std::uint16_t>(queues_.size()); }
    std::uint16_t transmit_queues() const noexcept override { return receive_queues(); }
    std::optional<int> arm(std::uint16_t queue) noexcept override;
    /// "up", or "down" where the interface is switched off or gone.
    std::string state() const override;
    std::uint64_t observe() override { return 0; }
    void close() override;

    /// Any thread.
    TapTraffic traffic() const noexcept;

private:
    /// One worker's at a time.
    struct alignas(64) Queue {
        Descriptor file;
        rte_mbuf* spare = nullptr;        ///< for the next frame
        std::uint64_t next_look_tsc = 0;  ///< a look is a system call, which rounds without one must not pay
        bool gone = false;                ///< somebody deleted the interface
        ferry::Counter in_frames, in_bytes, out_frames, out_bytes, refused;
    };

    explicit TapPort(const TapOptions& options) : interface_(options.interface), pool_(options.pool) {}
    ferry::Expected<void> set_up(const TapOptions& options);

    const std::string interface_;
    rte_mempool* const pool_;
    std::vector<std::unique_ptr<Queue>> queues_;
};

}  // namespace ferryd
