// A program outside ferry's tree: makes tables, changes them by a transaction, and looks a row up as a worker would.
// It knows nothing of DPDK.
#include <cstdio>

#include <ferry/control/transaction.hpp>
#include <ferry/engine/drop.hpp>
#include <ferry/wire/address.hpp>

int main()
{
    using namespace ferry;
    const auto vtep = *Ipv4Address::parse("172.16.0.2");
    const auto mac = *MacAddress::parse("52:54:00:00:00:01");
    const auto vni = *Vni::make(100);

    auto tables = Tables::make({.rows = 1024, .transaction_rows = 64});
    if (!tables)
        return std::printf("%s\n", tables.error().sentence.c_str()), 1;

    Transaction change(**tables);
    AdjacencySpec adjacency;
    adjacency.next_hop = *MacAddress::parse("02:00:00:00:00:02");
    adjacency.source_mac = *MacAddress::parse("02:00:00:00:00:01");
    adjacency.source = *Ipv4Address::parse("172.16.0.1");
    const auto segment = change.add_segment(vni, true);
    const auto id = change.add_vtep(vtep, adjacency);
    if (!segment || !id || !change.set_row(vni, mac, Row::remote(*id, RowOrigin::permanent)))
        return 2;

    const FdbKey key(*segment, mac);
    Row row;
    (*tables)->fdb().lookup(&key, 1, (*tables)->epoch(), &row);
    if (!row.is_absent())
        return 3;
    if (!change.commit())
        return 4;
    (*tables)->fdb().lookup(&key, 1, (*tables)->epoch(), &row);
    const Adjacency* found = (*tables)->vteps().at(row.vtep(), (*tables)->epoch());
    if (row.kind() != RowKind::remote || found == nullptr || found->remote != vtep)
        return 5;
    std::printf("%s is behind %s\n", mac.to_string().c_str(), found->remote.to_string().c_str());
}
