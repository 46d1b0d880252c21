// A small data plane to try transactions on, and what a reader sees of it.
#pragma once

#include <catch2/catch.hpp>

#include <ferry/control/transaction.hpp>

namespace ferry::test {

inline Vni vni(std::uint32_t value)
{
    return *Vni::make(value);
}

inline MacAddress mac(std::uint64_t value)
{
    return MacAddress::from_u48(0x0200'0000'0000 + value);
}

inline Ipv4Address address(std::uint32_t value)
{
    return Ipv4Address::from_host(0x0a00'0000 + value);
}

/// What AdjacencySpec needs to be accepted.
inline AdjacencySpec spec(std::uint8_t ttl = 64)
{
    AdjacencySpec spec;
    spec.next_hop = MacAddress{{0x02, 0, 0, 0, 0, 0x11}};
    spec.source_mac = MacAddress{{0x02, 0, 0, 0, 0, 0x22}};
    spec.source = Ipv4Address::from_host(0xac10'0001);
    spec.ttl = ttl;
    return spec;
}

inline Row remote(VtepId vtep, RowOrigin origin = RowOrigin::permanent)
{
    return Row::remote(vtep, origin);
}

/// Small bounds, so that tests reach them.
inline TableLimits small_limits()
{
    TableLimits limits;
    limits.rows = 100;
    limits.transaction_rows = 20;
    limits.segments = 4;
    limits.vteps = 4;
    limits.attachments = 4;
    limits.flood_remotes = 3;
    limits.workers = 4;
    return limits;
}

inline std::unique_ptr<Tables> make_tables(const TableLimits& limits = small_limits())
{
    return std::move(*Tables::make(limits));
}

/// The row of an endpoint as a reader of `epoch` sees it.
inline Row row_at(const Tables& tables, Vni vni, MacAddress mac, Epoch epoch)
{
    const Segment* segment = tables.segments().find(vni, epoch);
    if (segment == nullptr)
        return {};
    const FdbKey key(segment->index, mac);
    Row row;
    tables.fdb().lookup(&key, 1, epoch, &row);
    return row;
}

inline Row row_now(const Tables& tables, Vni vni, MacAddress mac)
{
    return row_at(tables, vni, mac, tables.epoch());
}

/// Says which code a call failed with; fails the test when it did not fail.
template <typename T>
ErrorCode code_of(const Expected<T>& result)
{
    REQUIRE_FALSE(result.has_value());
    CHECK_FALSE(result.error().sentence.empty());
    return result.error().code;
}

/// A reader that stays online until it is told to go on.
class OnlineReader {
public:
    explicit OnlineReader(Tables& tables) : qsbr_(tables.qsbr()), number_(*qsbr_.add_reader())
    {
        qsbr_.online(number_);
    }
    ~OnlineReader()
    {
        qsbr_.offline(number_);
        qsbr_.remove_reader(number_);
    }
    OnlineReader(const OnlineReader&) = delete;
    OnlineReader& operator=(const OnlineReader&) = delete;

    void quiescent() { qsbr_.quiescent(number_); }

private:
    Qsbr& qsbr_;
    std::uint32_t number_;
};

}  // namespace ferry::test
