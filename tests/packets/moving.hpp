// A host in the middle of moves, for the tests about them.
//
//   web   …:01 in VNI 100 ─┐            ┌─ 172.16.0.2, underlay 0
//   other …:02 in VNI 100 ─┼─ Host ─────┼─ 172.16.0.3, underlay 1, MTU 300
//   far   …:01 in VNI 200 ─┘            └─ 172.16.0.9, not in the table
#pragma once

#include "host.hpp"

namespace ferry::test {

struct Moving : Host {
    static constexpr Mac web_mac{0x52, 0x54, 0, 0, 0, 1};
    static constexpr Mac other_mac{0x52, 0x54, 0, 0, 0, 2};
    static constexpr Mac sender{0x52, 0x54, 0, 0, 0, 0x33};  ///< behind 172.16.0.2, without a row
    static constexpr Ip4 near{172, 16, 0, 2};
    static constexpr Ip4 there{172, 16, 0, 3};
    static constexpr Ip4 unknown{172, 16, 0, 9};
    static constexpr std::uint32_t flush_label = 0xf0'0010, relay_label = 0xf0'0011;

    Moving();

    /// One frame from the underlay, `vni` from `near`, maybe changed; and an expectation of what comes out.
    Vxlan from_near(std::uint32_t number) const { return outer_from(near, number); }
    /// The row of web_mac in VNI 100.
    void set_web(Row row) { set_row(100, web_mac, row); }
    FdbKey web_key() const { return {segment, mac(web_mac)}; }

    SegmentIndex segment{};
    VtepId near_vtep{}, there_vtep{};
    AttachmentId web{}, other{}, far{};
};

/// IPv4 and UDP from `source` to `destination`; `number` tells one flow from another.
Bytes inner_frame(const Mac& destination, const Mac& source, std::uint16_t number = 1, std::size_t length = 40);

/// What a relay sends to `to`: with one less than `ttl` was, under `vni`, saying Don't Learn.
Vxlan relayed(const Ip4& to, std::uint32_t vni, std::uint8_t ttl = 63);

/// Sets the source ports of encapsulated frames, which are free, to 0.
std::vector<Out> without_ports(std::vector<Out> out);
/// An encapsulated frame as without_ports() leaves it.
Out sent(unsigned underlay, Vxlan fields, const Bytes& inner);

/// All that came and went adds up: nothing was lost without a count.
void check_sums(Host& host, std::uint64_t given, std::uint64_t taken);

}  // namespace ferry::test
