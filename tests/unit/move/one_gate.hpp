// One gate whose frames are numbers; its ring and the new host are lists.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <ferry/move/gate.hpp>

namespace ferry::test {

using ferry::move::Docked;
using ferry::move::DockBudget;
using ferry::move::GateDrop;
using ferry::move::GateEvent;

using Number = std::uint32_t;
constexpr std::int64_t ms = 1'000'000;
constexpr VtepId ferry_peer{1}, plain_peer{2}, other_ferry_peer{3};

class Output final : public ferry::move::GateOutput<Number> {
public:
    std::size_t to_ring(const Docked<Number>* frames, std::size_t count) override
    {
        const std::size_t taken = std::min(count, room);
        for (std::size_t i = 0; i < taken; ++i)
            ring.push_back(frames[i].frame);
        room -= taken;
        return taken;
    }
    std::size_t to_host(Via label, Docked<Number>* frames, std::size_t count) override
    {
        const std::size_t taken = label == Via::flush ? std::min(count, way_room) : count;
        for (std::size_t i = 0; i < taken; ++i) {
            host.push_back(frames[i].frame);
            labels.push_back(label);
            marks.push_back(frames[i].arrival.mark);
        }
        if (label == Via::flush)
            way_room -= taken;
        for (std::size_t i = taken; i < count; ++i)
            frames[i].frame += copied;
        return taken;
    }
    bool may_flush() const override { return way_room > 0; }
    std::int64_t flushed_at() const override { return last_flushed; }
    void drop(GateDrop why, const Docked<Number>& frame) override { drops[why].push_back(frame.frame); }
    void event(const GateEvent& event) override { events.push_back(event); }
    bool is_ferry(VtepId peer) const override { return peer != plain_peer; }

    std::size_t count(GateEvent::Kind kind) const
    {
        return static_cast<std::size_t>(
            std::count_if(events.begin(), events.end(), [&](const GateEvent& event) { return event.kind == kind; }));
    }

    std::size_t room = 1000, way_room = 1000;
    std::int64_t last_flushed = 0;
    Number copied = 0;  ///< added to a frame that the way to the host has no room for
    std::vector<Number> ring, host;
    std::vector<Via> labels;
    std::vector<Mark> marks;
    std::map<GateDrop, std::vector<Number>> drops;
    std::vector<GateEvent> events;
};

struct OneGate {
    explicit OneGate(std::uint64_t bytes = 100'000, std::uint32_t frames = 64) : budget(bytes, frames) {}
    ~OneGate()
    {
        const auto& counted = gate.counters();
        CHECK(counted.received.get() == counted.delivered.get() + counted.flushed.get() + counted.relayed.get() +
                                            counted.dropped_full.get() + counted.dropped_expired.get() +
                                            counted.dropped_unclaimed.get() + counted.waiting.get());
        gate.discard(now);
        CHECK(budget.used_bytes() == 0);
        CHECK(budget.used_frames() == 0);
    }

    void take(Number frame, const Arrival& arrival) { gate.take(frame, 100, arrival, now); gate.run(now, now); }
    void direct(Number frame, VtepId peer = ferry_peer, Mark mark = Mark::none, std::uint8_t stream = 0)
    {
        Arrival arrival;
        arrival.peer = peer;
        arrival.mark = mark;
        arrival.stream = stream;
        take(frame, arrival);
    }
    void local(Number frame)
    {
        Arrival arrival;
        arrival.from_attachment = true;
        take(frame, arrival);
    }
    void labelled(Number frame, Via via, Mark mark = Mark::none, std::uint8_t stream = 0)
    {
        Arrival arrival;
        arrival.peer = other_ferry_peer;
        arrival.via = via;
        arrival.mark = mark;
        arrival.stream = stream;
        take(frame, arrival);
    }
    void pass_time(std::int64_t nanoseconds)
    {
        now += nanoseconds;
        if (gate.waits())  // as its worker does
            gate.run(now, now);
    }

    DockBudget budget;
    ferry::move::GateTimes times;
    std::unique_ptr<ferry::move::DockPlaces<Number>> places = std::move(*ferry::move::DockPlaces<Number>::make(64));
    std::unique_ptr<ferry::move::SenderPlaces<Number>> senders = std::move(*ferry::move::SenderPlaces<Number>::make(4));
    Output output;
    ferry::move::Gate<Number> gate{budget, *places, *senders, output, times};
    std::int64_t now = 1000 * ms;
};

using Numbers = std::vector<Number>;

}  // namespace ferry::test
