// Detours: which frames make them, and where their labels lead.
#include <catch2/catch.hpp>

#include "helpers.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

const MacAddress one = MacAddress::from_u48(0x5254'0000'0001), two = MacAddress::from_u48(0x5254'0000'0002);

}  // namespace

TEST_CASE("a detour is found by source and peer, and by nothing else")
{
    const DetourList detours{{one, VtepId{1}, VtepId{9}, vni(100)}, {one, VtepId{3}, VtepId{9}, vni(101)},
                             {two, VtepId{2}, VtepId{8}, vni(102)}};
    for (const Detour& detour : detours)
        CHECK(find_detour(detours, detour.source, detour.peer) == &detour);
    CHECK(find_detour(detours, one, VtepId{2}) == nullptr);
    CHECK(find_detour(detours, one, VtepId{9}) == nullptr);
    CHECK(find_detour(detours, two, VtepId{1}) == nullptr);
    CHECK(find_detour(detours, two, VtepId{3}) == nullptr);
    CHECK(find_detour({}, one, VtepId{1}) == nullptr);
}

TEST_CASE("exits are what they were made of, within their bound")
{
    CHECK_FALSE(DetourExits::make(0));
    const auto exits = *DetourExits::make(2);
    const DetourExit good{one, VtepId{1}, VtepId{2}, vni(100)};
    for (DetourExit bad : {DetourExit{one, VtepId::none, VtepId{2}, vni(100)},
                           DetourExit{one, VtepId{1}, VtepId::none, vni(100)},
                           DetourExit{one, VtepId{1}, VtepId{2}, Vni{}}})
        CHECK(exits->open(bad).error().code == ErrorCode::invalid_argument);
    const ExitId first = *exits->open(good);
    const DetourExit other{two, VtepId{2}, VtepId{1}, vni(7)};
    const ExitId second = *exits->open(other);
    CHECK(first != second);
    CHECK(exits->at(first) == good);
    CHECK(exits->at(second) == other);
    CHECK(exits->open(good).error().code == ErrorCode::table_full);
    exits->release(first);
    CHECK(exits->open(good));
}

TEST_CASE("a label leads to an exit or to an endpoint, never to both")
{
    const auto labels = *Labels::make(0xf0'0000, 16);
    const Vni to_exit = vni(0xf0'0003), to_endpoint = vni(0xf0'0005);
    REQUIRE(labels->set(to_exit, ExitId{7}));
    REQUIRE(labels->set(to_endpoint, key(1)));
    CHECK(labels->exit(to_exit) == ExitId{7});
    CHECK(labels->find(to_exit) == FdbKey{});
    CHECK(labels->exit(to_endpoint) == ExitId::none);
    labels->demote(to_endpoint);
    CHECK(labels->exit(to_endpoint) == ExitId::none);
    CHECK(labels->exit(vni(0xf0'0004)) == ExitId::none);
    CHECK(labels->exit(vni(3)) == ExitId::none);
    CHECK(labels->set(to_exit, key(1)).error().code == ErrorCode::already_exists);
    CHECK(labels->set(to_exit, ExitId{8}).error().code == ErrorCode::already_exists);
    labels->clear(to_exit);
    CHECK(labels->exit(to_exit) == ExitId::none);
}
