#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

#include "sequence_window.hpp"

using ferry::demo::SequenceWindow;

namespace {

SequenceWindow window_of(const std::vector<std::uint64_t>& sequences)
{
    SequenceWindow window;
    for (const std::uint64_t sequence : sequences)
        window.add(sequence);
    return window;
}

}  // namespace

TEST_CASE("numbers in order are received and nothing else")
{
    const SequenceWindow window = window_of({0, 1, 2, 3});
    CHECK(window.received() == 4);
    CHECK(window.duplicated() == 0);
    CHECK(window.reordered() == 0);
}

TEST_CASE("a gap is neither a repetition nor out of order")
{
    const SequenceWindow window = window_of({0, 1, 5, 6});
    CHECK(window.received() == 4);
    CHECK(window.reordered() == 0);
}

TEST_CASE("a number is out of order when a higher one came before it")
{
    // RFC 4737 section 3.3: 3 and 4 come after 5.
    const SequenceWindow window = window_of({1, 2, 5, 3, 4, 6});
    CHECK(window.received() == 6);
    CHECK(window.reordered() == 2);
    CHECK(window.duplicated() == 0);
}

TEST_CASE("a repetition is counted once for each copy and never as out of order")
{
    const SequenceWindow window = window_of({1, 2, 3, 2, 2, 3});
    CHECK(window.received() == 3);
    CHECK(window.duplicated() == 3);
    CHECK(window.reordered() == 0);
}

TEST_CASE("the lowest number of the window is still known, the one below it no longer")
{
    SequenceWindow window = window_of({0, 1, SequenceWindow::size});
    window.add(1);
    CHECK(window.duplicated() == 1);
    window.add(0);
    CHECK(window.too_old() == 1);
    CHECK(window.received() == 3);
}

TEST_CASE("a number that enters the window is not taken for the one that left it")
{
    SequenceWindow window = window_of({7, SequenceWindow::size + 3});
    window.add(SequenceWindow::size + 7);  // shares its bit with 7
    CHECK(window.duplicated() == 0);
    window.add(SequenceWindow::size + 5);
    CHECK(window.received() == 4);
    CHECK(window.reordered() == 1);
}

TEST_CASE("a jump over more than the window forgets all and stays right")
{
    SequenceWindow window = window_of({0, 1, 2, 10 * SequenceWindow::size + 1});
    window.add(10 * SequenceWindow::size + 2);
    window.add(10 * SequenceWindow::size);
    window.add(10 * SequenceWindow::size + 1);
    CHECK(window.received() == 6);
    CHECK(window.reordered() == 1);
    CHECK(window.duplicated() == 1);
}

TEST_CASE("a shuffled and repeated flow is counted as a plain set would")
{
    std::mt19937 random(7);
    std::vector<std::uint64_t> sequences;
    for (std::uint64_t sequence = 0; sequence < 20'000; ++sequence)
        for (std::uint64_t copies = random() % 3; copies > 0; --copies)
            sequences.push_back(sequence);
    for (std::size_t i = 0; i + 50 < sequences.size(); i += 50)
        std::shuffle(sequences.begin() + static_cast<long>(i), sequences.begin() + static_cast<long>(i) + 50, random);

    std::set<std::uint64_t> seen;
    std::uint64_t duplicated = 0;
    std::uint64_t reordered = 0;
    for (const std::uint64_t sequence : sequences) {
        const bool overtaken = !seen.empty() && sequence < *seen.rbegin();
        if (!seen.insert(sequence).second)
            ++duplicated;
        else if (overtaken)
            ++reordered;
    }
    const SequenceWindow window = window_of(sequences);
    CHECK(window.received() == seen.size());
    CHECK(window.duplicated() == duplicated);
    CHECK(window.reordered() == reordered);
    CHECK(reordered > 1000);
}
