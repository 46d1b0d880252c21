// A ferry host: the machine and the gates of the library, driven as a switch drives them, with workers whose views of the
// rows lag, and a control thread that hears of gates a moment later.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include <ferry/move/gate.hpp>
#include <ferry/move/machine.hpp>

#include "books.hpp"
#include "clock.hpp"

namespace ferry::sim {

class World;

/// A frame on the wire between two VTEPs, without what does not matter here.
struct Packet {
    FrameId frame = 0;
    unsigned from = 0, to = 0;          ///< hosts
    std::uint32_t label = 0;            ///< 0: under the segment's own VNI
    Mark mark = Mark::none;
    std::uint8_t stream = 0, ttl = 64;
};

constexpr unsigned workers = 2;
constexpr std::uint32_t under_own_vni = 0xff'ffff;

struct SimRow {
    enum class Kind : std::uint8_t { absent, local, gated, remote, turning } kind = Kind::absent;
    unsigned to = 0;                    ///< remote, turning
    std::uint32_t label = 0;            ///< remote: what it relays under, 0 if not at all
    std::uint32_t turn = 0;             ///< turning, and what follows: which one
    bool direct = false;                ///< behind the flip
    unsigned via = 0;
    move::Stream stream = 0;
};

class SimHost;

/// An endpoint on a host: its row, and its gate where there has been use for one.
class SimEndpoint final : public move::GateOutput<FrameId> {
public:
    SimEndpoint(SimHost& host, unsigned endpoint);

    std::size_t to_ring(const move::Docked<FrameId>* frames, std::size_t count) override;
    std::size_t to_host(Via label, move::Docked<FrameId>* frames, std::size_t count) override;
    void drop(move::GateDrop why, const move::Docked<FrameId>& frame) override;
    void event(const move::GateEvent& event) override;
    bool is_ferry(VtepId peer) const override;

    SimHost& host;
    const unsigned endpoint;
    SimRow row;                                   ///< as the control thread knows it
    std::array<SimRow, workers> seen;             ///< as the workers do
    std::uint64_t row_changes = 0;
    std::array<std::uint64_t, workers> seen_changes{};
    std::uint64_t marked = 0;                     ///< in the present turn
    std::optional<move::Labels> labels;           ///< of its claim
    move::Gate<FrameId> gate;
    bool running = false;                         ///< the VM's ring
    bool relaying = false;                        ///< the gate's outlet leads to another host
    bool had = false;                             ///< relays by its row
    bool owner = false;                           ///< delivers, or docks, by right
    bool merging = false, polled = false, crashed = false;
    std::optional<unsigned> pending_streams;
    unsigned to = 0;
    move::Labels to_labels;
    std::uint64_t relayed_before = 0;             ///< the gate's count when the relay began
    std::optional<Time> asked_at;                 ///< a claim that is not open yet
};

class SimHost {
public:
    SimHost(World& world, unsigned index);

    // The VM's side.
    void start_ring(unsigned endpoint);
    void stop_ring(unsigned endpoint);

    // Frames.
    void from_attachment(unsigned endpoint, FrameId frame);
    void from_underlay(const Packet& packet);

    // Others.
    void receive(unsigned from, const move::Message& message);
    void unreachable(unsigned host);
    void announced(unsigned endpoint, unsigned at);
    void crash();
    void restart();

    /// Gives the machine an event and does what it wants.
    template <typename Call>
    void tell(Call call)
    {
        move::Actions actions;
        call(*machine, now(), actions);
        apply(actions);
        schedule_tick();
    }
    /// Tells the machine a moment later, in order.
    void post(std::function<void()> what);

    Time now() const;
    /// What the row says of an endpoint that is known here.
    move::Place place_of(unsigned endpoint);
    SimEndpoint& at(unsigned endpoint);
    SimEndpoint* find(unsigned endpoint);
    void set_row(SimEndpoint& endpoint, SimRow row, std::function<void()> then = {});
    void poll(SimEndpoint& endpoint);
    void make();

    World& world;
    const unsigned index;
    bool up = true;
    std::uint32_t incarnation = 0;
    std::uint64_t disk_term = 0;
    std::unique_ptr<move::Machine> machine;
    move::GateTimes gate_times;
    std::unique_ptr<move::DockBudget> budget;
    std::unique_ptr<move::DockPlaces<FrameId>> places;
    std::unique_ptr<move::SenderPlaces<FrameId>> senders;
    std::map<unsigned, std::unique_ptr<SimEndpoint>> endpoints;
    struct Label {
        unsigned endpoint;
        Via via;
    };
    std::unordered_map<std::uint32_t, Label> labels;
    std::map<std::uint32_t, move::OpenExit> exits;                                   ///< by label
    std::map<std::pair<unsigned, unsigned>, move::BeginDetour> detours;              ///< by endpoint and plain host

private:
    void apply(move::Actions& actions);
    void forward(SimEndpoint& endpoint, const SimRow& row, FrameId frame);
    void relay(SimEndpoint& endpoint, unsigned to, std::uint32_t label, const Packet& packet, const Arrival& arrival);
    void to_attachment(SimEndpoint& endpoint, FrameId frame, const Arrival& arrival);
    void to_gate(SimEndpoint& endpoint, FrameId frame, const Arrival& arrival);
    void free_labels(const move::Labels& labels);
    void schedule_tick();

    // One for each action.
    void want(move::Send& action);
    void want(move::Discard& action);
    void want(move::Replay& action);
    void want(move::BeginClaim& action);
    void want(move::Open& action);
    void want(move::Drain& action);
    void want(move::Expect& action);
    void want(move::BeginTurn& action);
    void want(move::Flip& action);
    void want(move::EndTurn& action);
    void want(move::PointTo& action);
    void want(move::FinishClaim& action);
    void want(move::DemoteLabels& action);
    void want(move::FreeLabels& action);
    void want(move::FinishRelay& action);
    void want(move::BeginDetour& action);
    void want(move::EndDetour& action);
    void want(move::OpenExit& action);
    void want(move::CloseExit& action);
    void want(move::Withdraw& action);
    void want(move::Announce& action);
    void want(move::Silence& action);
    void want(move::KeepTerm& action);
    void want(move::Note& action);

    Time posted_ = 0;
    std::optional<Time> tick_at_;
    std::uint32_t turns_ = 0;
};

}  // namespace ferry::sim
