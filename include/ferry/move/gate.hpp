// The gate of one endpoint: what stands between the frames that arrive for it on this host and its ring while it moves.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <ferry/engine/arrival.hpp>
#include <ferry/move/dock.hpp>
#include <ferry/move/gate_counters.hpp>
#include <ferry/move/message.hpp>
#include <ferry/move/senders.hpp>

namespace ferry::move {

/// What the gate waits for at most; nanoseconds.
struct GateTimes {
    std::int64_t merge = 20'000'000;       ///< a peer's direct frames for those that it sent by way of the old host
    std::int64_t plain = 10'000'000;       ///< the same for senders that cannot mark
    std::int64_t wait = 2'000'000'000;     ///< for room in a running ring, or on the way to another host
};

enum class GateDrop : std::uint8_t {
    full,      ///< over the host's or the endpoint's bound
    expired,   ///< waited too long for room in the ring, or on the way to another host
    unclaimed, ///< the dock was given up: discard()
};

/// What a gate tells its owner.
struct GateEvent {
    enum class Kind : std::uint8_t {
        drained,           ///< `count` frames went under the flush label, none waits
        opened,            ///< direct frames may pass; `count` flush frames have come
        relayed,           ///< a frame of `peer` went by the relay: the first, or again after a second
        direct,            ///< in a claim, a plain `peer`'s frame came directly: the first, or again after a second
        stream_passed,     ///< `count` marked frames of `stream` have come
        stream_timed_out,  ///< they had not, and were not waited for any longer
        merged,            ///< open, and nothing waits; once after each claim()
    };
    Kind kind{};
    VtepId peer = VtepId::none;
    bool from_attachment = false;
    Stream stream = 0;
    std::uint64_t count = 0;
};

/// Where a gate's frames go. Called on the gate's worker.
template <typename Frame>
class GateOutput {
public:
    virtual ~GateOutput() = default;
    /// Takes the first frames that the ring has room for and returns how many; 0 where it is stopped.
    virtual std::size_t to_ring(const Docked<Frame>* frames, std::size_t count) = 0;
    /// To the new host under its flush or relay label. Takes the first frames that the way there has room for and returns
    /// how many; the others are offered again. Under the relay label it takes all, as other frames of that endpoint may
    /// leave beside the gate by now. A frame's arrival says its TTL as it came here, and the mark that it is to carry. Of
    /// those not taken `frame` may be set anew, where another buffer has their bytes now.
    virtual std::size_t to_host(Via label, Docked<Frame>* frames, std::size_t count) = 0;
    virtual void drop(GateDrop why, const Docked<Frame>& frame) = 0;
    virtual void event(const GateEvent& event) = 0;
    /// False where to_host() would take nothing under the flush label now.
    virtual bool may_flush() const { return true; }
    /// When to_host() last took a frame under that label, of any endpoint whose frames go the same way; 0 where it has not.
    virtual std::int64_t flushed_at() const { return 0; }
    /// True for the VTEP of a ferry host, which marks its frames when it turns.
    virtual bool is_ferry(VtepId peer) const = 0;
};

/// One worker's. A frame passes the intake, which restores the order of each sender's frames, and then the outlet.
///
/// In ordinary times, when ordinary() is true, nobody needs it: frames may go straight to the ring.
template <typename Frame>
class Gate {
public:
    static constexpr std::size_t burst = 32;

    /// All referenced outlive the gate. Where frames still wait when it is destroyed nobody frees them: call discard().
    Gate(DockBudget& budget, DockPlaces<Frame>& places, SenderPlaces<Frame>& senders, GateOutput<Frame>& output, const GateTimes& times) noexcept
        : budget_(budget), places_(places), senders_(senders), output_(output), times_(times)
    {
    }
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    bool ordinary() const noexcept { return outlet_ == Outlet::ring && !merging_ && queue_.empty(); }
    /// True while run() is to be called each round, because a time or room is waited for; where it is false
    /// nothing happens before the next frame or command.
    bool waits() const noexcept
    {
        if (outlet_ == Outlet::flush || (outlet_ == Outlet::ring && !queue_.empty()))
            return true;
        if (!merging_)
            return false;
        return streams_pending_ > 0 || (open_ ? intake_waiting_ > 0 || !told_merged_ : flush_known_);
    }
    const GateCounters& counters() const noexcept { return counters_; }

    // Frames.

    /// A frame for the endpoint.
    void take(Frame frame, std::uint32_t bytes, const Arrival& arrival, std::int64_t now)
    {
        const GateCounters::AtWork at_work(counters_);
        counters_.received.add(1);
        intake({frame, arrival, bytes, now});
    }
    /// A frame that the ring has refused; it is behind all that the gate has.
    void take_refused(Frame frame, std::uint32_t bytes, const Arrival& arrival, std::int64_t now)
    {
        const GateCounters::AtWork at_work(counters_);
        counters_.received.add(1);
        pass({frame, arrival, bytes, now});
    }
    /// Moves on what may go, without giving up what is waited for; call it behind a burst of take().
    void move_on(std::int64_t now);
    /// The same each round while waits(). All frames that had come to the worker by `seen_until` have been taken, and time has
    /// passed for what waits for others until then only: those may lie in the queues of a worker that was kept from its processor.
    /// One that is never done with its queues gives up ten times the longer of both times later.
    void run(std::int64_t now, std::int64_t seen_until);

    // Commands.

