// Turns: slots, phases and counts.
#include <catch2/catch.hpp>

#include <set>

#include "helpers.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr Turn good{.via = VtepId{1}, .to = VtepId{2}, .stream = 5};

}  // namespace

TEST_CASE("a turn is what it was made of, begins with detours, and is flipped once")
{
    const auto turns = *Turns::make(4, 2);
    const Turn at_gate{.gate = AttachmentId{3}, .to = VtepId{2}, .stream = 255, .relay_label = vni(0xf0'0001)};
    const TurnId first = *turns->begin(good);
    const TurnId second = *turns->begin(at_gate);
    CHECK(first != TurnId::none);
    CHECK(first != second);
    CHECK(turns->at(first) == good);
    CHECK(turns->at(second) == at_gate);
    CHECK(turns->phase(first) == TurnPhase::detour);
    turns->flip(first);
    CHECK(turns->phase(first) == TurnPhase::direct);
    CHECK(turns->phase(second) == TurnPhase::detour);
}

TEST_CASE("a turn's detours are those of all workers, and of no other turn")
{
    const auto turns = *Turns::make(2, 3);
    const TurnId first = *turns->begin(good);
    const TurnId second = *turns->begin(good);
    for (int i = 0; i < 10; ++i)
        turns->count_detour(first, 0);
    turns->count_detour(first, 2);
    turns->count_detour(second, 1);
    CHECK(turns->detours(first) == 11);
    CHECK(turns->detours(second) == 1);

    turns->release(first);
    CHECK_FALSE(turns->is_taken(first));
    const TurnId third = *turns->begin(good);
    CHECK(turns->detours(third) == 0);
    CHECK(turns->phase(third) == TurnPhase::detour);
    CHECK(turns->detours(second) == 1);
}

TEST_CASE("there are as many turns at a time as their bound")
{
    const auto turns = *Turns::make(3, 1);
    std::set<TurnId> taken;
    for (int i = 0; i < 3; ++i)
        taken.insert(*turns->begin(good));
    CHECK(taken.size() == 3);
    CHECK(turns->begin(good).error().code == ErrorCode::table_full);
    for (const TurnId id : taken)
        CHECK(turns->is_taken(id));
    CHECK_FALSE(turns->is_taken(TurnId::none));
    CHECK_FALSE(turns->is_taken(TurnId{4}));
    turns->flip(*taken.begin());
    turns->release(*taken.begin());
    const TurnId again = *turns->begin(good);
    CHECK(again == *taken.begin());
    CHECK(turns->phase(again) == TurnPhase::detour);
    CHECK(turns->max_turns() == 3);
}

TEST_CASE("turns that could not work are refused")
{
    const auto turns = *Turns::make(1, 1);
    const auto failure = [&](const Turn& turn) { return turns->begin(turn).error().code; };
    Turn turn = good;
    turn.stream = 0;
    CHECK(failure(turn) == ErrorCode::invalid_argument);
    turn = good;
    turn.gate = AttachmentId{1};
    CHECK(failure(turn) == ErrorCode::invalid_argument);
    turn = good;
    turn.via = VtepId::none;
    CHECK(failure(turn) == ErrorCode::invalid_argument);
    turn = good;
    turn.to = VtepId::none;
    CHECK(failure(turn) == ErrorCode::invalid_argument);
    turn = good;
    turn.to = turn.via;
    CHECK(failure(turn) == ErrorCode::invalid_argument);
    CHECK(turns->begin(good));
    CHECK(Turns::make(0, 1).error().code == ErrorCode::invalid_argument);
    CHECK(Turns::make(1, 0).error().code == ErrorCode::invalid_argument);
}
