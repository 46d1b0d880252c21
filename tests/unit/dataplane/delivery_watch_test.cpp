#include "ports/delivery_watch.hpp"

#include <catch2/catch.hpp>

using ferryd::DeliveryWatch;

TEST_CASE("the first frame after a start is noted once")
{
    DeliveryWatch watch;
    CHECK_FALSE(watch.armed());
    watch.arm(1000, 9000);
    REQUIRE(watch.armed());
    CHECK_FALSE(watch.of(1000)->first_tsc);
    watch.delivered(1500, 1600);
    watch.delivered(1700, 1800);
    CHECK(watch.of(1000)->first_tsc == 1600);
    CHECK_FALSE(watch.of(1000)->waiting_tsc);
    CHECK(watch.armed());
}

TEST_CASE("a frame that was received before the start is told from one that came after it")
{
    DeliveryWatch watch;
    watch.arm(1000, 9000);
    watch.delivered(1500, 1600);
    watch.delivered(900, 2000);
    CHECK(watch.of(1000)->first_tsc == 1600);
    CHECK(watch.of(1000)->waiting_tsc == 2000);
    CHECK_FALSE(watch.armed());
}

TEST_CASE("a frame that waited is not looked for without end")
{
    DeliveryWatch watch;
    watch.arm(1000, 9000);
    watch.delivered(9500, 9600);
    CHECK_FALSE(watch.armed());
    CHECK(watch.of(1000)->first_tsc == 9600);
    CHECK_FALSE(watch.of(1000)->waiting_tsc);
}

TEST_CASE("what is known belongs to the start that it was measured from")
{
    DeliveryWatch watch;
    watch.arm(1000, 9000);
    watch.delivered(900, 1100);
    watch.arm(5000, 9000);
    CHECK_FALSE(watch.of(1000));
    REQUIRE(watch.of(5000));
    CHECK_FALSE(watch.of(5000)->first_tsc);
    CHECK_FALSE(watch.of(5000)->waiting_tsc);
}
