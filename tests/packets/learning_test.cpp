// What workers tell the writer of the sources they see, and what they do not.
//
//   any source ── attachment `open`, VNI 100 (learns) ──┐            ┌─ 172.16.0.2
//   …:01 only  ── attachment `web`,  VNI 100 ───────────┼─ Host ─────┼─ 172.16.0.3
//   any source ── attachment `mute`, VNI 200 (does not) ┘            └─ 172.16.0.9, not in the table
#include <catch2/catch.hpp>

#include "host.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr Mac web_mac{0x52, 0x54, 0, 0, 0, 1};
constexpr Mac seen{0x52, 0x54, 0, 0, 0, 0x50};
constexpr Mac seen_too{0x52, 0x54, 0, 0, 0, 0x51};
constexpr Ip4 remote{172, 16, 0, 2};
constexpr Ip4 other_remote{172, 16, 0, 3};

struct Learning : Host {
    Learning()
    {
        learns = add_segment(100, true);
        add_segment(200, false);
        open = add_attachment(100, {});
        web = add_attachment(100, {mac(web_mac)});
        mute = add_attachment(200, {});
        set_row(100, web_mac, Row::local(web, RowOrigin::endpoint));
        vtep = add_vtep(remote, {2, 0, 0, 0, 0, 2});
        other_vtep = add_vtep(other_remote, {2, 0, 0, 0, 0, 3});
    }

    FdbKey key(const Mac& endpoint) const { return {learns, mac(endpoint)}; }

    std::vector<LearnEvent> after_sending(AttachmentId from, std::vector<Mac> sources)
    {
        std::vector<Bytes> frames;
        for (const Mac& source : sources)
            frames.push_back(ethernet(web_mac, source, 0x0800, pattern(50)));
        send(from, frames);
        return learned();
    }

    std::vector<LearnEvent> after_receiving(const Ip4& from, std::uint32_t number, std::vector<Mac> sources)
    {
        std::vector<Bytes> frames;
        for (const Mac& source : sources)
            frames.push_back(vxlan(outer_from(from, number), ethernet(web_mac, source, 0x0800, pattern(50))));
        receive(frames);
        return learned();
    }

    SegmentIndex learns{};
    AttachmentId open{}, web{}, mute{};
    VtepId vtep{}, other_vtep{};
};

void check_one(const std::vector<LearnEvent>& events, FdbKey key, Row row)
{
    REQUIRE(events.size() == 1);
    CHECK(events[0].key == key);
    CHECK(events[0].row == row);
}

}  // namespace

TEST_CASE("A source that is not in the table is told: a guest's as local, a VTEP's as remote")
{
    Learning host;
    check_one(host.after_sending(host.open, {seen}), host.key(seen), Row::local(host.open, RowOrigin::learned));
    check_one(host.after_receiving(remote, 100, {seen}), host.key(seen), Row::remote(host.vtep, RowOrigin::learned));
}

TEST_CASE("An endpoint is told once a burst, however often it is seen and wherever it came from")
{
    Learning host;
    const auto events = host.after_sending(host.open, {seen, seen, seen_too, seen, seen_too});
    REQUIRE(events.size() == 2);
    CHECK(events[0].key == host.key(seen));
    CHECK(events[1].key == host.key(seen_too));

    const Bytes inner = ethernet(web_mac, seen, 0x0800, pattern(50));
    host.receive({vxlan(outer_from(remote, 100), inner), vxlan(outer_from(other_remote, 100), inner)});
    check_one(host.learned(), host.key(seen), Row::remote(host.vtep, RowOrigin::learned));
}

TEST_CASE("A learned row that says the same is touched, and nothing is told")
{
    Learning host;
    host.set_row(100, seen, Row::local(host.open, RowOrigin::learned));
    host.set_row(100, seen_too, Row::remote(host.vtep, RowOrigin::learned));
    const std::uint32_t made = host.tables().fdb().last_seen(host.key(seen));
    host.now = made + 70;
    CHECK(host.after_sending(host.open, {seen}).empty());
    CHECK(host.after_receiving(remote, 100, {seen_too}).empty());
    CHECK(host.tables().fdb().last_seen(host.key(seen)) == made + 70);
    CHECK(host.tables().fdb().last_seen(host.key(seen_too)) == made + 70);
}

TEST_CASE("A learned row follows its endpoint: to another VTEP, to a guest, and from one")
{
    Learning host;
    host.set_row(100, seen, Row::remote(host.vtep, RowOrigin::learned));
    check_one(host.after_receiving(other_remote, 100, {seen}), host.key(seen),
              Row::remote(host.other_vtep, RowOrigin::learned));
    check_one(host.after_sending(host.open, {seen}), host.key(seen), Row::local(host.open, RowOrigin::learned));
    host.set_row(100, seen, Row::local(host.open, RowOrigin::learned));
    check_one(host.after_receiving(remote, 100, {seen}), host.key(seen), Row::remote(host.vtep, RowOrigin::learned));
}

TEST_CASE("Of rows that somebody set only an endpoint's at another VTEP is worth telling")
{
    Learning host;
    for (const RowOrigin origin : {RowOrigin::permanent, RowOrigin::endpoint}) {
        for (const Row row : {Row::remote(host.vtep, origin), Row::local(host.web, origin), Row::blackhole(origin)}) {
            host.set_row(100, seen, row);
            CHECK(host.after_sending(host.open, {seen}).empty());
            const auto events = host.after_receiving(other_remote, 100, {seen, web_mac, seen});
            if (row == Row::remote(host.vtep, RowOrigin::endpoint))
                check_one(events, host.key(seen), Row::remote(host.other_vtep, RowOrigin::learned));
            else
                CHECK(events.empty());
        }
    }
}

