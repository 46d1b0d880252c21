// wait_until_seen and reclaim: when old values are gone.
#include <thread>

#include "helpers.hpp"

using namespace ferry;
using namespace ferry::test;
using namespace std::chrono_literals;

TEST_CASE("wait_until_seen waits for the workers that may see old values")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    REQUIRE(transaction.add_segment(vni(1), true));
    CHECK(wait_until_seen(*tables, *transaction.commit(), 0ns));

    OnlineReader reader(*tables);
    REQUIRE(transaction.set_row(vni(1), mac(1), Row::blackhole(RowOrigin::permanent)));
    const Commit single = *transaction.commit();
    REQUIRE(transaction.add_segment(vni(2), true));
    const Commit several = *transaction.commit();
    CHECK_FALSE(wait_until_seen(*tables, single, 1ms));
    CHECK_FALSE(wait_until_seen(*tables, several, 1ms));
    reader.quiescent();
    CHECK(wait_until_seen(*tables, single, 0ns));
    CHECK(wait_until_seen(*tables, several, 0ns));
}

TEST_CASE("reclaim never waits, and frees nothing that a worker may see")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    REQUIRE(transaction.add_segment(vni(1), true));
    const VtepId vtep = *transaction.add_vtep(address(1), spec(10));
    REQUIRE(transaction.set_row(vni(1), mac(1), remote(vtep)));
    REQUIRE(transaction.commit());
    reclaim(*tables);

    OnlineReader reader(*tables);
    const Epoch epoch = tables->epoch();
    const Adjacency* adjacency = tables->vteps().at(vtep, epoch);
    REQUIRE(transaction.set_adjacency(address(1), spec(20)));
    REQUIRE(transaction.remove_row(vni(1), mac(1)));
    REQUIRE(transaction.commit());
    reclaim(*tables);
    CHECK(tables->vteps().at(vtep, epoch) == adjacency);
    CHECK(adjacency->spec.ttl == 10);
    CHECK(row_at(*tables, vni(1), mac(1), epoch) == remote(vtep));

    reader.quiescent();
    reclaim(*tables);
    CHECK(tables->vteps().at(vtep, tables->epoch())->spec.ttl == 20);
    CHECK(row_now(*tables, vni(1), mac(1)).is_absent());
}

TEST_CASE("commits whose workers moved on are reclaimed while later ones wait")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    REQUIRE(transaction.add_segment(vni(1), true));
    REQUIRE(transaction.commit());
    OnlineReader reader(*tables);
    for (std::uint64_t round = 0; round < 100; ++round) {
        for (std::uint64_t i = 0; i < 4; ++i)
            REQUIRE(transaction.set_row(vni(1), mac(round + i), Row::blackhole(RowOrigin::permanent)));
        REQUIRE(transaction.remove_row(vni(1), mac(round)));
        REQUIRE(transaction.commit());
        reader.quiescent();
        reclaim(*tables);
    }
    CHECK(tables->fdb().size() == 3);
}

TEST_CASE("a commit that needs the room of earlier ones waits for the workers itself")
{
    auto tables = make_tables();
    Transaction transaction(*tables);
    REQUIRE(transaction.add_segment(vni(1), true));
    const std::uint32_t number = *tables->qsbr().add_reader();
    std::atomic<bool> done{false};
    std::thread worker([&] {
        tables->qsbr().online(number);
        while (!done.load()) {
            tables->qsbr().quiescent(number);
            std::this_thread::yield();
        }
        tables->qsbr().offline(number);
    });
    // On a busy machine the worker may not run for 10 ms: the commit fails then, and is right to.
    int failed = 0;
    for (std::uint64_t round = 0; round < 50; ++round) {
        for (std::uint64_t i = 0; i < 20; ++i) {
            const auto origin = round % 2 == 0 ? RowOrigin::permanent : RowOrigin::endpoint;
            REQUIRE(transaction.set_row(vni(1), mac(i), Row::blackhole(origin)));
        }
        for (int attempt = 0; !transaction.commit(); ++attempt) {
            REQUIRE(attempt < 1000);
            ++failed;
        }
        REQUIRE(tables->epoch() == round + 1);
    }
    CHECK(failed < 50);
    done = true;
    worker.join();
    tables->qsbr().remove_reader(number);
}
