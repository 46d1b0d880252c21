// GraceBatches: what is let go is over after a whole grace period that began later.
#include <catch2/catch.hpp>

#include "table/grace_batches.hpp"

using namespace ferry;

TEST_CASE("without readers a batch is over at once")
{
    auto qsbr = *Qsbr::make(1);
    GraceBatches batches;
    const std::uint32_t batch = batches.open();
    CHECK(GraceBatches::is_over(batch, batches.advance(*qsbr)));
}

TEST_CASE("a batch waits for the readers that were online when it was closed")
{
    auto qsbr = *Qsbr::make(2);
    const std::uint32_t reader = *qsbr->add_reader();
    qsbr->online(reader);
    GraceBatches batches;
    const std::uint32_t first = batches.open();
    CHECK_FALSE(GraceBatches::is_over(first, batches.advance(*qsbr)));

    SECTION("and ends when they were quiescent")
    {
        qsbr->quiescent(reader);
        CHECK(GraceBatches::is_over(first, batches.advance(*qsbr)));
    }
    SECTION("what is let go meanwhile waits for the next grace period")
    {
        const std::uint32_t second = batches.open();
        CHECK(second != first);
        qsbr->quiescent(reader);
        std::uint32_t over = batches.advance(*qsbr);
        CHECK(GraceBatches::is_over(first, over));
        CHECK_FALSE(GraceBatches::is_over(second, over));
        qsbr->quiescent(reader);
        over = batches.advance(*qsbr);
        CHECK(GraceBatches::is_over(second, over));
    }
    qsbr->offline(reader);
    qsbr->remove_reader(reader);
}
