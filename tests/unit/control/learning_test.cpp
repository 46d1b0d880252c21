// Learner: which learn events become rows, and how long those stay.
#include <ferry/control/learning.hpp>

#include "helpers.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

/// VNI 1 learns, VNI 2 does not; two VTEPs and an attachment in each segment.
struct Place {
    std::unique_ptr<Tables> tables = make_tables();
    Transaction transaction{*tables};
    SegmentIndex learns = *transaction.add_segment(vni(1), true);
    SegmentIndex does_not = *transaction.add_segment(vni(2), false);
    VtepId first = *transaction.add_vtep(address(1), spec());
    VtepId second = *transaction.add_vtep(address(2), spec());
    AttachmentId attachment = *transaction.add_attachment(vni(1), {});
    AttachmentId elsewhere = *transaction.add_attachment(vni(2), {});
    Learner learner;

    explicit Place(LearningRules rules = {100, 10}) : learner(*tables, rules) { REQUIRE(transaction.commit()); }

    void see(std::uint64_t endpoint, Row row, std::uint32_t now = 1000, SegmentIndex segment = SegmentIndex::none)
    {
        const LearnEvent event{FdbKey(segment == SegmentIndex::none ? learns : segment, mac(endpoint)), row};
        learner.apply({&event, 1}, now);
    }
    Row row(std::uint64_t endpoint) const { return row_now(*tables, vni(1), mac(endpoint)); }
};

Row learned(VtepId vtep)
{
    return remote(vtep, RowOrigin::learned);
}

}  // namespace

TEST_CASE("an unknown endpoint gets a row")
{
    Place place;
    place.see(1, learned(place.first));
    place.see(2, Row::local(place.attachment, RowOrigin::learned));
    CHECK(place.row(1) == learned(place.first));
    CHECK(place.row(2) == Row::local(place.attachment, RowOrigin::learned));
    CHECK(place.learner.counters().added == 2);
    CHECK(place.tables->fdb().last_seen(FdbKey(place.learns, mac(1))) == 1000);
}

TEST_CASE("a learned row follows its endpoint")
{
    Place place;
    place.see(1, learned(place.first));
    place.see(1, learned(place.second));
    CHECK(place.row(1) == learned(place.second));
    place.see(1, Row::local(place.attachment, RowOrigin::learned));
    CHECK(place.row(1).attachment() == place.attachment);
    place.see(1, Row::local(place.attachment, RowOrigin::learned));
    CHECK(place.learner.counters().added == 1);
    CHECK(place.learner.counters().moved == 2);
    CHECK(place.learner.counters().unchanged == 1);
}

TEST_CASE("a row that is not learned never follows a frame")
{
    Place place;
    const RowOrigin origin = GENERATE(RowOrigin::permanent, RowOrigin::endpoint);
    REQUIRE(place.transaction.set_row(vni(1), mac(1), remote(place.first, origin)));
    REQUIRE(place.transaction.set_row(vni(1), mac(2), Row::blackhole(origin)));
    REQUIRE(place.transaction.commit());
    place.see(1, learned(place.second));
    place.see(2, learned(place.second));
    CHECK(place.row(1) == remote(place.first, origin));
    CHECK(place.row(2) == Row::blackhole(origin));
    CHECK(place.learner.counters().refused_static == 2);
    place.see(1, learned(place.first));
    CHECK(place.row(1) == remote(place.first, origin));
    CHECK(place.learner.counters().unchanged == 1);
}

