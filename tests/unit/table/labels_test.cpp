// Labels: which endpoint the VNIs of the reserved range lead to.
#include <catch2/catch.hpp>

#include "helpers.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

ErrorCode failure(std::uint32_t first, std::uint32_t count)
{
    const auto labels = Labels::make(first, count);
    REQUIRE_FALSE(labels);
    CHECK_FALSE(labels.error().sentence.empty());
    return labels.error().code;
}

}  // namespace

TEST_CASE("labels are a range of VNIs that begins with a flush label and ends with a relay label")
{
    const auto labels = *Labels::make(100, 4);
    CHECK_FALSE(labels->contains(vni(99)));
    CHECK(labels->contains(vni(100)));
    CHECK(labels->contains(vni(103)));
    CHECK_FALSE(labels->contains(vni(104)));
    CHECK_FALSE(labels->contains(vni(0)));
    CHECK_FALSE(labels->contains(own_vni));
    CHECK(labels->first() == 100);
    CHECK(labels->count() == 4);
    CHECK(Labels::is_flush(vni(100)));
    CHECK_FALSE(Labels::is_flush(vni(101)));
    CHECK((*Labels::make(0xff'fffc, 2))->contains(vni(0xff'fffd)));
}

TEST_CASE("ranges that could not work are refused")
{
    CHECK(failure(0, 2) == ErrorCode::invalid_argument);
    CHECK(failure(101, 2) == ErrorCode::invalid_argument);
    CHECK(failure(100, 3) == ErrorCode::invalid_argument);
    CHECK(failure(0xff'fffe, 2) == ErrorCode::invalid_argument);
    CHECK(failure(0xff'fffc, 4) == ErrorCode::invalid_argument);
    CHECK(failure(0x100'0000, 2) == ErrorCode::invalid_argument);
    CHECK(failure(2, 0xffff'fffe) == ErrorCode::invalid_argument);
    TableLimits limits;
    limits.first_label = 1;
    CHECK_FALSE(Tables::make(limits));
}

TEST_CASE("without labels no VNI is one")
{
    const auto labels = *Labels::make(0, 0);
    for (const std::uint32_t number : {0u, 1u, 0xf0'0000u, 0xff'ffffu}) {
        CHECK_FALSE(labels->contains(vni(number)));
        CHECK(labels->find(vni(number)) == FdbKey{});
    }
}

TEST_CASE("a label leads to its endpoint until it is cleared")
{
    const auto labels = *Labels::make(0xf0'0000, 16);
    CHECK(labels->find(vni(0xf0'0002)) == FdbKey{});
    REQUIRE(labels->set(vni(0xf0'0002), key(1)));
    REQUIRE(labels->set(vni(0xf0'0003), key(2)));
    CHECK(labels->find(vni(0xf0'0002)) == key(1));
    CHECK(labels->find(vni(0xf0'0003)) == key(2));
    CHECK(labels->find(vni(0xf0'0004)) == FdbKey{});
    CHECK(labels->find(vni(2)) == FdbKey{});

    CHECK(labels->set(vni(0xf0'0002), key(1)));
    CHECK(labels->set(vni(0xf0'0002), key(2)).error().code == ErrorCode::already_exists);
    CHECK(labels->set(vni(0xf0'0010), key(2)).error().code == ErrorCode::invalid_argument);
    CHECK(labels->find(vni(0xf0'0002)) == key(1));

    labels->clear(vni(0xf0'0002));
    labels->clear(vni(0xf0'0010));
    CHECK(labels->find(vni(0xf0'0002)) == FdbKey{});
    CHECK(labels->find(vni(0xf0'0003)) == key(2));
    CHECK(labels->set(vni(0xf0'0002), key(2)));
}

TEST_CASE("a label of an earlier move still leads to its endpoint, and says so until it is set anew")
{
    const auto labels = *Labels::make(0xf0'0000, 16);
    REQUIRE(labels->set(vni(0xf0'0002), key(1)));
    CHECK_FALSE(labels->is_demoted(vni(0xf0'0002)));
    labels->demote(vni(0xf0'0002));
    CHECK(labels->is_demoted(vni(0xf0'0002)));
    CHECK(labels->find(vni(0xf0'0002)) == key(1));
    labels->clear(vni(0xf0'0002));
    labels->demote(vni(0xf0'0002));
    labels->demote(vni(0xf0'0010));
    CHECK_FALSE(labels->is_demoted(vni(0xf0'0002)));
    CHECK(labels->find(vni(0xf0'0002)) == FdbKey{});
    REQUIRE(labels->set(vni(0xf0'0002), key(2)));
    CHECK_FALSE(labels->is_demoted(vni(0xf0'0002)));
}
