// Fdb: rows of transactions. Each epoch sees its own value until the rows are settled.
#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "helpers.hpp"

using namespace ferry;
using ferry::test::key;
using ferry::test::look_up;
using ferry::test::remote;

TEST_CASE("a prepared row is seen from its epoch on")
{
    auto fdb = *Fdb::make(100, 10);
    fdb->store(key(1), remote(1), 0);
    fdb->prepare(key(1), remote(2), 10, 0);
    fdb->prepare(key(2), remote(3), 10, 0);
    CHECK(look_up(*fdb, key(1), 9) == remote(1));
    CHECK(look_up(*fdb, key(1), 10) == remote(2));
    CHECK(look_up(*fdb, key(2), 9).is_absent());
    CHECK(look_up(*fdb, key(2), 10) == remote(3));
    CHECK(fdb->newest(key(1)) == remote(2));
    CHECK(fdb->is_pending(key(1)));
    CHECK(fdb->size() == 2);

    SECTION("no slot for a row that the epoch does not see")
    {
        const FdbKey k = key(2);
        Row row;
        Fdb::Slot slot{};
        fdb->lookup(&k, 1, 9, &row, &slot);
        CHECK(slot == Fdb::Slot::none);
        fdb->lookup(&k, 1, 10, &row, &slot);
        CHECK(slot != Fdb::Slot::none);
    }
    SECTION("and is plain once it is settled")
    {
        fdb->settle(10);
        CHECK_FALSE(fdb->is_pending(key(1)));
        CHECK(look_up(*fdb, key(1), 10) == remote(2));
        CHECK(look_up(*fdb, key(2), 10) == remote(3));
    }
    SECTION("an older epoch settles nothing")
    {
        fdb->settle(9);
        CHECK(fdb->is_pending(key(1)));
        CHECK(look_up(*fdb, key(1), 9) == remote(1));
    }
}

TEST_CASE("a prepared deletion hides the row from its epoch on")
{
    auto fdb = *Fdb::make(100, 10);
    auto qsbr = *Qsbr::make(1);
    fdb->store(key(1), remote(1), 0);
    fdb->prepare(key(1), Row{}, 10, 0);
    CHECK(look_up(*fdb, key(1), 9) == remote(1));
    CHECK(look_up(*fdb, key(1), 10).is_absent());
    CHECK(fdb->size() == 0);
    fdb->settle(10);
    CHECK_FALSE(fdb->is_pending(key(1)));
    CHECK(look_up(*fdb, key(1), 10).is_absent());
    fdb->reclaim(*qsbr);
    fdb->store(key(1), remote(2), 0);
    CHECK(look_up(*fdb, key(1), 10) == remote(2));
}

TEST_CASE("deleting what is not there takes no entry")
{
    auto fdb = *Fdb::make(100, 1);
    fdb->prepare(key(1), Row{}, 10, 0);
    CHECK(fdb->has_room(0, 1));
    CHECK_FALSE(fdb->is_pending(key(1)));
}

TEST_CASE("a row changed twice for one epoch takes one entry and its last value")
{
    auto fdb = *Fdb::make(100, 10);
    fdb->store(key(1), remote(1), 0);
    fdb->prepare(key(1), remote(2), 10, 0);
    fdb->prepare(key(1), remote(3), 10, 0);
    CHECK(fdb->has_room(0, 9));
    CHECK(look_up(*fdb, key(1), 9) == remote(1));
    CHECK(look_up(*fdb, key(1), 10) == remote(3));
}

TEST_CASE("a row in several transactions that are not settled has a value for each")
{
    auto fdb = *Fdb::make(100, 10);
    fdb->store(key(1), remote(1), 0);
    fdb->prepare(key(1), remote(2), 10, 0);
    fdb->prepare(key(1), Row{}, 11, 0);
    fdb->prepare(key(1), remote(4), 12, 0);
    const auto all = [&](Epoch from) {
        const std::map<Epoch, Row> expected{{9, remote(1)}, {10, remote(2)}, {11, Row{}}, {12, remote(4)}};
        for (const auto& [epoch, row] : expected)
            if (epoch >= from)
                CHECK(look_up(*fdb, key(1), epoch) == row);
    };
    all(9);
    fdb->settle(10);
    all(10);
    fdb->settle(11);
    all(11);
    CHECK(fdb->is_pending(key(1)));
    fdb->settle(12);
    all(12);
    CHECK_FALSE(fdb->is_pending(key(1)));
    CHECK(fdb->size() == 1);
}

TEST_CASE("a row's value between two transactions outlives the entry of the first")
{
    auto fdb = *Fdb::make(100, 2);
    auto qsbr = *Qsbr::make(1);
    fdb->prepare(key(1), remote(1), 10, 0);
    fdb->prepare(key(1), remote(2), 11, 0);
    fdb->settle(10);
    fdb->reclaim(*qsbr);
    REQUIRE(fdb->has_room(1, 1));
    fdb->prepare(key(2), remote(3), 12, 0);
    CHECK(look_up(*fdb, key(1), 10) == remote(1));
    CHECK(look_up(*fdb, key(1), 11) == remote(2));
}

TEST_CASE("entries are free a whole grace period after they were settled")
{
    auto fdb = *Fdb::make(100, 2);
    auto qsbr = *Qsbr::make(1);
    const auto reader = *qsbr->add_reader();
    qsbr->online(reader);
    fdb->prepare(key(1), remote(1), 1, 0);
    fdb->prepare(key(2), remote(2), 1, 0);
    CHECK_FALSE(fdb->has_room(0, 1));
    fdb->settle(1);
    fdb->reclaim(*qsbr);
    CHECK_FALSE(fdb->has_room(0, 1));
    qsbr->quiescent(reader);
    fdb->reclaim(*qsbr);
    CHECK(fdb->has_room(0, 2));
    qsbr->offline(reader);
    qsbr->remove_reader(reader);
}

TEST_CASE("an FDB shows each epoch what a model of it does, under random transactions and settling")
{
    std::mt19937_64 random(7);
    auto fdb = *Fdb::make(100, 1000);
    auto qsbr = *Qsbr::make(1);
    std::map<Epoch, std::map<std::uint64_t, Row>> history{{0, {}}};
    Epoch settled = 0;
    for (Epoch epoch = 1; epoch < 3000; ++epoch) {
        std::map<std::uint64_t, Row> state = history.rbegin()->second;
        for (auto rows = 1 + random() % 20; rows > 0; --rows) {
            const std::uint64_t mac = 1 + random() % 60;
            const Row row = random() % 3 == 0 ? Row{} : remote(1 + static_cast<std::uint32_t>(random() % 1000));
            REQUIRE(fdb->has_room(1, 1));
            fdb->prepare(key(mac), row, epoch, 0);
            state[mac] = row;
        }
        history[epoch] = state;
        if (random() % 4 == 0) {
            settled = std::max<Epoch>(settled, epoch - random() % 5);
            fdb->settle(settled);
            fdb->reclaim(*qsbr);
            history.erase(history.begin(), history.lower_bound(settled));
        }
        for (const auto& [as_of, rows] : history)
            for (const auto& [mac, row] : rows)
                REQUIRE(look_up(*fdb, key(mac), as_of) == row);
    }
}
