// Frames in chains of buffers, cut at every byte: the result is that of the same frame in one buffer.
//
//   far …:02 ── 172.16.0.2 ── underlay ── Host 172.16.0.1 ── attachment …:01, VNI 100
#include <catch2/catch.hpp>

#include "host.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr Mac vm{0x52, 0x54, 0, 0, 0, 1};
constexpr Mac far{0x52, 0x54, 0, 0, 0, 2};
constexpr Ip4 remote{172, 16, 0, 2};

struct OneGuest : Host {
    OneGuest()
    {
        add_segment(100);
        web = add_attachment(100, {mac(vm)});
        set_row(100, vm, Row::local(web, RowOrigin::endpoint));
        vtep = add_vtep(remote, {2, 0, 0, 0, 0, 2});
        set_row(100, far, Row::remote(vtep, RowOrigin::endpoint));
    }
    AttachmentId web{};
    VtepId vtep{};
};

Bytes inner_frame(const Mac& destination, const Mac& source, std::size_t length)
{
    Ipv6 fields;
    fields.traffic_class = 2;
    const Bytes tags = join({u16(7), u16(0x8100), u16(9), u16(0x86dd)});
    return first(ethernet(destination, source, 0x88a8, join({tags, ipv6(fields, udp(1, 2, pattern(900)))})), length);
}

}  // namespace

TEST_CASE("Encapsulation does not depend on where a frame is cut into buffers")
{
    OneGuest host;
    for (const std::size_t length : {14u, 60u, 127u, 128u, 129u, 300u}) {
        const Bytes inner = inner_frame(far, vm, length);
        const auto whole = host.send(host.web, {inner});
        REQUIRE(whole.size() == 1);
        for (std::size_t cut = 0; cut <= length; ++cut) {
            INFO(length << " bytes, cut at " << cut);
            CHECK(host.send_mbufs(host.web, {make_chain(inner, {cut})}) == whole);
            CHECK(host.send_mbufs(host.web, {make_chain(inner, {cut / 2, cut - cut / 2, 0})}) == whole);
        }
    }
    CHECK(host.drops() == "");
}

TEST_CASE("Decapsulation does not depend on where a frame is cut into buffers, with checksum, mark and padding")
{
    OneGuest host;
    for (const std::size_t length : {14u, 60u, 78u, 79u, 300u}) {
        for (const std::size_t padding : {0u, 1u, 30u}) {
            const Bytes inner = inner_frame(vm, far, length);
            Vxlan fields = outer_from(remote, 100);
            fields.with_udp_checksum = true;
            fields.ip.tos = 3;
            fields.padding = pattern(padding, 0xee);
            const Bytes outer = vxlan(fields, inner);
            const auto whole = host.receive({outer});
            REQUIRE(whole.size() == 1);
            CHECK(whole[0].frame.size() == length);
            for (std::size_t cut = 0; cut <= outer.size(); ++cut) {
                INFO(length << " bytes, cut at " << cut);
                CHECK(host.receive_mbufs({make_chain(outer, {cut})}) == whole);
                CHECK(host.receive_mbufs({make_chain(outer, {cut / 2, cut - cut / 2, 0})}) == whole);
            }
        }
    }
    CHECK(host.drops() == "");
}

TEST_CASE("A wrong UDP checksum is found across buffers of odd lengths")
{
    OneGuest host;
    Vxlan fields = outer_from(remote, 100);
    fields.with_udp_checksum = true;
    const Bytes right = vxlan(fields, inner_frame(vm, far, 700));
    for (std::size_t at = 36; at < right.size(); at += 13) {
        const Bytes wrong = with(right, at, {static_cast<std::uint8_t>(right[at] ^ 0x10)});
        if (at == 36 || at == 37)
            continue;  // the port
        CHECK(host.receive_mbufs({make_chain(wrong, {129, 1, 33, 64})}).empty());
        CHECK(host.drops() == (at == 38 || at == 39 ? "udp_length" : "udp_checksum"));
        CHECK(host.receive_mbufs({make_chain(right, {129, 1, 33, 64})}).size() == 1);
    }
}

TEST_CASE("The host gets its chains as they were")
{
    OneGuest host;
    const Bytes arp = ethernet({2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, 0x0806, pattern(700));
    for (const std::size_t cut : {0u, 1u, 13u, 14u, 50u, 128u, 500u})
        CHECK(host.receive_mbufs({make_chain(arp, {cut, 100})}) == std::vector{to_host(arp)});
}

TEST_CASE("A chain that must be gathered is dropped when no buffer is free, one that need not be is not")
{
    OneGuest host;
    const Bytes outer = vxlan(outer_from(remote, 100), inner_frame(vm, far, 300));
    const Bytes inner = inner_frame(far, vm, 300);
    const std::vector<rte_mbuf*> from_underlay = {make_chain(outer, {40}), make_chain(outer, {128})};
    const std::vector<rte_mbuf*> from_guest = {make_chain(inner, {40}), make_chain(inner, {128})};
    std::vector<rte_mbuf*> hoard(rte_mempool_avail_count(pool()));
    for (rte_mbuf*& held : hoard)
        held = rte_pktmbuf_alloc(pool());
    CHECK(host.receive_mbufs({from_underlay[0]}).empty());
    rte_pktmbuf_free(std::exchange(hoard[0], nullptr));
    CHECK(host.drops() == "no_buffer");
    for (rte_mbuf* taken = rte_pktmbuf_alloc(pool()); taken != nullptr; taken = rte_pktmbuf_alloc(pool()))
        hoard.push_back(taken);
    CHECK(host.send_mbufs(host.web, {from_guest[0]}).empty());
    CHECK(host.drops() == "no_buffer");
    CHECK(host.receive_mbufs({from_underlay[1]}).size() == 1);
    CHECK(host.send_mbufs(host.web, {from_guest[1]}).size() == 1);
    CHECK(host.drops() == "");
    rte_pktmbuf_free_bulk(hoard.data(), static_cast<unsigned>(hoard.size()));
}
