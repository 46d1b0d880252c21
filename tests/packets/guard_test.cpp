// Who may send what, and what else becomes of frames from a guest than encapsulation.
//
//   vm  …:01 ── attachment `web`, VNI 100, may send as :01 and :11 ─┐
//   vm  …:02 ── attachment `db`,  VNI 100 ──────────────────────────┼─ Host 172.16.0.1
//   any      ── attachment `any`, VNI 200, any source ──────────────┘
#include <catch2/catch.hpp>

#include "host.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr Mac web_mac{0x52, 0x54, 0, 0, 0, 0x01};
constexpr Mac web_second{0x52, 0x54, 0, 0, 0, 0x11};
constexpr Mac db_mac{0x52, 0x54, 0, 0, 0, 0x02};
constexpr Mac stranger{0x52, 0x54, 0, 0, 0, 0x66};

struct TwoGuests : Host {
    TwoGuests()
    {
        add_segment(100);
        add_segment(200);
        web = add_attachment(100, {mac(web_mac), mac(web_second)});
        db = add_attachment(100, {mac(db_mac)});
        any = add_attachment(200, {});
        set_row(100, web_mac, Row::local(web, RowOrigin::endpoint));
        set_row(100, db_mac, Row::local(db, RowOrigin::endpoint));
    }
    AttachmentId web{}, db{}, any{};
};

Bytes frame(const Mac& destination, const Mac& source, std::uint8_t mark = 0)
{
    return ethernet(destination, source, 0x0800, pattern(50, mark));
}

}  // namespace

TEST_CASE("Guests of a segment reach each other without the underlay, in unchanged frames")
{
    TwoGuests host;
    CHECK(host.send(host.web, {frame(db_mac, web_mac)}) == std::vector{to(host.db, frame(db_mac, web_mac))});
    CHECK(host.send(host.db, {frame(web_mac, db_mac)}) == std::vector{to(host.web, frame(web_mac, db_mac))});
    CHECK(host.recorder().peers.at(0) == VtepId::none);
    CHECK(host.drops() == "");
    CHECK(host.counters().local_switched.get() == 2);
    CHECK(host.counters().attachment(host.db).out_frames.get() == 1);
    CHECK(host.counters().attachment(host.db).out_bytes.get() == 64);
    CHECK(host.counters().attachment(host.db).in_frames.get() == 1);
}

TEST_CASE("A guest sends only from its own addresses")
{
    TwoGuests host;
    CHECK(host.send(host.web, {frame(db_mac, web_second)}).size() == 1);
    CHECK(host.drops() == "");
    CHECK(host.send(host.web, {frame(db_mac, stranger)}).empty());
    CHECK(host.drops() == "source_spoofed");
    CHECK(host.send(host.web, {frame(web_mac, db_mac)}).empty());
    CHECK(host.drops() == "source_spoofed");
    CHECK(host.counters().attachment(host.web).drops[static_cast<std::size_t>(DropReason::source_spoofed)].get() == 2);
}

TEST_CASE("The guard looks at each frame of a burst, not only at the first of a source")
{
    TwoGuests host;
    const auto out =
        host.send(host.web, {frame(db_mac, web_mac, 1), frame(db_mac, stranger, 2), frame(db_mac, web_mac, 3),
                             frame(db_mac, web_second, 4), frame(db_mac, stranger, 5)});
    CHECK(out == std::vector{to(host.db, frame(db_mac, web_mac, 1)), to(host.db, frame(db_mac, web_mac, 3)),
                             to(host.db, frame(db_mac, web_second, 4))});
    CHECK(host.drops() == "source_spoofed*2");
}

