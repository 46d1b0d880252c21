#include "moving.hpp"

#include <catch2/catch.hpp>

namespace ferry::test {
namespace {

Mac next_hop(const Ip4& vtep) { return {2, 0, 0, 0, 0, vtep[3]}; }

}  // namespace

Moving::Moving()
{
    segment = add_segment(100, true);
    add_segment(200);
    near_vtep = add_vtep(near, next_hop(near));
    there_vtep = add_vtep(there, next_hop(there), [](AdjacencySpec& spec) {
        spec.underlay = UnderlayId{1};
        spec.mtu = 300;
    });
    web = add_attachment(100, {mac(web_mac)});
    other = add_attachment(100, {mac(other_mac)});
    far = add_attachment(200, {mac(web_mac)});
    set_row(100, other_mac, Row::local(other, RowOrigin::endpoint));
    set_row(200, web_mac, Row::local(far, RowOrigin::endpoint));
}

Bytes inner_frame(const Mac& destination, const Mac& source, std::uint16_t number, std::size_t length)
{
    Ipv4 fields;
    fields.source = {10, 0, 0, 1};
    fields.destination = {10, 0, 0, 2};
    return ethernet(destination, source, 0x0800, ipv4(fields, udp(number, 2000, pattern(length))));
}

Vxlan relayed(const Ip4& to, std::uint32_t number, std::uint8_t ttl)
{
    Vxlan fields = outer_to(to, next_hop(to), number);
    fields.ip.ttl = ttl;
    fields.reserved = 0x40'0000;
    return fields;
}

std::vector<Out> without_ports(std::vector<Out> out)
{
    for (Out& one : out)
        if (one.where.starts_with("underlay"))
            one.frame = with(one.frame, 34, {0, 0});
    return out;
}

Out sent(unsigned underlay, Vxlan fields, const Bytes& inner)
{
    fields.source_port = 0;
    return to(UnderlayId{static_cast<std::uint16_t>(underlay)}, vxlan(fields, inner));
}

void check_sums(Host& host, std::uint64_t given, std::uint64_t taken)
{
    std::uint64_t dropped = 0;
    for (const Counter& counter : host.counters().drops)
        dropped += counter.get();
    CHECK(given + host.counters().replicated.get() == taken + dropped);
}

}  // namespace ferry::test
