// All of a transaction becomes visible at once, or nothing of it ever does.
#include "helpers.hpp"

using namespace ferry;
using namespace ferry::test;

TEST_CASE("everything that a transaction changed becomes visible with one epoch")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    REQUIRE(transaction.add_segment(vni(1), true));
    const VtepId from = *transaction.add_vtep(address(1), spec());
    const VtepId to = *transaction.add_vtep(address(2), spec(10));
    for (std::uint64_t i = 0; i < 5; ++i)
        REQUIRE(transaction.set_row(vni(1), mac(i), remote(from)));
    REQUIRE(transaction.commit());

    REQUIRE(transaction.add_segment(vni(2), true));
    REQUIRE(transaction.set_flood(vni(1), {address(2)}));
    REQUIRE(transaction.set_adjacency(address(2), spec(20)));
    for (std::uint64_t i = 0; i < 4; ++i)
        REQUIRE(transaction.set_row(vni(1), mac(i), remote(to)));
    REQUIRE(transaction.remove_row(vni(1), mac(4)));
    REQUIRE(transaction.set_row(vni(1), mac(5), remote(to)));
    const auto sees_old = [&](Epoch epoch) {
        bool old = tables->segments().find(vni(2), epoch) == nullptr;
        old &= tables->segments().find(vni(1), epoch)->flood.empty();
        old &= tables->vteps().at(to, epoch)->spec.ttl == 10;
        for (std::uint64_t i = 0; i < 5; ++i)
            old &= row_at(*tables, vni(1), mac(i), epoch) == remote(from);
        return old && row_at(*tables, vni(1), mac(5), epoch).is_absent();
    };
    const auto sees_new = [&](Epoch epoch) {
        bool now = tables->segments().find(vni(2), epoch) != nullptr;
        now &= tables->segments().find(vni(1), epoch)->flood == std::vector{to};
        now &= tables->vteps().at(to, epoch)->spec.ttl == 20;
        for (std::uint64_t i = 0; i < 4; ++i)
            now &= row_at(*tables, vni(1), mac(i), epoch) == remote(to);
        return now && row_at(*tables, vni(1), mac(4), epoch).is_absent() &&
               row_at(*tables, vni(1), mac(5), epoch) == remote(to);
    };
    const Epoch before = tables->epoch();
    CHECK(sees_old(before));
    const Commit commit = *transaction.commit();
    CHECK(commit.epoch == before + 1);
    CHECK(sees_old(before));
    CHECK(sees_new(commit.epoch));
    reclaim(*tables);
    CHECK(sees_new(commit.epoch));
}

TEST_CASE("a transaction that is destroyed without commit leaves no trace")
{
    auto tables = make_tables();
    {
        Transaction transaction(*tables);
        REQUIRE(transaction.add_segment(vni(1), true));
        REQUIRE(transaction.commit());
    }
    const Epoch before = tables->epoch();
    // Often enough to use up every index, if one were lost.
    for (int round = 0; round < 10; ++round) {
        Transaction transaction(*tables);
        REQUIRE(transaction.add_segment(vni(2), true));
        const VtepId vtep = *transaction.add_vtep(address(1), spec());
        REQUIRE(transaction.add_attachment(vni(1), {}));
        REQUIRE(transaction.set_row(vni(1), mac(1), remote(vtep)));
        REQUIRE(transaction.set_learning(vni(1), false));
    }
    CHECK(tables->epoch() == before);
    CHECK(tables->segments().all().size() == 1);
    CHECK(tables->segments().newest(vni(1))->learning);
    CHECK(tables->segments().newest(vni(1))->attachments.empty());
    CHECK(tables->vteps().all().empty());
    CHECK(tables->attachments().all().empty());
    CHECK(tables->fdb().size() == 0);
    CHECK(tables->vteps().id_of(address(1)) == VtepId::none);
    CHECK(tables->segments().index_of(vni(2)) == SegmentIndex::none);
}

TEST_CASE("abandoning a removal keeps what was to be removed")
{
    auto tables = make_tables();
    {
        Transaction transaction(*tables);
        REQUIRE(transaction.add_segment(vni(1), true));
        REQUIRE(transaction.add_vtep(address(1), spec()));
        REQUIRE(transaction.commit());
        REQUIRE(transaction.remove_segment(vni(1)));
        REQUIRE(transaction.remove_vtep(address(1)));
        REQUIRE(transaction.add_vtep(address(1), spec(9)));
    }
    CHECK(tables->segments().newest(vni(1)) != nullptr);
    CHECK(tables->vteps().all().at(0)->spec.ttl == 64);
}

TEST_CASE("one transaction at a time")
{
    auto tables = make_tables();
    {
        Transaction first(*tables);
        Transaction second(*tables);
        CHECK(code_of(second.add_segment(vni(1), true)) == ErrorCode::in_use);
        CHECK(code_of(second.commit()) == ErrorCode::in_use);
        CHECK(first.add_segment(vni(1), true));
        CHECK(first.commit());
    }
    Transaction third(*tables);
    CHECK(third.add_segment(vni(2), true));
}

TEST_CASE("a commit that does not fit fails as a whole, and succeeds when there is room")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    OnlineReader reader(*tables);
    REQUIRE(transaction.add_segment(vni(1), true));
    const VtepId vtep = *transaction.add_vtep(address(1), spec());
    for (std::uint64_t i = 0; i < 15; ++i)
        REQUIRE(transaction.set_row(vni(1), mac(i), remote(vtep)));
    REQUIRE(transaction.commit());

    // The reader does not move on, so the first 15 rows go on taking room.
    for (std::uint64_t i = 0; i < 10; ++i)
        REQUIRE(transaction.set_row(vni(1), mac(10 + i), Row::blackhole(RowOrigin::permanent)));
    REQUIRE(transaction.add_segment(vni(2), true));
    const Epoch before = tables->epoch();
    CHECK(code_of(transaction.commit()) == ErrorCode::table_full);
    CHECK(tables->epoch() == before);
    CHECK(tables->fdb().size() == 15);
    CHECK(tables->segments().newest(vni(2)) == nullptr);
    CHECK(row_at(*tables, vni(1), mac(12), ~Epoch{0}) == remote(vtep));

    reader.quiescent();
    reclaim(*tables);
    reader.quiescent();
    REQUIRE(transaction.commit());
    CHECK(tables->fdb().size() == 20);
    CHECK(tables->segments().newest(vni(2)) != nullptr);
    CHECK(row_now(*tables, vni(1), mac(12)).kind() == RowKind::blackhole);
}