    /// What passes waits from now on, until ring() or drain(). What goes to another host goes on doing so.
    void hold() noexcept
    {
        if (outlet_ != Outlet::ring)
            return;
        outlet_ = Outlet::held;
        restart_marks();
    }
    /// What waits, and what passes, goes into the ring.
    void ring(std::int64_t now) { outlet_ = Outlet::ring; restart_marks(); restart_deliveries(); move_on(now); }
    /// The ring is here, the order is not known yet: only what comes under labels passes. `returning`: this host has
    /// relayed for the endpoint, and what it relayed may still be on its way round, so that the unmarked frames of ferry
    /// hosts wait like those of senders that cannot mark.
    void claim(bool returning = false) noexcept;
    /// Direct frames pass when `frames` have come under the flush label.
    void expect_flush(std::uint64_t frames, std::int64_t now);
    /// They pass now: there is no old host, or it is dead.
    void open(std::int64_t now);
    /// `sender`, whose stream it is, marked `frames` by way of the old host. When they have come it is behind its barrier:
    /// nothing that it sends directly waits any more, marked or not.
    void expect_stream(Stream stream, std::uint64_t frames, VtepId sender, std::int64_t now);
    /// What waits goes under the flush label, and what comes then under the relay label.
    void drain(std::int64_t now)
    {
        outlet_ = Outlet::flush;
        flushed_ = 0;
        drained_at_ = now;
        senders_seen_.clear();
        restart_marks();
        move_on(now);
    }
    /// Drops what waits.
    void discard(std::int64_t now);
    /// No frame is held back for its order any more; the outlet stays as it is.
    void finish(std::int64_t now);

private:
    enum class Outlet : std::uint8_t { ring, held, flush, relay };
    struct StreamState {
        std::uint64_t passed = 0, expected = 0;
        std::int64_t since = 0;  ///< of the last marked frame, or of expect_stream()
        VtepId sender = VtepId::none;
        bool known = false, over = false;
    };

    void intake(Docked<Frame> docked);
    void pass(Docked<Frame> docked);
    bool pass_at_once(Docked<Frame> docked);
    bool may_pass(const Docked<Frame>& docked, Sender<Frame>& sender, std::int64_t now);
    void release(std::int64_t now);
    Docked<Frame> take_waiting(Sender<Frame>& sender);
    void tell(GateEvent::Kind kind, std::uint64_t count);
    void tell_stream(Stream stream, bool in_time);
    void check_stream(Stream stream);
    void end_stream(Stream stream, bool in_time);
    void trust(VtepId peer, std::int64_t now);
    void empty(std::int64_t now);
    void empty_into_ring(std::int64_t now);
    void empty_to_host(Via label, std::int64_t now);
    void note_sent(Via label, const Docked<Frame>* frames, std::size_t count, std::int64_t now);
    void note_relayed(const Docked<Frame>& docked, std::int64_t now);
    void note_direct(const Docked<Frame>& docked);
    void tell_sender(GateEvent::Kind kind, const Arrival& came);
    void expire(std::int64_t since, std::int64_t now);
    void leave(const Docked<Frame>& docked, std::int64_t now);
    bool charge(std::uint32_t bytes) noexcept;
    void uncharge(std::uint32_t bytes) noexcept;
    void open_now(std::int64_t now);
    void restart_marks() noexcept
    {
        for (auto* first : {&counters_.first_docked, &counters_.first_flushed, &counters_.first_relayed})
            first->store(0, std::memory_order_relaxed);
    }
    void restart_deliveries() noexcept
    {
        for (auto* first : {&counters_.first_delivered, &counters_.first_waited})
            first->store(0, std::memory_order_relaxed);
    }
    void note_delivered(const Docked<Frame>& docked, std::int64_t now) noexcept
    {
        note_first(counters_.first_delivered, now);
        if (docked.arrival.via == Via::flush)
            note_first(counters_.first_waited, now);
    }
    static void note_first(std::atomic<std::int64_t>& first, std::int64_t now) noexcept
    {
        if (first.load(std::memory_order_relaxed) == 0)
            first.store(now, std::memory_order_relaxed);
    }

    DockBudget& budget_;
    DockPlaces<Frame>& places_;
    SenderPlaces<Frame>& senders_;
    GateOutput<Frame>& output_;
    const GateTimes& times_;
    GateCounters counters_;

    Outlet outlet_ = Outlet::ring;
    DockQueue<Frame> queue_;                  ///< what has passed the intake and waits at the outlet
    std::uint64_t held_bytes_ = 0;            ///< of queue_ and of all senders
    std::uint32_t held_frames_ = 0;
    std::uint64_t flushed_ = 0;
    std::int64_t drained_at_ = 0;             ///< drain()
    SendersSeen senders_seen_;                ///< by the relay; where there is none, directly

    std::int64_t seen_until_ = 0;             ///< what had come by then has been taken
    bool merging_ = false, returning_ = false, open_ = false, flush_known_ = false, told_merged_ = false;
    std::uint64_t flush_seen_ = 0, flush_expected_ = 0;
    std::int64_t flush_progress_ = 0;
    SenderList<Frame> waiting_;
    std::uint32_t intake_waiting_ = 0;        ///< frames in the senders' queues
    std::uint32_t streams_pending_ = 0;       ///< known and not over
    std::array<StreamState, 256> streams_{};
};

}  // namespace ferry::move

#include <ferry/move/gate_commands.hpp>
#include <ferry/move/gate_steps.hpp>