TEST_CASE("A source that is zero or a group is never valid, also where any source may send")
{
    TwoGuests host;
    for (const AttachmentId from : {host.web, host.any}) {
        CHECK(host.send(from, {frame(db_mac, {})}).empty());
        CHECK(host.drops() == "source_invalid");
        CHECK(host.send(from, {frame(db_mac, {0x53, 0x54, 0, 0, 0, 1})}).empty());
        CHECK(host.drops() == "source_invalid");
        CHECK(host.send(from, {frame(db_mac, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff})}).empty());
        CHECK(host.drops() == "source_invalid");
    }
}

TEST_CASE("A guest's frame of every length that is no Ethernet header is dropped, and nothing behind it is read")
{
    TwoGuests host;
    const Bytes whole = frame(db_mac, web_mac);
    for (std::size_t length = 0; length < 14; ++length) {
        CHECK(host.send_mbufs(host.web, {make_exact_frame(first(whole, length))}).empty());
        CHECK(host.drops() == "inner_truncated");
    }
    for (std::size_t length = 14; length <= whole.size(); ++length)
        CHECK(host.send_mbufs(host.web, {make_exact_frame(first(whole, length))}) ==
              std::vector{to(host.db, first(whole, length))});
    CHECK(host.drops() == "");
}

TEST_CASE("A frame never returns to the attachment that it came from")
{
    TwoGuests host;
    CHECK(host.send(host.web, {frame(web_mac, web_second)}).empty());
    CHECK(host.drops() == "hairpin");
}

TEST_CASE("A blackhole row drops")
{
    TwoGuests host;
    host.set_row(100, stranger, Row::blackhole(RowOrigin::permanent));
    CHECK(host.send(host.web, {frame(stranger, web_mac)}).empty());
    CHECK(host.drops() == "blackhole");
}

TEST_CASE("The same address in another segment is another endpoint")
{
    TwoGuests host;
    CHECK(host.send(host.any, {frame(db_mac, web_mac)}).empty());
    CHECK(host.drops() == "flood_empty");
}

TEST_CASE("Frames of an attachment that is not in the tables are dropped")
{
    TwoGuests host;
    host.change([&](Transaction& t) { must(t.remove_attachment(host.web)); });
    for (const AttachmentId from : {host.web, AttachmentId::none, AttachmentId{77}, AttachmentId{0xffff'ffff}}) {
        CHECK(host.send(from, {frame(db_mac, web_mac), frame(db_mac, web_mac)}).empty());
        CHECK(host.drops() == "attachment_unknown*2");
    }
}

TEST_CASE("A row that names a VTEP which is gone drops")
{
    TwoGuests host;
    const FdbKey key(host.tables().segments().find(vni(100), host.tables().epoch())->index, mac(stranger));
    host.tables().fdb().store(key, Row::remote(VtepId{9}, RowOrigin::learned), 0);
    CHECK(host.send(host.web, {frame(stranger, web_mac)}).empty());
    CHECK(host.drops() == "adjacency_gone");
}

TEST_CASE("What the switch cannot deliver is counted for the worker, the attachment and the VTEP at the other end")
{
    TwoGuests host;
    const Ip4 remote{172, 16, 0, 2};
    const VtepId vtep = host.add_vtep(remote, {2, 0, 0, 0, 0, 2});
    host.recorder().keep = [&](rte_mbuf** frames, std::uint16_t count) {
        host.worker().drop(DropReason::ring_full, host.db, frames, count);
    };
    const Bytes inner = frame(db_mac, stranger);
    CHECK(host.receive({vxlan(outer_from(remote, 100), inner), vxlan(outer_from(remote, 100), inner)}).size() == 2);
    CHECK(host.send(host.web, {frame(db_mac, web_mac)}).size() == 1);
    constexpr auto ring_full = static_cast<std::size_t>(DropReason::ring_full);
    CHECK(host.drops() == "ring_full*3");
    CHECK(host.counters().attachment(host.db).drops[ring_full].get() == 3);
    CHECK(host.counters().vtep(vtep).drops[ring_full].get() == 2);
    CHECK(host.counters().vtep(VtepId::none).drops[ring_full].get() == 0);
}
