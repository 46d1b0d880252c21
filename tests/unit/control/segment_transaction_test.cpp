// Transactions over segments and their flood lists.
#include "helpers.hpp"

using namespace ferry;
using namespace ferry::test;

TEST_CASE("a segment is there after commit, not before")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    const SegmentIndex index = *transaction.add_segment(vni(100), true);
    CHECK(tables->segments().find(vni(100), ~Epoch{0}) == nullptr);
    const Commit commit = *transaction.commit();
    CHECK(commit.epoch == tables->epoch());
    const Segment* segment = tables->segments().find(vni(100), tables->epoch());
    REQUIRE(segment != nullptr);
    CHECK(segment->index == index);
    CHECK(segment->vni == vni(100));
    CHECK(segment->learning);
    CHECK(segment->flood.empty());
    CHECK(tables->segments().find(vni(100), commit.epoch - 1) == nullptr);
}

TEST_CASE("a segment is added once")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    REQUIRE(transaction.add_segment(vni(100), true));
    CHECK(code_of(transaction.add_segment(vni(100), true)) == ErrorCode::already_exists);
    REQUIRE(transaction.commit());
    CHECK(code_of(transaction.add_segment(vni(100), true)) == ErrorCode::already_exists);
}

TEST_CASE("segments beyond the bound are refused, and the transaction goes on")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    for (std::uint32_t number = 1; number <= 4; ++number)
        REQUIRE(transaction.add_segment(vni(number), true));
    CHECK(code_of(transaction.add_segment(vni(5), true)) == ErrorCode::table_full);
    REQUIRE(transaction.remove_segment(vni(1)));
    REQUIRE(transaction.add_segment(vni(5), true));
    REQUIRE(transaction.commit());
    CHECK(tables->segments().all().size() == 4);
}

TEST_CASE("learning is switched")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    CHECK(code_of(transaction.set_learning(vni(100), false)) == ErrorCode::not_found);
    REQUIRE(transaction.add_segment(vni(100), true));
    REQUIRE(transaction.commit());
    REQUIRE(transaction.set_learning(vni(100), false));
    CHECK(tables->segments().newest(vni(100))->learning);
    REQUIRE(transaction.commit());
    CHECK_FALSE(tables->segments().newest(vni(100))->learning);
}

TEST_CASE("removing a segment deletes its rows, and only its rows")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    CHECK(code_of(transaction.remove_segment(vni(1))) == ErrorCode::not_found);
    REQUIRE(transaction.add_segment(vni(1), true));
    REQUIRE(transaction.add_segment(vni(2), true));
    REQUIRE(transaction.set_row(vni(1), mac(1), Row::blackhole(RowOrigin::permanent)));
    REQUIRE(transaction.set_row(vni(2), mac(1), Row::blackhole(RowOrigin::permanent)));
    REQUIRE(transaction.commit());

    REQUIRE(transaction.set_row(vni(1), mac(2), Row::blackhole(RowOrigin::permanent)));
    REQUIRE(transaction.remove_segment(vni(1)));
    CHECK(code_of(transaction.set_row(vni(1), mac(3), Row::blackhole(RowOrigin::permanent))) == ErrorCode::not_found);
    const Epoch before = tables->epoch();
    REQUIRE(transaction.commit());
    CHECK(row_at(*tables, vni(1), mac(1), before).kind() == RowKind::blackhole);
    CHECK(tables->segments().find(vni(1), tables->epoch()) == nullptr);
    CHECK(row_now(*tables, vni(2), mac(1)).kind() == RowKind::blackhole);
    CHECK(tables->fdb().size() == 1);

    SECTION("so that a segment with the same VNI begins empty")
    {
        REQUIRE(transaction.add_segment(vni(1), true));
        REQUIRE(transaction.commit());
        CHECK(row_now(*tables, vni(1), mac(1)).is_absent());
        CHECK(row_at(*tables, vni(1), mac(1), before).kind() == RowKind::blackhole);
    }
}

