// Where one worker's frames go: to a port whose queue it owns, or to the worker that does; or they wait for a next hop.
#pragma once

#include <vector>

#include <ferry/engine/sink.hpp>
#include <ferry/engine/worker.hpp>

#include "workers/frame_tag.hpp"
#include "workers/gate_worker.hpp"
#include "workers/handover.hpp"
#include "workers/waiting_frames.hpp"
#include "workers/wiring.hpp"

namespace ferryd {

/// One worker's own, used on its thread only.
class WorkerSink final : public ferry::Sink {
public:
    WorkerSink(std::uint32_t self, ferry::Worker& engine, Handovers& handovers, GateWorker& gates,
               const NextHopTable& next_hops, WaitingBounds waiting)
        : self_(self), engine_(engine), handovers_(handovers), gates_(gates), waiting_(engine, next_hops, waiting)
    {
        behind_dock_.reserve(most_behind_dock);
    }
    ~WorkerSink() override;
    WorkerSink(const WorkerSink&) = delete;
    WorkerSink& operator=(const WorkerSink&) = delete;

    /// For the frames of the burst that follows: the wiring of this round, and when the burst had been received.
    void begin(const Wiring& wiring, std::uint64_t received_tsc) noexcept
    {
        wiring_ = &wiring;
        received_tsc_ = received_tsc;
    }

    void to_attachment(ferry::AttachmentId attachment, rte_mbuf** frames, std::uint16_t count) override;
    void to_gate(ferry::AttachmentId attachment, rte_mbuf** frames, const ferry::Arrival* arrivals, std::uint16_t count) override;
    void to_underlay(ferry::UnderlayId underlay, rte_mbuf** frames, std::uint16_t count) override;
    std::uint16_t offer_to_underlay(ferry::UnderlayId underlay, rte_mbuf** frames, std::uint16_t count) override;
    void pass(rte_mbuf** frames, std::uint16_t count) override;

    /// What the host's kernel sends: to the underlay as it is.
    void from_host(rte_mbuf** frames, std::uint16_t count) noexcept;

    /// Sends what other workers handed over; returns the number of frames.
    std::uint32_t take_handed_over(const Wiring& wiring) noexcept;

    /// Whether frames wait for their next hop, or for room that a dock has taken. Then send_ready() is to be called at the
    /// beginning of a round, after begin().
    bool any_waits() const noexcept { return !waiting_.empty() || !behind_dock_.empty(); }
    void send_ready() noexcept;

    static constexpr std::size_t most_behind_dock = 512;

private:
    Route route_to(Destination destination) const noexcept;
    /// `arrivals` is null but for frames for gated rows.
    void send(Destination destination, rte_mbuf** frames, const ferry::Arrival* arrivals, std::uint16_t count) noexcept;
    std::uint16_t offer(rte_mbuf** frames, std::uint16_t count) noexcept;
    std::uint16_t offer_unresolved(rte_mbuf** frames, std::uint16_t count) noexcept;
    bool waits_behind_dock(bool full) const noexcept;
    void wait_behind_dock(rte_mbuf** frames, std::uint16_t count) noexcept;
    void send_behind_dock() noexcept;
    void resolve(ferry::UnderlayId underlay, rte_mbuf** frames, std::uint16_t count) noexcept;
    void transmit(const Route& route, Destination destination, rte_mbuf** frames, const ferry::Arrival* arrivals, std::uint16_t count) noexcept;
    std::uint16_t hand_over(const Route& route, Destination destination, rte_mbuf** frames, const ferry::Arrival* arrivals,
                            std::uint16_t count) noexcept;
    std::uint32_t take_from(std::uint32_t from, const Wiring& wiring) noexcept;
    void drop(ferry::DropReason reason, Destination destination, rte_mbuf** frames, std::uint16_t count) noexcept;

    const std::uint32_t self_;
    ferry::Worker& engine_;
    Handovers& handovers_;
    GateWorker& gates_;
    WaitingFrames waiting_;
    std::vector<rte_mbuf*> behind_dock_;      ///< by age; never more than was reserved
    std::uint64_t behind_dock_since_tsc_ = 0; ///< the oldest of them
    const Wiring* wiring_ = nullptr;
    std::uint64_t received_tsc_ = 0;
};

}  // namespace ferryd
