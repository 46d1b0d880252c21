// Short ways to write keys, rows and epochs.
#pragma once

#include <ferry/table/tables.hpp>

namespace ferry::test {

inline FdbKey key(std::uint64_t mac, std::uint16_t segment = 1)
{
    return FdbKey(SegmentIndex{segment}, MacAddress::from_u48(mac));
}

inline Row remote(std::uint32_t vtep, RowOrigin origin = RowOrigin::permanent)
{
    return Row::remote(VtepId{vtep}, origin);
}

inline Vni vni(std::uint32_t value)
{
    return *Vni::make(value);
}

/// Looks one key up.
inline Row look_up(const Fdb& fdb, FdbKey key, Epoch epoch)
{
    Row row;
    fdb.lookup(&key, 1, epoch, &row);
    return row;
}

/// What AdjacencySpec needs to be accepted.
inline AdjacencySpec good_spec()
{
    AdjacencySpec spec;
    spec.underlay = UnderlayId{3};
    spec.next_hop = MacAddress{{0x02, 0, 0, 0, 0, 0x11}};
    spec.source_mac = MacAddress{{0x02, 0, 0, 0, 0, 0x22}};
    spec.source = Ipv4Address::from_host(0xac10'0001);
    return spec;
}

}  // namespace ferry::test
