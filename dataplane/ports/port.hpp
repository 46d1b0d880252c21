// A port as workers and the controller see it, whatever is behind it.
#pragma once

#include <cstdint>
#include <string>

#include <ferry/engine/drop.hpp>

struct rte_mbuf;

namespace ferryd {

/// How many frames of a burst a port took, and why it did not take the others.
struct Transmitted {
    std::uint16_t taken = 0;
    ferry::DropReason refusal = ferry::DropReason::transmit_failed;
};

/// Receives and sends bursts of frames on queues. Each queue belongs to one worker at a time; the rest is the control thread's.
class Port {
public:
    Port() = default;
    virtual ~Port() = default;
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    /// Owner of the receive queue: up to `room` frames into `frames`, which are the caller's then.
    virtual std::uint16_t receive(std::uint16_t queue, rte_mbuf** frames, std::uint16_t room) noexcept = 0;
    /// Owner of the transmit queue: takes the first `taken` frames with their ownership. `received_tsc` is when ferry had
    /// received the oldest of them.
    virtual Transmitted transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count,
                                 std::uint64_t received_tsc) noexcept = 0;

    virtual std::uint16_t receive_queues() const noexcept = 0;
    virtual std::uint16_t transmit_queues() const noexcept = 0;

    // The control thread's side.

    /// As PortStatus::state says it.
    virtual std::string state() const = 0;
    /// Frames that the kernel or the device dropped because ferry had not taken them yet. Call it about ten times a
    /// second; it also looks whether the link is up.
    virtual std::uint64_t observe() = 0;
    /// The device goes: no worker polls or transmits any more. Nothing but the destructor may be called afterwards.
    virtual void close() = 0;
};

}  // namespace ferryd
