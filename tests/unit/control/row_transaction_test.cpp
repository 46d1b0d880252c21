// Transactions over rows.
#include "helpers.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

/// One segment with VNI 1, one VTEP, one attachment.
struct Place {
    std::unique_ptr<Tables> tables = make_tables();
    Transaction transaction{*tables};
    SegmentIndex segment = *transaction.add_segment(vni(1), true);
    VtepId vtep = *transaction.add_vtep(address(1), spec());
    AttachmentId attachment = *transaction.add_attachment(vni(1), {});

    Place() { REQUIRE(transaction.commit()); }
};

}  // namespace

TEST_CASE("a single row needs no epoch")
{
    Place place;
    const Epoch before = place.tables->epoch();
    REQUIRE(place.transaction.set_row(vni(1), mac(1), remote(place.vtep)));
    CHECK(row_now(*place.tables, vni(1), mac(1)).is_absent());
    CHECK(place.transaction.commit()->epoch == 0);
    CHECK(place.tables->epoch() == before);
    CHECK(row_now(*place.tables, vni(1), mac(1)) == remote(place.vtep));
    REQUIRE(place.transaction.remove_row(vni(1), mac(1)));
    CHECK(place.transaction.commit()->epoch == 0);
    CHECK(row_now(*place.tables, vni(1), mac(1)).is_absent());
}

TEST_CASE("a single row that an unsettled transaction holds needs one")
{
    Place place;
    OnlineReader reader(*place.tables);
    REQUIRE(place.transaction.set_row(vni(1), mac(1), remote(place.vtep)));
    REQUIRE(place.transaction.set_row(vni(1), mac(2), remote(place.vtep)));
    const Epoch first = place.transaction.commit()->epoch;
    REQUIRE(place.transaction.set_row(vni(1), mac(1), Row::blackhole(RowOrigin::permanent)));
    const Epoch second = place.transaction.commit()->epoch;
    CHECK(second == first + 1);
    CHECK(row_at(*place.tables, vni(1), mac(1), first - 1).is_absent());
    CHECK(row_at(*place.tables, vni(1), mac(1), first).kind() == RowKind::remote);
    CHECK(row_at(*place.tables, vni(1), mac(1), second).kind() == RowKind::blackhole);

    SECTION("and none any more after reclaim")
    {
        reader.quiescent();
        reclaim(*place.tables);
        REQUIRE(place.transaction.set_row(vni(1), mac(1), remote(place.vtep)));
        CHECK(place.transaction.commit()->epoch == 0);
    }
}

TEST_CASE("a transaction without changes commits")
{
    Place place;
    const Epoch before = place.tables->epoch();
    CHECK(place.transaction.commit()->epoch == 0);
    REQUIRE(place.transaction.set_row(vni(1), mac(1), remote(place.vtep)));
    REQUIRE(place.transaction.remove_row(vni(1), mac(1)));
    CHECK(place.transaction.commit()->epoch == 0);
    CHECK(place.tables->epoch() == before);
}

TEST_CASE("rows that could not work are refused")
{
    Place place;
    REQUIRE(place.transaction.add_segment(vni(2), true));
    const AttachmentId elsewhere = *place.transaction.add_attachment(vni(2), {});
    Transaction& transaction = place.transaction;
    CHECK(code_of(transaction.set_row(vni(9), mac(1), remote(place.vtep))) == ErrorCode::not_found);
    CHECK(code_of(transaction.set_row(vni(1), MacAddress{}, remote(place.vtep))) == ErrorCode::invalid_argument);
    CHECK(code_of(transaction.set_row(vni(1), broadcast_mac, remote(place.vtep))) == ErrorCode::invalid_argument);
    CHECK(code_of(transaction.set_row(vni(1), mac(1), Row{})) == ErrorCode::invalid_argument);
    CHECK(code_of(transaction.set_row(vni(1), mac(1), Row::from_word(std::uint64_t{4} << 60))) ==
          ErrorCode::invalid_argument);
    CHECK(code_of(transaction.set_row(vni(1), mac(1), remote(VtepId::none))) == ErrorCode::not_found);
    CHECK(code_of(transaction.set_row(vni(1), mac(1), remote(VtepId{4}))) == ErrorCode::not_found);
    CHECK(code_of(transaction.set_row(vni(1), mac(1), remote(VtepId{5}))) == ErrorCode::not_found);
    CHECK(code_of(transaction.set_row(vni(1), mac(1), Row::local(AttachmentId{4}, RowOrigin::endpoint))) ==
          ErrorCode::not_found);
    CHECK(code_of(transaction.set_row(vni(1), mac(1), Row::local(elsewhere, RowOrigin::endpoint))) ==
          ErrorCode::invalid_argument);
    CHECK(code_of(transaction.remove_row(vni(1), mac(1))) == ErrorCode::not_found);
    CHECK(code_of(transaction.remove_row(vni(9), mac(1))) == ErrorCode::not_found);
    REQUIRE(transaction.commit());
    CHECK(place.tables->fdb().size() == 0);
}

TEST_CASE("calls see what earlier ones staged")
{
    Place place;
    REQUIRE(place.transaction.set_row(vni(1), mac(1), remote(place.vtep)));
    REQUIRE(place.transaction.remove_row(vni(1), mac(1)));
    CHECK(code_of(place.transaction.remove_row(vni(1), mac(1))) == ErrorCode::not_found);
    REQUIRE(place.transaction.set_row(vni(1), mac(1), Row::local(place.attachment, RowOrigin::endpoint)));
    REQUIRE(place.transaction.commit());
    CHECK(row_now(*place.tables, vni(1), mac(1)).attachment() == place.attachment);
}

TEST_CASE("a transaction takes as many rows as its bound")
{
    Place place;
    for (std::uint64_t i = 0; i < 20; ++i)
        REQUIRE(place.transaction.set_row(vni(1), mac(i), remote(place.vtep)));
    CHECK(code_of(place.transaction.set_row(vni(1), mac(20), remote(place.vtep))) == ErrorCode::table_full);
    CHECK(place.transaction.set_row(vni(1), mac(19), Row::blackhole(RowOrigin::permanent)));
    REQUIRE(place.transaction.commit());
    CHECK(place.tables->fdb().size() == 20);
}

TEST_CASE("the FDB takes as many rows as its bound, and rows that replace others besides")
{
    Place place;
    for (std::uint64_t i = 0; i < 100; ++i) {
        REQUIRE(place.transaction.set_row(vni(1), mac(i), remote(place.vtep)));
        if (i % 20 == 19)
            REQUIRE(place.transaction.commit());
    }
    CHECK(code_of(place.transaction.set_row(vni(1), mac(100), remote(place.vtep))) == ErrorCode::table_full);
    for (std::uint64_t i = 0; i < 10; ++i)
        REQUIRE(place.transaction.remove_row(vni(1), mac(i)));
    for (std::uint64_t i = 0; i < 10; ++i)
        REQUIRE(place.transaction.set_row(vni(1), mac(100 + i), remote(place.vtep)));
    CHECK(code_of(place.transaction.set_row(vni(1), mac(0), remote(place.vtep))) == ErrorCode::table_full);
    REQUIRE(place.transaction.commit());
    CHECK(place.tables->fdb().size() == 100);
    CHECK(row_now(*place.tables, vni(1), mac(9)).is_absent());
    CHECK(row_now(*place.tables, vni(1), mac(109)) == remote(place.vtep));
}
