// Segments: VNI to index to segment, by epoch; indices are used again only when nobody can mistake them.
#include <catch2/catch.hpp>

#include "helpers.hpp"

using namespace ferry;
using ferry::test::vni;

namespace {

SegmentIndex add(Segments& segments, std::uint32_t number, Epoch since)
{
    const SegmentIndex index = *segments.allocate(vni(number));
    REQUIRE(segments.push(since, Segment{index, vni(number), true, {}, {}}));
    return index;
}

}  // namespace

TEST_CASE("segments have 16-bit indices")
{
    CHECK(Segments::make(0).error().code == ErrorCode::invalid_argument);
    CHECK(Segments::make(65'535).error().code == ErrorCode::invalid_argument);
    CHECK((*Segments::make(65'534))->max_segments() == 65'534);
}

TEST_CASE("a segment is found by VNI and by index from its epoch on")
{
    auto segments = *Segments::make(10);
    const std::uint32_t number = GENERATE(0u, 1u, 4095u, 4096u, 0xff'ffffu);
    const SegmentIndex index = add(*segments, number, 5);
    CHECK(index != SegmentIndex::none);
    CHECK(segments->find(vni(number), 4) == nullptr);
    REQUIRE(segments->find(vni(number), 5) != nullptr);
    CHECK(segments->find(vni(number), 5)->index == index);
    CHECK(segments->at(index, 5)->vni == vni(number));
    CHECK(segments->at(index, 4) == nullptr);
    CHECK(segments->newest(vni(number)) == segments->newest(index));
    CHECK(segments->find(vni(number ^ 1), 5) == nullptr);
    CHECK(segments->find(vni(number ^ 0x10'0000), 5) == nullptr);
}

TEST_CASE("an index or VNI that is not in the table is no segment")
{
    auto segments = *Segments::make(2);
    CHECK(segments->at(SegmentIndex::none, 9) == nullptr);
    CHECK(segments->at(SegmentIndex{2}, 9) == nullptr);
    CHECK(segments->at(SegmentIndex{3}, 9) == nullptr);
    CHECK(segments->at(SegmentIndex{65'535}, 9) == nullptr);
    CHECK(segments->newest(vni(7)) == nullptr);
    CHECK(segments->index_of(vni(7)) == SegmentIndex::none);
}

TEST_CASE("a VNI is allocated once")
{
    auto segments = *Segments::make(2);
    const SegmentIndex index = *segments->allocate(vni(7));
    CHECK(segments->index_of(vni(7)) == index);
    CHECK(segments->allocate(vni(7)).error().code == ErrorCode::already_exists);
    CHECK(segments->allocate(vni(8)).has_value());
    CHECK(segments->allocate(vni(9)).error().code == ErrorCode::table_full);
    segments->release(index);
    CHECK(segments->index_of(vni(7)) == SegmentIndex::none);
    CHECK(segments->allocate(vni(9)).has_value());
}

TEST_CASE("a deleted segment keeps its index until it is forgotten")
{
    auto segments = *Segments::make(1);
    const SegmentIndex index = add(*segments, 7, 1);
    REQUIRE(segments->push_deleted(2, index));
    CHECK(segments->find(vni(7), 1) != nullptr);
    CHECK(segments->find(vni(7), 2) == nullptr);
    CHECK(segments->allocate(vni(8)).error().code == ErrorCode::table_full);

    SECTION("and then gives it to another VNI, which the old one does not find")
    {
        segments->forget_before(2);
        CHECK(add(*segments, 8, 3) == index);
        CHECK(segments->find(vni(7), 3) == nullptr);
        CHECK(segments->find(vni(8), 3)->index == index);
    }
    SECTION("or gets it back with the same VNI")
    {
        CHECK(add(*segments, 7, 3) == index);
        segments->forget_before(2);
        CHECK(segments->find(vni(7), 2) == nullptr);
        CHECK(segments->find(vni(7), 3)->index == index);
        CHECK(segments->allocate(vni(8)).error().code == ErrorCode::table_full);
    }
    SECTION("also when the deletion is forgotten while the index is reserved again")
    {
        CHECK(*segments->allocate(vni(7)) == index);
        segments->forget_before(2);
        segments->release(index);
        CHECK(segments->allocate(vni(8)).has_value());
    }
    SECTION("and a reservation that is given back before changes nothing")
    {
        CHECK(*segments->allocate(vni(7)) == index);
        segments->release(index);
        CHECK(segments->allocate(vni(8)).error().code == ErrorCode::table_full);
        segments->forget_before(2);
        CHECK(segments->allocate(vni(8)).has_value());
    }
}

TEST_CASE("indices are used again as late as possible")
{
    auto segments = *Segments::make(3);
    const SegmentIndex first = *segments->allocate(vni(1));
    segments->release(first);
    CHECK(*segments->allocate(vni(2)) != first);
    CHECK(*segments->allocate(vni(3)) != first);
    CHECK(*segments->allocate(vni(4)) == first);
}

TEST_CASE("all segments are listed by VNI, in their newest version")
{
    auto segments = *Segments::make(10);
    add(*segments, 300, 1);
    add(*segments, 5, 1);
    const SegmentIndex gone = add(*segments, 77, 1);
    REQUIRE(segments->push_deleted(2, gone));
    const auto all = segments->all();
    REQUIRE(all.size() == 2);
    CHECK(all[0]->vni == vni(5));
    CHECK(all[1]->vni == vni(300));
}

TEST_CASE("VNIs may come and go without end")
{
    auto segments = *Segments::make(2);
    Epoch epoch = 0;
    for (std::uint32_t number = 0; number < 0x100'0000; number += 4093) {
        const SegmentIndex index = add(*segments, number, ++epoch);
        REQUIRE(segments->find(vni(number), epoch) != nullptr);
        REQUIRE(segments->push_deleted(++epoch, index));
        segments->forget_before(epoch);
        REQUIRE(segments->index_of(vni(number)) == SegmentIndex::none);
    }
}
