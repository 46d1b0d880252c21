// A gate's counters, read by another thread while frames come: they add up at every moment.
#include <ferry/move/gate.hpp>

#include <atomic>
#include <memory>
#include <thread>

#include <catch2/catch.hpp>

using namespace ferry::move;

namespace {

constexpr int rounds = 100'000, frames = 4;

/// A ring, and a way to another host, with room for every other frame.
class Ring final : public GateOutput<int> {
public:
    std::size_t to_ring(const Docked<int>*, std::size_t) override { return ++calls_ % 2; }
    std::size_t to_host(ferry::Via label, Docked<int>*, std::size_t count) override { return label == ferry::Via::flush ? ++calls_ % 2 : count; }
    void drop(GateDrop, const Docked<int>&) override {}
    void event(const GateEvent&) override {}
    bool is_ferry(ferry::VtepId) const override { return true; }

private:
    std::size_t calls_ = 0;
};

struct Sums {
    std::uint64_t received, gone, waiting;
};

Sums sums_of(const GateCounters& counters)
{
    return {counters.received.get(),
            counters.delivered.get() + counters.flushed.get() + counters.relayed.get() + counters.dropped_full.get() +
                counters.dropped_expired.get() + counters.dropped_unclaimed.get(),
            counters.waiting.get()};
}

}  // namespace

TEST_CASE("what another thread reads of a gate at work adds up")
{
    DockBudget budget(6400, 64);
    const auto places = DockPlaces<int>::make(64);
    const auto senders = SenderPlaces<int>::make(4);
    REQUIRE(places.has_value());
    REQUIRE(senders.has_value());
    const GateTimes times;
    Ring ring;
    Gate<int> gate(budget, **places, **senders, ring, times);

    std::atomic<bool> over{false};
    std::thread worker([&] {
        for (std::int64_t now = 1; now <= rounds; ++now) {
            for (int i = 0; i < frames; ++i)
                gate.take(i, 100, {}, now);
            gate.run(now, now);
            if (now % 16 == 0)
                gate.hold();
            else if (now % 16 == 8)
                gate.ring(now);
            else if (now % 64 == 4)
                gate.discard(now);
            else if (now % 64 == 20)
                gate.drain(now);
        }
        over.store(true, std::memory_order_release);
    });
    Sums last{};
    std::uint64_t wrong = 0;
    for (bool after = false; !after;) {
        after = over.load(std::memory_order_acquire);
        last = gate.counters().consistent(sums_of);
        wrong += last.received != last.gone + last.waiting;
    }
    worker.join();
    CHECK(wrong == 0);
    CHECK(last.received == rounds * frames);
    gate.discard(0);
    CHECK(budget.used_frames() == 0);
}
