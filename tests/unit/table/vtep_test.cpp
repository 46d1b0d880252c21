// Vteps: by id for rows, by address for the source of frames.
#include <catch2/catch.hpp>

#include "helpers.hpp"

using namespace ferry;
using ferry::test::good_spec;

namespace {

Ipv4Address address(std::uint32_t number)
{
    return Ipv4Address::from_host(0x0a00'0000 + number);
}

VtepId add(Vteps& vteps, std::uint32_t number, Epoch since)
{
    const VtepId id = *vteps.allocate(address(number));
    REQUIRE(vteps.push(since, *Adjacency::make(id, address(number), good_spec())));
    return id;
}

}  // namespace

TEST_CASE("room for no VTEP is refused")
{
    CHECK(Vteps::make(0).error().code == ErrorCode::invalid_argument);
    CHECK((*Vteps::make(7))->max_vteps() == 7);
}

TEST_CASE("a VTEP is found by id and address")
{
    auto vteps = *Vteps::make(4);
    const VtepId id = add(*vteps, 1, 5);
    CHECK(id != VtepId::none);
    CHECK(vteps->at(id, 5)->remote == address(1));
    CHECK(vteps->at(id, 5)->vtep == id);
    CHECK(vteps->find(address(1)) == id);
    CHECK(vteps->find(address(2)) == VtepId::none);
    CHECK(vteps->find(Ipv4Address{}) == VtepId::none);
    CHECK(vteps->at(VtepId::none, 5) == nullptr);
    CHECK(vteps->at(VtepId{4}, 5) == nullptr);
    CHECK(vteps->at(VtepId{0xffff'ffff}, 5) == nullptr);
    CHECK(vteps->newest(id)->remote == address(1));
    CHECK(vteps->all().size() == 1);
}

TEST_CASE("a row that names a VTEP younger than the reader's epoch finds it")
{
    auto vteps = *Vteps::make(4);
    const VtepId id = add(*vteps, 1, 5);
    CHECK(vteps->at(id, 4) != nullptr);
}

TEST_CASE("changing an adjacency is seen by epoch")
{
    auto vteps = *Vteps::make(4);
    const VtepId id = add(*vteps, 1, 5);
    AdjacencySpec spec = good_spec();
    spec.ttl = 9;
    REQUIRE(vteps->push(6, *Adjacency::make(id, address(1), spec)));
    CHECK(vteps->at(id, 5)->spec.ttl == 64);
    CHECK(vteps->at(id, 6)->spec.ttl == 9);
    vteps->forget_before(6);
    CHECK(vteps->at(id, 6)->spec.ttl == 9);
    CHECK(vteps->find(address(1)) == id);
}

TEST_CASE("an allocated address is not in the table yet")
{
    auto vteps = *Vteps::make(1);
    const VtepId id = *vteps->allocate(address(1));
    CHECK(vteps->find(address(1)) == VtepId::none);
    CHECK(vteps->id_of(address(1)) == id);
    CHECK(vteps->allocate(address(1)).error().code == ErrorCode::already_exists);
    CHECK(vteps->allocate(address(2)).error().code == ErrorCode::table_full);
    vteps->release(id);
    CHECK(vteps->id_of(address(1)) == VtepId::none);
    CHECK(vteps->allocate(address(2)).has_value());
}

TEST_CASE("a deleted VTEP is not found by address, and keeps its id until it is forgotten")
{
    auto vteps = *Vteps::make(1);
    const VtepId id = add(*vteps, 1, 1);
    REQUIRE(vteps->push_deleted(2, id));
    CHECK(vteps->find(address(1)) == VtepId::none);
    CHECK(vteps->at(id, 1) != nullptr);
    CHECK(vteps->at(id, 2) == nullptr);
    CHECK(vteps->allocate(address(2)).error().code == ErrorCode::table_full);

    SECTION("and then gives it to another address")
    {
        vteps->forget_before(2);
        CHECK(add(*vteps, 2, 3) == id);
        CHECK(vteps->find(address(1)) == VtepId::none);
        CHECK(vteps->find(address(2)) == id);
    }
    SECTION("or gets it back with the same address")
    {
        CHECK(add(*vteps, 1, 3) == id);
        CHECK(vteps->find(address(1)) == id);
        vteps->forget_before(3);
        CHECK(vteps->find(address(1)) == id);
        CHECK(vteps->at(id, 3)->remote == address(1));
    }
}

TEST_CASE("addresses may come and go without end")
{
    auto vteps = *Vteps::make(8);
    Epoch epoch = 0;
    for (std::uint32_t number = 1; number < 20'000; ++number) {
        const VtepId id = add(*vteps, number, ++epoch);
        REQUIRE(vteps->find(address(number)) == id);
        REQUIRE(vteps->size() == 1);
        REQUIRE(vteps->push_deleted(++epoch, id));
        REQUIRE(vteps->size() == 0);
        if (number % 7 == 0)
            vteps->forget_before(epoch);
    }
}