TEST_CASE("a segment that is removed and added in one transaction begins empty, and readers see no gap")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    const SegmentIndex index = *transaction.add_segment(vni(1), true);
    REQUIRE(transaction.set_row(vni(1), mac(1), Row::blackhole(RowOrigin::permanent)));
    REQUIRE(transaction.commit());
    REQUIRE(transaction.remove_segment(vni(1)));
    CHECK(*transaction.add_segment(vni(1), false) == index);
    REQUIRE(transaction.set_row(vni(1), mac(2), Row::blackhole(RowOrigin::permanent)));
    const Epoch before = tables->epoch();
    REQUIRE(transaction.commit());
    CHECK(tables->segments().find(vni(1), before)->learning);
    CHECK_FALSE(tables->segments().find(vni(1), tables->epoch())->learning);
    CHECK(row_now(*tables, vni(1), mac(1)).is_absent());
    CHECK_FALSE(row_now(*tables, vni(1), mac(2)).is_absent());
    CHECK(tables->fdb().size() == 1);
}

TEST_CASE("a segment with attachments stays")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    REQUIRE(transaction.add_segment(vni(1), true));
    const AttachmentId id = *transaction.add_attachment(vni(1), {});
    CHECK(code_of(transaction.remove_segment(vni(1))) == ErrorCode::in_use);
    REQUIRE(transaction.remove_attachment(id));
    CHECK(transaction.remove_segment(vni(1)));
    REQUIRE(transaction.commit());
    CHECK(tables->segments().all().empty());
}

TEST_CASE("a segment with more rows than a transaction takes stays until they are fewer")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    REQUIRE(transaction.add_segment(vni(1), true));
    for (std::uint64_t i = 0; i < 25; ++i) {
        REQUIRE(transaction.set_row(vni(1), mac(i), Row::blackhole(RowOrigin::permanent)));
        REQUIRE(transaction.commit());
    }
    CHECK(code_of(transaction.remove_segment(vni(1))) == ErrorCode::table_full);
    REQUIRE(transaction.commit());
    CHECK(tables->fdb().size() == 25);
    for (std::uint64_t i = 0; i < 5; ++i)
        REQUIRE(transaction.remove_row(vni(1), mac(i)));
    REQUIRE(transaction.commit());
    REQUIRE(transaction.remove_segment(vni(1)));
    REQUIRE(transaction.commit());
    CHECK(tables->fdb().size() == 0);
}

TEST_CASE("a flood list is set as a whole, in order")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    REQUIRE(transaction.add_segment(vni(1), true));
    const VtepId first = *transaction.add_vtep(address(1), spec());
    const VtepId second = *transaction.add_vtep(address(2), spec());
    REQUIRE(transaction.set_flood(vni(1), {address(2), address(1)}));
    REQUIRE(transaction.commit());
    CHECK(tables->segments().newest(vni(1))->flood == std::vector{second, first});
    REQUIRE(transaction.set_flood(vni(1), {}));
    REQUIRE(transaction.commit());
    CHECK(tables->segments().newest(vni(1))->flood.empty());
}

TEST_CASE("a flood list that could not work is refused")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    CHECK(code_of(transaction.set_flood(vni(1), {})) == ErrorCode::not_found);
    REQUIRE(transaction.add_segment(vni(1), true));
    for (std::uint32_t number = 1; number <= 4; ++number)
        REQUIRE(transaction.add_vtep(address(number), spec()));
    REQUIRE(transaction.set_flood(vni(1), {address(1)}));
    CHECK(code_of(transaction.set_flood(vni(1), {address(9)})) == ErrorCode::not_found);
    CHECK(code_of(transaction.set_flood(vni(1), {address(1), address(2), address(1)})) == ErrorCode::invalid_argument);
    CHECK(code_of(transaction.set_flood(vni(1), {address(1), address(2), address(3), address(4)})) ==
          ErrorCode::table_full);
    REQUIRE(transaction.commit());
    CHECK(tables->segments().newest(vni(1))->flood.size() == 1);
}
