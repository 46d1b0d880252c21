// A port as workers and the controller see it, whatever is behind it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <ferry/engine/drop.hpp>

struct rte_mbuf;

namespace ferryd {

/// What became of a burst: the first `taken` frames are the port's, and the next `refused` ones it will not take, for one
/// reason. Frames after those have not been looked at; the caller may offer them again.
struct Transmitted {
    static constexpr std::uint16_t all_others = 0xffff;

    std::uint16_t taken = 0;
    ferry::DropReason refusal = ferry::DropReason::transmit_failed;
    std::uint16_t refused = all_others;
    bool full = false;  ///< it has no room for these now, and may have it soon
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
    /// Owner of the transmit queue: takes some frames with their ownership, and takes or refuses at least one.
    virtual Transmitted transmit(std::uint16_t queue, rte_mbuf** frames, std::uint16_t count) noexcept = 0;

    virtual std::uint16_t receive_queues() const noexcept = 0;
    virtual std::uint16_t transmit_queues() const noexcept = 0;

    /// Owner of the receive queue, before it sleeps: a descriptor that poll(2) finds readable when frames come, until
    /// disarm(). What came before the call has to be looked for after it and a fence. Negative: nothing comes before
    /// the workers are woken, by new wiring or by RingHost::wake_workers(), which also say that a descriptor is
    /// another one or goes. Nothing: there is none, and the queue has to be looked at. The descriptor is the port's,
    /// not to be read.
    virtual std::optional<int> arm(std::uint16_t) noexcept { return std::nullopt; }
    /// Owner of the receive queue, after it slept. It may be called without arm().
    virtual void disarm(std::uint16_t) noexcept {}

    /// Any thread: the VM's memory is being copied to another host, so that it may be paused already when its ring is full.
    virtual bool migrating() const noexcept { return false; }

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
