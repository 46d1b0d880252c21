// Transactions over VTEPs.
#include "helpers.hpp"

using namespace ferry;
using namespace ferry::test;

TEST_CASE("a VTEP is there after commit, not before")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    const VtepId id = *transaction.add_vtep(address(1), spec());
    CHECK(tables->vteps().find(address(1)) == VtepId::none);
    CHECK(tables->vteps().at(id, ~Epoch{0}) == nullptr);
    REQUIRE(transaction.commit());
    CHECK(tables->vteps().find(address(1)) == id);
    CHECK(tables->vteps().at(id, tables->epoch())->remote == address(1));
    CHECK(tables->vteps().at(id, tables->epoch())->vtep == id);
}

TEST_CASE("a VTEP is added once, and within the bound")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    REQUIRE(transaction.add_vtep(address(1), spec()));
    CHECK(code_of(transaction.add_vtep(address(1), spec())) == ErrorCode::already_exists);
    REQUIRE(transaction.commit());
    CHECK(code_of(transaction.add_vtep(address(1), spec())) == ErrorCode::already_exists);
    CHECK(code_of(transaction.add_vtep(address(2), spec(0))) == ErrorCode::invalid_argument);
    for (std::uint32_t number = 2; number <= 4; ++number)
        REQUIRE(transaction.add_vtep(address(number), spec()));
    CHECK(code_of(transaction.add_vtep(address(5), spec())) == ErrorCode::table_full);
}

TEST_CASE("set_adjacency changes what all rows use")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    CHECK(code_of(transaction.set_adjacency(address(1), spec())) == ErrorCode::not_found);
    const VtepId id = *transaction.add_vtep(address(1), spec(10));
    REQUIRE(transaction.commit());
    CHECK(code_of(transaction.set_adjacency(address(1), spec(0))) == ErrorCode::invalid_argument);
    REQUIRE(transaction.set_adjacency(address(1), spec(20)));
    const Epoch before = tables->epoch();
    REQUIRE(transaction.commit());
    CHECK(tables->vteps().at(id, before)->spec.ttl == 10);
    CHECK(tables->vteps().at(id, tables->epoch())->spec.ttl == 20);
    CHECK(tables->vteps().at(id, tables->epoch())->vtep == id);
}

TEST_CASE("a VTEP that a row names stays")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    REQUIRE(transaction.add_segment(vni(1), true));
    const VtepId id = *transaction.add_vtep(address(1), spec());
    const RowOrigin origin = GENERATE(RowOrigin::permanent, RowOrigin::endpoint);
    const bool committed = GENERATE(false, true);
    REQUIRE(transaction.set_row(vni(1), mac(1), remote(id, origin)));
    if (committed)
        REQUIRE(transaction.commit());
    CHECK(code_of(transaction.remove_vtep(address(1))) == ErrorCode::in_use);

    SECTION("until the row goes, in the same transaction too")
    {
        REQUIRE(transaction.remove_row(vni(1), mac(1)));
        CHECK(transaction.remove_vtep(address(1)));
        REQUIRE(transaction.commit());
        CHECK(tables->vteps().find(address(1)) == VtepId::none);
    }
    SECTION("or names another")
    {
        const VtepId other = *transaction.add_vtep(address(2), spec());
        REQUIRE(transaction.set_row(vni(1), mac(1), remote(other, origin)));
        REQUIRE(transaction.commit());
        REQUIRE(transaction.remove_vtep(address(1)));
        REQUIRE(transaction.commit());
        CHECK(code_of(transaction.remove_vtep(address(2))) == ErrorCode::in_use);
        CHECK(row_now(*tables, vni(1), mac(1)).vtep() == other);
    }
    SECTION("or its segment goes")
    {
        REQUIRE(transaction.remove_segment(vni(1)));
        CHECK(transaction.remove_vtep(address(1)));
        REQUIRE(transaction.commit());
    }
}

TEST_CASE("a VTEP that a flood list names stays")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    REQUIRE(transaction.add_segment(vni(1), true));
    REQUIRE(transaction.add_segment(vni(2), true));
    REQUIRE(transaction.add_vtep(address(1), spec()));
    REQUIRE(transaction.set_flood(vni(1), {address(1)}));
    REQUIRE(transaction.set_flood(vni(2), {address(1)}));
    if (GENERATE(false, true))
        REQUIRE(transaction.commit());
    CHECK(code_of(transaction.remove_vtep(address(1))) == ErrorCode::in_use);
    REQUIRE(transaction.set_flood(vni(1), {}));
    CHECK(code_of(transaction.remove_vtep(address(1))) == ErrorCode::in_use);
    SECTION("until the last list lets it go")
    {
        REQUIRE(transaction.set_flood(vni(2), {}));
    }
    SECTION("or the segment of the last list goes")
    {
        REQUIRE(transaction.remove_segment(vni(2)));
    }
    if (GENERATE(false, true))
        REQUIRE(transaction.commit());
    CHECK(transaction.remove_vtep(address(1)));
    REQUIRE(transaction.commit());
    CHECK(tables->vteps().all().empty());
}

TEST_CASE("learned rows go with their VTEP")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    CHECK(code_of(transaction.remove_vtep(address(1))) == ErrorCode::not_found);
    REQUIRE(transaction.add_segment(vni(1), true));
    const VtepId id = *transaction.add_vtep(address(1), spec());
    const VtepId other = *transaction.add_vtep(address(2), spec());
    REQUIRE(transaction.set_row(vni(1), mac(1), remote(id, RowOrigin::learned)));
    REQUIRE(transaction.set_row(vni(1), mac(2), remote(other, RowOrigin::learned)));
    REQUIRE(transaction.commit());
    REQUIRE(transaction.set_row(vni(1), mac(3), remote(id, RowOrigin::learned)));
    REQUIRE(transaction.remove_vtep(address(1)));
    const Epoch before = tables->epoch();
    REQUIRE(transaction.commit());
    CHECK(row_at(*tables, vni(1), mac(1), before).vtep() == id);
    CHECK(tables->vteps().at(id, before) != nullptr);
    CHECK(row_now(*tables, vni(1), mac(1)).is_absent());
    CHECK(row_now(*tables, vni(1), mac(3)).is_absent());
    CHECK(row_now(*tables, vni(1), mac(2)).vtep() == other);
    CHECK(tables->vteps().at(id, tables->epoch()) == nullptr);
}

TEST_CASE("a VTEP that is removed and added in one transaction is a changed one")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    const VtepId id = *transaction.add_vtep(address(1), spec(10));
    REQUIRE(transaction.commit());
    REQUIRE(transaction.remove_vtep(address(1)));
    CHECK(code_of(transaction.set_adjacency(address(1), spec())) == ErrorCode::not_found);
    CHECK(*transaction.add_vtep(address(1), spec(20)) == id);
    REQUIRE(transaction.commit());
    CHECK(tables->vteps().at(id, tables->epoch())->spec.ttl == 20);
    CHECK(tables->vteps().find(address(1)) == id);
}
