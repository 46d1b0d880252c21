// A million rows name one VTEP: when its adjacency changes, all of them follow, at once, and none is touched.
#include <catch2/catch.hpp>

#include <ferry/control/transaction.hpp>

#include "helpers.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr std::uint32_t rows = 1'000'000;

MacAddress mac_of(std::uint32_t row) { return MacAddress::from_u48(0x5254'0000'0000 + row); }

/// How many rows lead to the next hop, for a reader of that epoch.
std::uint32_t rows_to(const Tables& tables, SegmentIndex segment, MacAddress next_hop, Epoch epoch)
{
    constexpr std::uint32_t burst = 50;
    std::uint32_t found = 0;
    for (std::uint32_t first = 0; first < rows; first += burst) {
        FdbKey keys[burst];
        Row of[burst];
        for (std::uint32_t i = 0; i < burst; ++i)
            keys[i] = FdbKey(segment, mac_of(first + i));
        tables.fdb().lookup(keys, burst, epoch, of);
        for (const Row row : of) {
            const Adjacency* const adjacency = tables.vteps().at(row.vtep(), epoch);
            found += adjacency != nullptr && adjacency->spec.next_hop == next_hop;
        }
    }
    return found;
}

}  // namespace

TEST_CASE("a million rows follow their VTEP's adjacency in one store")
{
    TableLimits limits;
    limits.rows = rows;
    const auto tables = std::move(*Tables::make(limits));
    const Ipv4Address remote = Ipv4Address::from_host(0xac10'0002);
    const MacAddress before{{0x02, 0, 0, 0, 0, 0x11}}, after{{0x02, 0, 0, 0, 0, 0x33}};
    AdjacencySpec spec = good_spec();
    spec.next_hop = before;
    Transaction transaction(*tables);
    const SegmentIndex segment = *transaction.add_segment(vni(1), false);
    const VtepId vtep = *transaction.add_vtep(remote, spec);
    for (std::uint32_t i = 0; i < rows; ++i) {
        if (!transaction.set_row(vni(1), mac_of(i), Row::remote(vtep, RowOrigin::endpoint)))
            FAIL("row " << i);
        if (i % 10'000 == 9'999) {
            REQUIRE(transaction.commit());
            reclaim(*tables);
        }
    }
    REQUIRE(tables->fdb().size() == rows);

    spec.next_hop = after;
    const Epoch old_epoch = tables->epoch();
    REQUIRE(transaction.set_adjacency(remote, spec));
    CHECK(rows_to(*tables, segment, before, tables->epoch()) == rows);
    const auto commit = transaction.commit();
    REQUIRE(commit);
    CHECK(commit->epoch == old_epoch + 1);
    CHECK(tables->epoch() == old_epoch + 1);
    CHECK(rows_to(*tables, segment, after, tables->epoch()) == rows);
    CHECK(rows_to(*tables, segment, before, old_epoch) == rows);  // a burst that had begun
    CHECK_FALSE(tables->fdb().is_pending(FdbKey(segment, mac_of(0))));
}