TEST_CASE("the rule is asked where an endpoint shows up elsewhere, and decides for learned rows only")
{
    struct Question {
        FdbKey key;
        Row present, seen;
        bool operator==(const Question&) const = default;
    };
    std::vector<Question> asked;
    bool answer = false;
    LearningRules rules{100, 10};
    rules.follows = [&](FdbKey key, Row present, Row seen) {
        asked.push_back({key, present, seen});
        return answer;
    };
    Place place(rules);
    const FdbKey key(place.learns, mac(1));
    const auto set = [&](Row row) {
        REQUIRE(place.transaction.set_row(vni(1), mac(1), row));
        REQUIRE(place.transaction.commit());
        asked.clear();
    };

    SECTION("nobody is asked about an endpoint without a row, or from where its row says")
    {
        place.see(1, learned(place.first));
        place.see(1, learned(place.first));
        CHECK(asked.empty());
        CHECK(place.row(1) == learned(place.first));
    }
    SECTION("a learned row stays or follows as the rule says")
    {
        set(learned(place.first));
        place.see(1, learned(place.second));
        CHECK(asked == std::vector<Question>{{key, learned(place.first), learned(place.second)}});
        CHECK(place.row(1) == learned(place.first));
        CHECK(place.learner.counters().refused_rule == 1);
        answer = true;
        place.see(1, learned(place.second));
        CHECK(asked.size() == 2);
        CHECK(place.row(1) == learned(place.second));
        CHECK(place.learner.counters().moved == 1);
    }
    SECTION("an endpoint's row at another VTEP stays, whatever the rule says")
    {
        answer = GENERATE(false, true);
        const Row row = GENERATE_REF(remote(place.first, RowOrigin::endpoint),
                                     Row::relaying(place.first, RowOrigin::endpoint),
                                     Row::relaying(place.first, RowOrigin::learned));
        set(row);
        place.see(1, learned(place.second));
        place.see(1, learned(place.first));
        CHECK(asked == std::vector<Question>{{key, row, learned(place.second)}});
        CHECK(place.row(1) == row);
        CHECK(place.learner.counters().refused_static == 1);
        CHECK(place.learner.counters().unchanged == 1);
    }
    SECTION("about other rows nobody is asked")
    {
        answer = true;
        const TurnId turn = *place.tables->turns().begin({.via = place.first, .to = place.second, .stream = 1});
        const Row row = GENERATE_REF(remote(place.first), Row::blackhole(RowOrigin::endpoint),
                                     Row::local(place.attachment, RowOrigin::endpoint),
                                     Row::gated(place.attachment, RowOrigin::endpoint),
                                     Row::gated(place.attachment, RowOrigin::learned),
                                     Row::turning(turn, RowOrigin::endpoint), Row::turning(turn, RowOrigin::learned));
        set(row);
        place.see(1, learned(place.second));
        CHECK(asked.empty());
        CHECK(place.row(1) == row);
        CHECK(place.learner.counters().refused_static == 1);
    }
}

TEST_CASE("a frame from an attachment says nothing new of an endpoint whose gate is there")
{
    Place place;
    REQUIRE(place.transaction.set_row(vni(1), mac(1), Row::gated(place.attachment, RowOrigin::endpoint)));
    REQUIRE(place.transaction.commit());
    place.see(1, Row::local(place.attachment, RowOrigin::learned));
    CHECK(place.learner.counters().unchanged == 1);
}

TEST_CASE("rows of a move do not age")
{
    Place place;
    const TurnId turn = *place.tables->turns().begin({.via = place.first, .to = place.second, .stream = 1});
    REQUIRE(place.transaction.set_row(vni(1), mac(1), Row::gated(place.attachment, RowOrigin::learned)));
    REQUIRE(place.transaction.set_row(vni(1), mac(2), Row::turning(turn, RowOrigin::learned)));
    REQUIRE(place.transaction.set_row(vni(1), mac(3), Row::relaying(place.first, RowOrigin::learned)));
    REQUIRE(place.transaction.set_row(vni(1), mac(4), learned(place.first)));
    REQUIRE(place.transaction.commit());
    place.learner.age(steady_seconds() + 1000);
    CHECK(place.learner.aged() == 1);
    CHECK(place.row(4).is_absent());
    CHECK(place.tables->fdb().size() == 3);
}

TEST_CASE("events about what is gone are refused")
{
    Place place;
    place.see(1, learned(VtepId{4}));
    place.see(1, Row::local(AttachmentId{4}, RowOrigin::learned));
    place.see(1, Row::local(place.elsewhere, RowOrigin::learned));
    place.see(1, learned(place.first), 1000, SegmentIndex{4});
    place.see(1, learned(place.first), 1000, place.does_not);
    CHECK(place.learner.counters().refused_gone == 5);
    CHECK(place.tables->fdb().size() == 0);
}

