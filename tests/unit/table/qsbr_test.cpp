// Qsbr: a grace period waits for exactly the readers that were online when it began.
#include <catch2/catch.hpp>

#include <thread>

#include <ferry/table/qsbr.hpp>

using namespace ferry;
using namespace std::chrono_literals;

TEST_CASE("room for no reader is refused")
{
    CHECK(Qsbr::make(0).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("reader numbers are given out once, and again after they came back")
{
    auto qsbr = *Qsbr::make(2);
    const auto first = *qsbr->add_reader();
    const auto second = *qsbr->add_reader();
    CHECK(first != second);
    CHECK(qsbr->add_reader().error().code == ErrorCode::table_full);
    qsbr->remove_reader(first);
    CHECK(*qsbr->add_reader() == first);
}

TEST_CASE("a grace period with no reader online has passed at once")
{
    auto qsbr = *Qsbr::make(2);
    CHECK(qsbr->passed(qsbr->start()));
    const auto reader = *qsbr->add_reader();
    CHECK(qsbr->passed(qsbr->start()));
    qsbr->remove_reader(reader);
}

TEST_CASE("a grace period waits for a reader that is online")
{
    auto qsbr = *Qsbr::make(2);
    const auto reader = *qsbr->add_reader();
    qsbr->online(reader);
    const GraceToken token = qsbr->start();
    CHECK_FALSE(qsbr->passed(token));
    CHECK_FALSE(qsbr->wait(token, 1ms));

    SECTION("until it is quiescent")
    {
        qsbr->quiescent(reader);
        CHECK(qsbr->passed(token));
        CHECK_FALSE(qsbr->passed(qsbr->start()));
    }
    SECTION("or goes offline")
    {
        qsbr->offline(reader);
        CHECK(qsbr->passed(token));
        CHECK(qsbr->passed(qsbr->start()));
    }
    SECTION("but not for one that came online later")
    {
        const auto late = *qsbr->add_reader();
        qsbr->online(late);
        qsbr->quiescent(reader);
        CHECK(qsbr->passed(token));
        qsbr->offline(late);
        qsbr->remove_reader(late);
    }
    qsbr->offline(reader);
    qsbr->remove_reader(reader);
}

TEST_CASE("a grace period that starts when asked for counts no quiescence before that")
{
    auto qsbr = *Qsbr::make(1);
    const auto reader = *qsbr->add_reader();
    qsbr->online(reader);
    const GraceToken token = qsbr->start_when_asked(), same = qsbr->start_when_asked();
    qsbr->quiescent(reader);
    CHECK_FALSE(qsbr->passed(token));
    CHECK_FALSE(qsbr->passed(same));
    qsbr->quiescent(reader);
    CHECK(qsbr->passed(token));
    CHECK(qsbr->passed(same));
    CHECK_FALSE(qsbr->passed(qsbr->start_when_asked()));
    qsbr->offline(reader);
    qsbr->remove_reader(reader);
}

TEST_CASE("wait returns when a reader on another thread was quiescent")
{
    auto qsbr = *Qsbr::make(1);
    const auto number = *qsbr->add_reader();
    qsbr->online(number);
    const GraceToken token = qsbr->start();
    std::thread reader([&] {
        qsbr->quiescent(number);
        qsbr->offline(number);
    });
    CHECK(qsbr->wait(token, std::chrono::nanoseconds::max()));
    reader.join();
    qsbr->remove_reader(number);
}
