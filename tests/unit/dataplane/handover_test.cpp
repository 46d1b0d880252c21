#include "workers/handover.hpp"

#include <thread>

#include <catch2/catch.hpp>

using ferryd::HandoverQueue;
using ferryd::Handovers;

namespace {

/// Queues never look into frames, so numbers stand for them.
rte_mbuf* frame(std::uintptr_t number)
{
    return reinterpret_cast<rte_mbuf*>(number);  // NOLINT: never dereferenced
}

}  // namespace

TEST_CASE("a queue gives back in order what it took, and takes no more than its bound")
{
    auto queue = HandoverQueue::make();
    REQUIRE(queue);
    CHECK(queue->empty());
    std::vector<rte_mbuf*> frames;
    for (std::uintptr_t i = 1; i <= HandoverQueue::capacity + 10; ++i)
        frames.push_back(frame(i));
    std::uint32_t taken = 0;
    for (std::size_t i = 0; i < frames.size(); i += 10)
        taken += queue->push(&frames[i], static_cast<std::uint16_t>(std::min<std::size_t>(10, frames.size() - i)));
    CHECK(taken == HandoverQueue::capacity);
    CHECK(queue->pushed() == taken);

    rte_mbuf* out[32];
    std::uintptr_t next = 1;
    while (const std::uint16_t count = queue->pop(out, 32)) {
        for (std::uint16_t i = 0; i < count; ++i)
            REQUIRE(out[i] == frame(next++));
    }
    CHECK(next == HandoverQueue::capacity + 1);
    CHECK(queue->popped() == queue->pushed());
}

TEST_CASE("order holds between a producing and a consuming thread")
{
    constexpr std::uintptr_t total = 300'000;
    auto queue = HandoverQueue::make();
    REQUIRE(queue);
    std::thread producer([&] {
        for (std::uintptr_t sent = 0; sent < total;) {
            rte_mbuf* frames[7];
            std::uint16_t count = 0;
            while (count < 7 && sent + count < total) {
                frames[count] = frame(sent + count + 1);
                ++count;
            }
            const std::uint16_t taken = queue->push(frames, count);
            sent += taken;
            if (taken == 0)
                std::this_thread::yield();
        }
    });
    std::uintptr_t next = 1;
    bool in_order = true;
    while (next <= total) {
        rte_mbuf* out[32];
        const std::uint16_t count = queue->pop(out, 32);
        for (std::uint16_t i = 0; i < count; ++i)
            in_order &= out[i] == frame(next++);
        if (count == 0)
            std::this_thread::yield();
    }
    producer.join();
    CHECK(in_order);
}

TEST_CASE("all has been popped that had been pushed, whatever came later")
{
    auto handovers = Handovers::make(3);
    REQUIRE(handovers);
    rte_mbuf* frames[] = {frame(1), frame(2), frame(3)};
    CHECK(handovers->popped_since(handovers->pushed()));
    CHECK(handovers->none_for(1));
    handovers->from_to(0, 1).push(frames, 2);
    handovers->from_to(2, 0).push(frames, 1);
    const auto pushed = handovers->pushed();
    CHECK_FALSE(handovers->popped_since(pushed));
    CHECK_FALSE(handovers->none_for(1));
    CHECK(handovers->none_for(2));

    rte_mbuf* out[4];
    CHECK(handovers->from_to(0, 1).pop(out, 4) == 2);
    CHECK_FALSE(handovers->popped_since(pushed));
    handovers->from_to(2, 0).push(frames, 3);
    CHECK(handovers->from_to(2, 0).pop(out, 1) == 1);
    CHECK(handovers->popped_since(pushed));
    CHECK_FALSE(handovers->popped_since(handovers->pushed()));
    CHECK(handovers->from_to(1, 0).empty());
}