TEST_CASE("a segment's learned rows are bounded")
{
    Place place;
    REQUIRE(place.transaction.set_row(vni(1), mac(99), remote(place.first)));
    REQUIRE(place.transaction.commit());
    for (std::uint64_t i = 0; i < 12; ++i)
        place.see(i, learned(place.first));
    CHECK(place.learner.counters().added == 10);
    CHECK(place.learner.counters().refused_full == 2);
    place.see(3, learned(place.second));
    CHECK(place.learner.counters().moved == 1);

    SECTION("and those that went make room")
    {
        REQUIRE(place.transaction.remove_row(vni(1), mac(3)));
        REQUIRE(place.transaction.set_row(vni(1), mac(4), remote(place.first)));
        REQUIRE(place.transaction.commit());
        place.see(20, learned(place.first));
        place.see(21, learned(place.first));
        place.see(22, learned(place.first));
        CHECK(place.learner.counters().added == 12);
        CHECK(place.learner.counters().refused_full == 3);
    }
}

TEST_CASE("learning stops where the FDB is full")
{
    Place place(LearningRules{100, 1000});
    for (std::uint64_t i = 0; i < 105; ++i)
        place.see(i, learned(place.first));
    CHECK(place.learner.counters().added == 100);
    CHECK(place.learner.counters().refused_full == 5);
}

TEST_CASE("an endpoint of an unsettled transaction is learned as well, and older epochs do not see it")
{
    Place place;
    OnlineReader reader(*place.tables);
    REQUIRE(place.transaction.set_row(vni(1), mac(1), learned(place.first)));
    REQUIRE(place.transaction.set_row(vni(1), mac(2), learned(place.first)));
    const Epoch epoch = place.transaction.commit()->epoch;
    place.see(1, learned(place.second));
    CHECK(place.row(1) == learned(place.second));
    CHECK(row_at(*place.tables, vni(1), mac(1), epoch) == learned(place.first));
    CHECK(row_at(*place.tables, vni(1), mac(1), epoch - 1).is_absent());
    CHECK(place.learner.counters().moved == 1);
    reader.quiescent();
    reclaim(*place.tables);
    CHECK(place.row(1) == learned(place.second));
}

TEST_CASE("learned rows that were not seen for long go; others stay")
{
    Place place;
    place.see(1, learned(place.first), 1000);
    place.see(2, learned(place.first), 1050);
    REQUIRE(place.transaction.set_row(vni(1), mac(3), remote(place.first)));
    REQUIRE(place.transaction.set_row(vni(1), mac(4), remote(place.first, RowOrigin::endpoint)));
    REQUIRE(place.transaction.commit());
    place.learner.age(1099);
    CHECK(place.learner.aged() == 0);
    place.learner.age(1100);
    CHECK(place.learner.aged() == 1);
    CHECK(place.row(1).is_absent());
    CHECK_FALSE(place.row(2).is_absent());

    SECTION("a row that was seen again stays")
    {
        const FdbKey key(place.learns, mac(2));
        Row row;
        Fdb::Slot slot{};
        place.tables->fdb().lookup(&key, 1, place.tables->epoch(), &row, &slot);
        place.tables->fdb().touch(slot, 1120);
        place.learner.age(1151);
        CHECK_FALSE(place.row(2).is_absent());
        place.learner.age(1219);
        CHECK_FALSE(place.row(2).is_absent());
        place.learner.age(1220);
        CHECK(place.row(2).is_absent());
    }
    SECTION("a row that a worker saw after the writer read its clock stays")
    {
        place.learner.age(1049);
        CHECK_FALSE(place.row(2).is_absent());
    }
    place.learner.age(90'000);
    CHECK(place.row(3) == remote(place.first));
    CHECK_FALSE(place.row(4).is_absent());
    CHECK(place.tables->fdb().size() == 2);
}

TEST_CASE("ageing of 0 seconds means never")
{
    Place place(LearningRules{0, 10});
    place.see(1, learned(place.first), 1);
    place.learner.age(1'000'000);
    CHECK_FALSE(place.row(1).is_absent());
}

TEST_CASE("the counters add up to the events")
{
    Place place;
    std::uint64_t events = 0;
    for (std::uint32_t i = 0; i < 500; ++i, ++events)
        place.see(i * 7 % 15, learned(VtepId{1 + i / 15 % 3}), 1000,
                  SegmentIndex{static_cast<std::uint16_t>(1 + i % 5 / 4)});
    const LearningCounters& c = place.learner.counters();
    CHECK(c.added + c.moved + c.unchanged + c.refused_static + c.refused_rule + c.refused_full + c.refused_gone == events);
    CHECK(c.added > 0);
    CHECK(c.moved > 0);
    CHECK(c.refused_full > 0);
    CHECK(c.refused_gone > 0);
}
