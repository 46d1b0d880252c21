// The data path of one thread: bursts of mbufs from an attachment or from the underlay, through the tables, to a Sink.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ferry/engine/counters.hpp>
#include <ferry/engine/learn_queue.hpp>
#include <ferry/engine/relay_queue.hpp>
#include <ferry/engine/sink.hpp>
#include <ferry/error.hpp>
#include <ferry/table/tables.hpp>
#include <ferry/wire/entropy.hpp>

struct rte_mempool;

namespace ferry {

/// What a worker needs to know besides the tables.
struct WorkerConfig {
    LocalVtep local_vtep;                      ///< whose VXLAN is ours; Tables::local_vteps() has further ones, at some 12 cycles more a frame
    wire::PortRange entropy_ports{};           ///< range of the outer source port
    rte_mempool* pool = nullptr;               ///< for copies; at least 64 bytes of headroom and 128 behind it
    /// Of a flood's frame of so many bytes or more its remotes share the buffers, see Sink::to_underlay(); at most
    /// 65,534 at a time. Frames without room in one buffer of the pool are shared whatever this says.
    std::uint32_t share_from = 512;
    /// Irregular packets to a local VTEP go to the host with the rest that is not ours, whose they may be: what has IP
    /// options or another IP version, is a first fragment, or ends before its UDP header does. false: they are dropped.
    bool pass_irregular = false;
};

/// One thread's data path. All calls are for that thread, except counters(), learned() and relayed(), whose readers
/// may be others.
///
/// While a frame is between from_*() and the Sink the library uses `rte_mbuf::hash.usr` to remember the VTEP at its
/// other end (0: none), so that a drop that the Sink reports is counted for it; the Sink must leave it alone until it
/// has transmitted the frame or handed it to drop(). Receive flags and the packet type of a frame that ferry
/// encapsulates, decapsulates or switches are cleared.
///
/// Frames may be chains of buffers. Nobody else may hold a reference to a frame's first buffer, because headers are
/// written in place; its headroom must take the 50 bytes of the outer headers.
class Worker {
public:
    static constexpr std::uint16_t max_burst = 64;

    /// Registers as a reader of the tables, offline. Fails with invalid_argument, table_full (workers), no_memory.
    static Expected<std::unique_ptr<Worker>> make(Tables& tables, const WorkerConfig& config);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Frames that a guest sent: guard the source, look up, then local, remote or flood. Takes ownership of all
    /// `count` frames (at most max_burst); each ends at the sink, or is dropped and counted. `now_seconds` is any
    /// monotonic clock in seconds, the same for all workers and the writer.
    void from_attachment(AttachmentId from, rte_mbuf** frames, std::uint16_t count, std::uint32_t now_seconds,
                         Sink& sink);

    /// Frames that came by the underlay: is it ours, validate, decapsulate, look up, then local or flood locally;
    /// never back to the underlay (split horizon), but where a row says to relay for an endpoint that has moved.
    /// Ownership and bounds as above. Ours is IPv4 to a local VTEP, UDP, to the VXLAN port. Later fragments carry no
    /// port and go to the host, whose they may be; a first fragment of ours is dropped unless the host gets irregular
    /// packets.
    void from_underlay(rte_mbuf** frames, std::uint16_t count, std::uint32_t now_seconds, Sink& sink);

    /// Inner frames of an endpoint that has left the attachment `from`, whose gate passes them on to the endpoint's new
    /// host `to`: encapsulated under `vni`, the host's label or the segment's own VNI, with the mark and stream of the
    /// frame's arrival, and its TTL less one. A frame without room for the outer headers is copied. Takes ownership;
    /// each frame ends at the sink's to_underlay(), or is dropped and counted. The sink may call this one from within
    /// its to_gate() and to_attachment(), where a gate there has frames to pass on.
    void relay(AttachmentId from, rte_mbuf** frames, const Arrival* arrivals, std::uint16_t count, VtepId to, Vni vni,
               Sink& sink);
    /// The same for frames that have waited in the gate's dock, and go on waiting where the port has no room. Returns how
    /// many of the first ones are done with: the sink's offer_to_underlay() took them, or they were dropped and counted.
    /// The others stay the caller's, as they came; where one was copied, `frames` says in which buffer it is now.
    std::uint16_t flush_dock(AttachmentId from, rte_mbuf** frames, const Arrival* arrivals, std::uint16_t count,
                             VtepId to, Vni vni, Sink& sink);

    /// Counts frames that the switch cannot deliver, for the worker, the attachment (none where it is the underlay) and
    /// the VTEP at their other end, and frees them.
    void drop(DropReason reason, AttachmentId attachment, rte_mbuf** frames, std::uint16_t count) noexcept;

    /// Holds no reference into the tables between from_*() calls. Call quiescent() once a loop, offline() before a
    /// sleep.
    void online() noexcept;
    void offline() noexcept;
    void quiescent() noexcept;

    const WorkerCounters& counters() const noexcept;
    LearnQueue& learned() noexcept;
    RelayQueue& relayed() noexcept;

private:
    struct State;
    explicit Worker(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ferry
