// New, repeated and overtaken frames are told apart, flow by flow.
#include <catch2/catch.hpp>

#include <random>
#include <set>

#include "measure/flow_sequences.hpp"

using namespace ferry::bench;

TEST_CASE("frames that come in order are only received")
{
    FlowSequences sequences(2);
    for (std::uint32_t i = 0; i < 1000; ++i) {
        sequences.add(0, i);
        sequences.add(1, i);
    }
    CHECK(sequences.counts().received == 2000);
    CHECK(sequences.counts().repeated == 0);
    CHECK(sequences.counts().reordered == 0);
}

TEST_CASE("a gap is neither repeated nor reordered")
{
    FlowSequences sequences(1);
    for (const std::uint32_t i : {0u, 1u, 5u, 500u, 501u})
        sequences.add(0, i);
    CHECK(sequences.counts().received == 5);
    CHECK(sequences.counts().reordered == 0);
    CHECK(sequences.counts().repeated == 0);
}

TEST_CASE("a frame that was overtaken is reordered once, and repeated when it comes again")
{
    FlowSequences sequences(1);
    for (const std::uint32_t i : {0u, 2u, 1u, 1u, 2u, 0u, 3u})
        sequences.add(0, i);
    CHECK(sequences.counts().received == 4);
    CHECK(sequences.counts().reordered == 1);
    CHECK(sequences.counts().repeated == 3);
}

TEST_CASE("a frame may be overtaken by 63 others and is still known")
{
    FlowSequences sequences(1);
    for (std::uint32_t i = 1; i < 64; ++i)
        sequences.add(0, i);
    sequences.add(0, 0);
    sequences.add(0, 0);
    CHECK(sequences.counts().reordered == 1);
    CHECK(sequences.counts().repeated == 1);
    CHECK(sequences.counts().stale == 0);
    sequences.add(0, 64);
    sequences.add(0, 0);
    CHECK(sequences.counts().stale == 1);
}

TEST_CASE("within 64 frames the counts are those of a full memory")
{
    std::mt19937 random(7);
    FlowSequences sequences(1);
    std::set<std::uint32_t> seen;
    std::uint64_t repeated = 0, reordered = 0;
    std::uint32_t highest = 0;
    for (int i = 0; i < 20'000; ++i) {
        const std::uint32_t base = highest > 50 ? highest - 50 : 0;
        const std::uint32_t sequence = base + static_cast<std::uint32_t>(random() % 60);
        if (!seen.insert(sequence).second)
            ++repeated;
        else if (sequence < highest)
            ++reordered;
        highest = std::max(highest, sequence);
        sequences.add(0, sequence);
    }
    CHECK(sequences.counts().received == seen.size());
    CHECK(sequences.counts().repeated == repeated);
    CHECK(sequences.counts().reordered == reordered);
}

TEST_CASE("after clear() nothing has come")
{
    FlowSequences sequences(1);
    sequences.add(0, 0);
    sequences.clear();
    sequences.add(0, 0);
    CHECK(sequences.counts().received == 1);
    CHECK(sequences.counts().repeated == 0);
}
