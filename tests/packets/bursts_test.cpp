// A burst is worth as much as its frames one by one: same frames at each destination in the same order, same drops,
// same learning, whatever the neighbours are.
#include <catch2/catch.hpp>

#include <map>

#include "mixture.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

/// What came out, by destination, in order; and what else is to be seen.
struct Outcome {
    std::map<std::string, std::vector<Bytes>> by_destination;
    std::string drops;

    void add(const std::vector<Out>& out)
    {
        // What goes to an attachment and to its gate keeps its order.
        for (const Out& one : out)
            by_destination[one.where.starts_with("gate") ? "attachment" + one.where.substr(4) : one.where].push_back(
                one.frame);
    }
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// `frames` in one call, and one by one, to two hosts that are the same.
void compare(const std::vector<Bytes>& frames,
             const std::function<std::vector<Out>(Mixture&, const std::vector<Bytes>&)>& give, bool moving = false)
{
    Outcome together, apart;
    Mixture one, other;
    if (moving) {
        one.begin_moves();
        other.begin_moves();
    }
    together.add(give(one, frames));
    together.drops = one.drops();
    for (const Bytes& frame : frames)
        apart.add(give(other, {frame}));
    apart.drops = other.drops();
    CHECK(together == apart);
    CHECK(one.recorder().largest_call <= Worker::max_burst);

    const auto learned_together = one.learned(), learned_apart = other.learned();
    const auto keys = [](const std::vector<LearnEvent>& events) {
        std::map<std::uint64_t, std::uint64_t> first_rows;
        for (const LearnEvent& event : events)
            first_rows.emplace(event.key.word(), event.row.word());
        return first_rows;
    };
    CHECK(keys(learned_together) == keys(learned_apart));
}

}  // namespace

TEST_CASE("Guests' bursts of every size with neighbours of every kind")
{
    Random random(1);
    std::uint32_t mark = 0;
    for (std::size_t size = 0; size <= Worker::max_burst; ++size) {
        std::vector<Bytes> frames;
        while (frames.size() < size)
            frames.push_back(below(random, 8) == 0 ? mutate(random, random_inner(random, mark++))
                                                   : random_inner(random, mark++));
        const std::size_t who = below(random, 4);
        compare(frames,
                [&](Mixture& host, const std::vector<Bytes>& burst) { return host.send(host.guests()[who], burst); });
    }
}

TEST_CASE("The underlay's bursts of every size with neighbours of every kind")
{
    Random random(2);
    std::uint32_t mark = 0;
    for (std::size_t size = 0; size <= Worker::max_burst; ++size) {
        std::vector<Bytes> frames;
        while (frames.size() < size)
            frames.push_back(below(random, 8) == 0 ? mutate(random, random_outer(random, mark++))
                                                   : random_outer(random, mark++));
        compare(frames, [](Mixture& host, const std::vector<Bytes>& burst) { return host.receive(burst); });
    }
}

TEST_CASE("Bursts of every size in the middle of moves")
{
    Random random(3);
    std::uint32_t mark = 0;
    for (std::size_t size = 0; size <= Worker::max_burst; ++size) {
        std::vector<Bytes> from_guests, from_underlay;
        while (from_guests.size() < size) {
            from_guests.push_back(random_inner(random, mark++));
            from_underlay.push_back(random_moving_outer(random, mark++));
        }
        const std::size_t who = below(random, 4);
        compare(
            from_guests,
            [&](Mixture& host, const std::vector<Bytes>& burst) { return host.send(host.guests()[who], burst); }, true);
        compare(
            from_underlay, [](Mixture& host, const std::vector<Bytes>& burst) { return host.receive(burst); }, true);
    }
}

TEST_CASE("More frames than a burst in one call are taken all the same")
{
    Random random(3);
    std::vector<Bytes> from_guest, from_underlay;
    for (std::uint32_t mark = 0; mark < 3 * Worker::max_burst + 7; ++mark) {
        from_guest.push_back(random_inner(random, mark));
        from_underlay.push_back(random_outer(random, mark));
    }
    compare(from_guest, [](Mixture& host, const std::vector<Bytes>& burst) { return host.send(host.open, burst); });
    compare(from_underlay, [](Mixture& host, const std::vector<Bytes>& burst) { return host.receive(burst); });
}

TEST_CASE("A burst to one destination is one call, to several one each")
{
    Mixture host;
    std::vector<Bytes> frames;
    for (std::uint8_t i = 0; i < 64; ++i)
        frames.push_back(ethernet({0x52, 0x54, 0, 0, 0, static_cast<std::uint8_t>(i % 2 == 0 ? 3 : 4)},
                                  {0x52, 0x54, 0, 0, 0, 1}, 0x0800, pattern(50, i)));
    CHECK(host.send(host.web, frames).size() == 64);
    CHECK(host.recorder().calls == 2);
    for (Bytes& frame : frames)
        frame[5] = 2;
    CHECK(host.send(host.web, frames).size() == 64);
    CHECK(host.recorder().calls == 3);
}

TEST_CASE("More destinations than lanes: everything arrives, in order for each")
{
    Host host;
    host.add_segment(100);
    std::vector<AttachmentId> guests;
    const auto endpoint = [](std::size_t number) {
        return Mac{0x52, 0x54, 0, 0, 9, static_cast<std::uint8_t>(number)};
    };
    for (std::size_t number = 0; number < 150; ++number) {
        guests.push_back(host.add_attachment(100, {}));
        host.set_row(100, endpoint(number), Row::local(guests.back(), RowOrigin::permanent));
    }
    Random random(4);
    std::map<std::string, std::vector<Bytes>> expected, got;
    for (std::uint8_t burst = 0; burst < 100; ++burst) {
        std::vector<Bytes> frames;
        for (std::uint8_t i = 0; i < 64; ++i) {
            const std::size_t number = below(random, burst % 2 == 0 ? 150 : 5);
            const Bytes inner = ethernet(endpoint(number), {2, 0, 0, 0, 0, 1}, 0x0800, {burst, i});
            expected[to(guests[number], {}).where].push_back(inner);
            frames.push_back(vxlan(outer_from({172, 16, 0, 2}, 100), inner));
        }
        for (const Out& out : host.receive(frames))
            got[out.where].push_back(out.frame);
    }
    CHECK(got == expected);
    CHECK(host.drops() == "");
}
