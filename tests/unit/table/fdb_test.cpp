// Fdb: rows that change one by one.
#include <catch2/catch.hpp>

#include <map>

#include "helpers.hpp"

using namespace ferry;
using ferry::test::key;
using ferry::test::look_up;
using ferry::test::remote;

TEST_CASE("an FDB without room is refused")
{
    CHECK(Fdb::make(0, 1).error().code == ErrorCode::invalid_argument);
    CHECK(Fdb::make(1, 0).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a stored row is seen at once, in every epoch")
{
    auto fdb = *Fdb::make(100, 10);
    CHECK(look_up(*fdb, key(1), 0).is_absent());
    fdb->store(key(1), remote(7), 0);
    CHECK(look_up(*fdb, key(1), 0) == remote(7));
    CHECK(look_up(*fdb, key(1), 99) == remote(7));
    CHECK(fdb->newest(key(1)) == remote(7));
    CHECK(fdb->size() == 1);
    fdb->store(key(1), remote(8), 0);
    CHECK(look_up(*fdb, key(1), 0) == remote(8));
    CHECK(fdb->size() == 1);
    fdb->store(key(1), Row{}, 0);
    CHECK(look_up(*fdb, key(1), 0).is_absent());
    CHECK(fdb->size() == 0);
    fdb->store(key(1), Row{}, 0);
    CHECK(fdb->size() == 0);
}

TEST_CASE("the whole key counts: the same MAC in two segments is two rows")
{
    auto fdb = *Fdb::make(100, 10);
    fdb->store(key(1, 1), remote(7), 0);
    fdb->store(key(1, 2), remote(8), 0);
    CHECK(look_up(*fdb, key(1, 1), 0) == remote(7));
    CHECK(look_up(*fdb, key(1, 2), 0) == remote(8));
    CHECK(look_up(*fdb, key(1, 3), 0).is_absent());
}

TEST_CASE("a burst of any length gets each key's row and slot")
{
    auto fdb = *Fdb::make(1000, 10);
    for (std::uint32_t i = 1; i <= 500; ++i)
        fdb->store(key(i), remote(i), 0);
    const std::size_t count = GENERATE(0u, 1u, 31u, 32u, 63u, 64u, 65u, 128u, 500u);
    std::vector<FdbKey> keys;
    for (std::size_t i = 0; i < count; ++i)
        keys.push_back(i % 3 == 2 ? key(1000 + i) : key(1 + i));
    std::vector<Row> rows(count);
    std::vector<Fdb::Slot> slots(count);
    fdb->lookup(keys.data(), count, 0, rows.data(), slots.data());
    for (std::size_t i = 0; i < count; ++i) {
        REQUIRE(rows[i] == (i % 3 == 2 ? Row{} : remote(static_cast<std::uint32_t>(1 + i))));
        REQUIRE((slots[i] == Fdb::Slot::none) == rows[i].is_absent());
    }
}

TEST_CASE("a key of word 0 is never found")
{
    auto fdb = *Fdb::make(100, 10);
    const FdbKey none;
    Row row = remote(1);
    Fdb::Slot slot{5};
    fdb->lookup(&none, 1, 0, &row, &slot);
    CHECK(row.is_absent());
    CHECK(slot == Fdb::Slot::none);
}

TEST_CASE("touch says when an endpoint was last seen")
{
    auto fdb = *Fdb::make(100, 10);
    CHECK(fdb->last_seen(key(1)) == 0);
    fdb->store(key(1), remote(7), 50);
    CHECK(fdb->last_seen(key(1)) == 50);
    const FdbKey k = key(1);
    Row row;
    Fdb::Slot slot{};
    fdb->lookup(&k, 1, 0, &row, &slot);
    fdb->touch(slot, 60);
    CHECK(fdb->last_seen(key(1)) == 60);
    fdb->touch(Fdb::Slot::none, 70);
    CHECK(fdb->last_seen(key(1)) == 60);
    fdb->store(key(1), Row{}, 80);
    CHECK(fdb->last_seen(key(1)) == 0);
}

TEST_CASE("an FDB takes as many rows as it was made for, and more when some are deleted")
{
    auto fdb = *Fdb::make(1000, 10);
    auto qsbr = *Qsbr::make(1);
    CHECK(fdb->has_room(1000, 10));
    CHECK_FALSE(fdb->has_room(1001, 0));
    CHECK_FALSE(fdb->has_room(0, 11));
    for (std::uint32_t i = 1; i <= 1000; ++i)
        fdb->store(key(i), remote(i), 0);
    CHECK(fdb->size() == fdb->max_rows());
    CHECK_FALSE(fdb->has_room(1, 0));
    CHECK(fdb->has_room(5, 10, 5));
    fdb->store(key(1), Row{}, 0);
    fdb->reclaim(*qsbr);
    CHECK(fdb->has_room(1, 0));
}

TEST_CASE("rows may come and go without end")
{
    auto fdb = *Fdb::make(64, 1);
    auto qsbr = *Qsbr::make(1);
    for (std::uint32_t i = 1; i <= 20'000; ++i) {
        REQUIRE(fdb->has_room(1, 0));
        fdb->store(key(i), remote(i), 0);
        if (i > 60)
            fdb->store(key(i - 60), Row{}, 0);
        if (i % 8 == 0)
            fdb->reclaim(*qsbr);
    }
    CHECK(fdb->size() == 60);
}

TEST_CASE("for_each visits every row once")
{
    auto fdb = *Fdb::make(100, 10);
    fdb->store(key(1), remote(1), 11);
    fdb->store(key(2), remote(2), 12);
    fdb->store(key(3), remote(3), 13);
    fdb->store(key(2), Row{}, 14);
    fdb->prepare(key(4), remote(4), 1, 15);
    fdb->prepare(key(3), Row{}, 1, 16);
    std::map<FdbKey, std::pair<Row, std::uint32_t>> rows;
    fdb->for_each(
        [&](FdbKey k, Row row, std::uint32_t last_seen) { CHECK(rows.emplace(k, std::pair(row, last_seen)).second); });
    REQUIRE(rows.size() == 2);
    CHECK(rows[key(1)] == std::pair(remote(1), 11u));
    CHECK(rows[key(4)] == std::pair(remote(4), 15u));
}
