// One worker's part in moves: the gates of the ports that it owns, what the control thread wants of them, and what it is told.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <ferry/engine/event_queue.hpp>
#include <ferry/engine/sink.hpp>
#include <ferry/engine/worker.hpp>

#include "workers/doorbell.hpp"
#include "workers/port_gates.hpp"

struct rte_mempool;

namespace ferryd {

/// What the control thread wants of a gate (Gate's command of the same name), or of its worker.
struct GateCommand {
    enum class Kind : std::uint8_t { hold, ring, claim, expect_flush, open, expect_stream, drain, discard, finish, announce };
    Kind kind{};
    EndpointGate* gate = nullptr;
    std::uint64_t count = 0;                    ///< expect_flush, expect_stream; claim: 1 where it returns
    ferry::move::Stream stream = 0;             ///< expect_stream
    ferry::VtepId sender = ferry::VtepId::none; ///< expect_stream
    ferry::VtepId to = ferry::VtepId::none;     ///< drain
    ferry::Vni flush{}, relay{};                ///< drain
};

/// What a gate told, and when.
struct GateNews {
    EndpointGate* gate = nullptr;
    ferry::move::GateEvent event;
    std::int64_t time = 0;  ///< nanoseconds, nanoseconds_of()
};

/// What all workers' gates share. It outlives them.
struct GateShared {
    ferry::move::DockBudget& budget;
    const ferry::move::GateTimes& times;
    const std::atomic<bool>* ferry_vteps;  ///< by VtepId: its host marks its frames
    std::uint32_t vteps = 0;               ///< how many there are
    rte_mempool* pool = nullptr;           ///< for announcements
    std::function<void()> wake_control;    ///< there is news
    std::uint32_t senders = 4096;          ///< that all gates of a worker know at a time
};

class GateWorker {
public:
    /// Fails with no_memory. `bell`, which outlives it, wakes the worker.
    static ferry::Expected<std::unique_ptr<GateWorker>> make(ferry::Worker& engine, const GateShared& shared,
                                                             Doorbell& bell);

    // Control thread.

    /// Returns at once; the worker does it before it looks at any frame that came for a row changed after this call.
    void command(const GateCommand& command) noexcept;
    bool take_news(GateNews& news) noexcept { return news_.pop(&news, 1) != 0; }
    /// Returns when the worker has done all that command() was called for, and holds on to no gate because of it. A grace
    /// period does not say so: it passes while the worker sleeps.
    void wait_until_obeyed() const;

    // The worker's thread.

    /// `sink` takes what gates send to other hosts.
    void set_sink(ferry::Sink& sink) noexcept { sink_ = &sink; }
    /// True where round() would find nothing to do; it need not be called then.
    bool rests() noexcept
    {
        const bool nothing = waiting_.empty() && commands_.empty() && announce_.empty();
        if (nothing) [[likely]]
            obeyed_.store(taken_, std::memory_order_release);
        return nothing;
    }
    /// A round of the worker begins: before it receives anything.
    void begin_round() noexcept;
    /// Does what the control thread wants, and moves on what waits; returns how many frames left. `caught_up` says that the
    /// queues in which frames come from other hosts were found empty in this round.
    std::uint32_t round(bool caught_up);
    /// Frames for the port's endpoints, whose gates are busy; `arrivals` is null where the rows were ordinary.
    void take(PortGates& port, rte_mbuf** frames, const ferry::Arrival* arrivals, std::uint16_t count, std::uint64_t received_tsc);
    /// Frames that the port refused.
    void take_refused(PortGates& port, rte_mbuf** frames, std::uint16_t count, std::uint64_t received_tsc);

    /// True while frames are expected that a VM waits for.
    bool hurries() const noexcept;
    /// False while round() would do something at once.
    bool nothing_to_do() const noexcept { return commands_.empty() && announce_.empty(); }

    ferry::Worker& engine() noexcept { return engine_; }
    ferry::Sink& sink() noexcept { return *sink_; }
    const GateShared& shared() const noexcept { return shared_; }
    ferry::move::DockPlaces<rte_mbuf*>& places() noexcept { return *places_; }
    ferry::move::SenderPlaces<rte_mbuf*>& senders() noexcept { return *senders_; }
    void tell(EndpointGate& gate, const ferry::move::GateEvent& event) noexcept;
    /// Counts what left a gate, so that a round with it is not idle.
    void count_left(std::size_t frames) noexcept { left_ += static_cast<std::uint32_t>(frames); }
    /// How many of `frames` may leave docks for other hosts in this round: while a large one does, queues go on being polled.
    std::size_t share_of_round(std::size_t frames) const noexcept { return std::min<std::size_t>(frames, flush_share_); }
    void count_flushed(std::size_t frames) noexcept;
    /// The port by which docks leave has no room: no more of them does in this round.
    void stop_flushes() noexcept { flush_share_ = 0; }
    std::int64_t flushed_at() const noexcept { return flushed_at_; }

    std::atomic<std::uint64_t> lost_news{0};

private:
    /// Frames that leave docks for other hosts in a round, beside as many as came for gates in it, so that docks empty
    /// whatever comes.
    static constexpr std::uint32_t flushed_in_a_round = 256;
    static constexpr std::size_t most_commands = 8192, most_news = 16'384;

    GateWorker(ferry::Worker& engine, const GateShared& shared, Doorbell& bell)
        : engine_(engine), shared_(shared), bell_(bell)
    {
    }
    void take_commands();
    void obey(const GateCommand& command, std::int64_t now);
    void announce(EndpointGate& gate);
    void touch(EndpointGate& gate);
    void settle_touched();
    void settle(EndpointGate& gate);

    ferry::Worker& engine_;
    const GateShared shared_;
    Doorbell& bell_;
    ferry::Sink* sink_ = nullptr;
    std::unique_ptr<ferry::move::DockPlaces<rte_mbuf*>> places_;
    std::unique_ptr<ferry::move::SenderPlaces<rte_mbuf*>> senders_;
    std::vector<EndpointGate*> touched_;   ///< by the burst at hand
    std::vector<EndpointGate*> waiting_;   ///< wait for a time or for room
    std::vector<EndpointGate*> announce_;  ///< at the end of the round: not in the middle of a burst
    std::int64_t hurry_until_ = 0;         ///< nanoseconds_of()
    std::uint32_t left_ = 0;
    std::uint32_t flush_share_ = flushed_in_a_round;  ///< of this round, what is left
    std::int64_t flushed_at_ = 0;                      ///< nanoseconds_of(): the last frame of a dock left
    std::int64_t began_ = 0, began_before_ = 0;        ///< the same: rounds in which something waited
    std::uint64_t commanded_ = 0;              ///< the control thread's count
    std::uint64_t taken_ = 0;                  ///< the worker's
    std::atomic<std::uint64_t> obeyed_{0};
    ferry::EventQueue<GateCommand, most_commands> commands_;
    ferry::EventQueue<GateNews, most_news> news_;
};

}  // namespace ferryd