TEST_CASE("A frame from where the endpoint's row says, whatever else that says, is no news")
{
    Learning host;
    for (const Row row :
         {Row::remote(host.vtep, RowOrigin::endpoint), Row::relaying(host.vtep, RowOrigin::endpoint),
          Row::relaying(host.vtep, RowOrigin::learned, vni(0xf00011)), Row::remote(host.vtep, RowOrigin::learned)}) {
        host.set_row(100, seen, row);
        CHECK(host.after_receiving(remote, 100, {seen}).empty());
        check_one(host.after_receiving(other_remote, 100, {seen}), host.key(seen),
                  Row::remote(host.other_vtep, RowOrigin::learned));
    }
}

TEST_CASE("Nothing is told of endpoints that come or go")
{
    Learning host;
    const TurnId turn = must(host.tables().turns().begin({.via = host.vtep, .to = host.other_vtep, .stream = 1}));
    for (const RowOrigin origin : {RowOrigin::endpoint, RowOrigin::learned}) {
        for (const Row row : {Row::gated(host.open, origin), Row::turning(turn, origin)}) {
            host.set_row(100, seen, row);
            CHECK(host.after_sending(host.open, {seen}).empty());
            CHECK(host.after_receiving(remote, 100, {seen}).empty());
            CHECK(host.after_receiving(other_remote, 100, {seen}).empty());
        }
    }
}

TEST_CASE("Nothing is learned where it must not be")
{
    Learning host;
    SECTION("in a segment that does not learn")
    {
        CHECK(host.after_sending(host.mute, {seen}).empty());
        CHECK(host.after_receiving(remote, 200, {seen}).empty());
    }
    SECTION("from an attachment with addresses of its own")
    {
        CHECK(host.after_sending(host.web, {web_mac, seen}).empty());
        CHECK(host.drops() == "source_spoofed hairpin");
    }
    SECTION("from frames that were relayed, which say Don't Learn, or marked")
    {
        const Bytes inner = ethernet(web_mac, seen, 0x0800, pattern(50));
        Vxlan relayed = outer_from(remote, 100), detour = relayed, turned = relayed, beside = relayed;
        relayed.reserved = 0x400000;
        detour.flags = 0x48;
        turned.flags = 0x28;
        host.receive({vxlan(relayed, inner), vxlan(detour, inner), vxlan(turned, inner)});
        CHECK(host.learned().empty());
        beside.flags = 0x9f;
        beside.reserved = 0xbfffff;
        host.receive({vxlan(relayed, inner), vxlan(beside, inner)});
        check_one(host.learned(), host.key(seen), Row::remote(host.vtep, RowOrigin::learned));
    }
    SECTION("from frames under labels")
    {
        must(host.tables().labels().set(vni(0xf00010), host.key(web_mac)));
        CHECK(host.after_receiving(remote, 0xf00010, {seen}).empty());
        CHECK(host.recorder().calls == 1);
    }
    SECTION("from a VTEP that is not in the table")
    {
        CHECK(host.after_receiving({172, 16, 0, 9}, 100, {seen}).empty());
    }
    SECTION("from a source that no endpoint has")
    {
        CHECK(host.after_receiving(remote, 100, {{}, {0x53, 0, 0, 0, 0, 1}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}})
                  .empty());
        CHECK(host.after_sending(host.open, {{}, {0x53, 0, 0, 0, 0, 1}}).empty());
    }
    SECTION("from a frame that was wrong outside")
    {
        Vxlan wrong = outer_from(remote, 100);
        wrong.ip.checksum = 1;
        host.receive({vxlan(wrong, ethernet(web_mac, seen, 0x0800, pattern(50)))});
        CHECK(host.learned().empty());
    }
}

TEST_CASE("A source is learned also when its frame goes nowhere")
{
    Learning host;
    host.set_row(100, seen_too, Row::blackhole(RowOrigin::permanent));
    host.receive({vxlan(outer_from(remote, 100), ethernet(seen_too, seen, 0x0800, pattern(50)))});
    CHECK(host.drops() == "blackhole");
    check_one(host.learned(), host.key(seen), Row::remote(host.vtep, RowOrigin::learned));
}

TEST_CASE("Switching learning on or off holds for the next burst")
{
    Learning host;
    host.change([](Transaction& t) { must(t.set_learning(vni(100), false)); });
    CHECK(host.after_receiving(remote, 100, {seen}).empty());
    host.change([](Transaction& t) { must(t.set_learning(vni(200), true)); });
    CHECK(host.after_receiving(remote, 200, {seen}).size() == 1);
}

TEST_CASE("A full queue loses events, which are counted, and no frame")
{
    Learning host;
    std::size_t delivered = 0;
    for (unsigned i = 0; i < LearnQueue::capacity + 10; ++i) {
        const Mac source{0x52, 0x54, 1, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
        delivered +=
            host.receive({vxlan(outer_from(remote, 100), ethernet(web_mac, source, 0x0800, pattern(50)))}).size();
    }
    CHECK(delivered == LearnQueue::capacity + 10);
    CHECK(host.counters().learn_overflow.get() == 10);
    CHECK(host.learned().size() == LearnQueue::capacity);
    CHECK(host.after_receiving(remote, 100, {seen}).size() == 1);
}
