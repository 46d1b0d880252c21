#include "control/tally.hpp"

#include <memory>

#include <catch2/catch.hpp>

using ferry::DropReason;
using ferryd::Tally;

TEST_CASE("counters of several workers add up, and what was before does not count")
{
    auto first = std::make_unique<ferry::TrafficCounters>(), second = std::make_unique<ferry::TrafficCounters>();
    first->in_frames.add(3);
    first->out_bytes.add(100);
    first->drops[static_cast<std::size_t>(DropReason::ring_full)].add(2);
    Tally before;
    before.add(*first);
    before.add(*second);

    first->in_frames.add(1);
    second->in_frames.add(10);
    second->in_bytes.add(640);
    second->out_frames.add(5);
    second->drops[static_cast<std::size_t>(DropReason::ring_full)].add(4);
    second->drops[static_cast<std::size_t>(DropReason::no_buffer)].add(1);
    Tally now;
    now.add(*first);
    now.add(*second);

    const ferryd::TrafficStatus status = status_of(now.since(before));
    CHECK(status.in_frames == 11);
    CHECK(status.in_bytes == 640);
    CHECK(status.out_frames == 5);
    CHECK(status.out_bytes == 0);
    CHECK(status.drops == ferryd::DropCounts{{"ring_full", 4}, {"no_buffer", 1}});
}
