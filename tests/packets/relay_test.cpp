// Frames that go on to the host where their endpoint is now: by its row, by its label, and from its gate.
#include <catch2/catch.hpp>

#include "moving.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

/// The endpoint …:01 of VNI 100 has moved to 172.16.0.3, which asked for frames under two labels.
struct Gone : Moving {
    explicit Gone(Vni label = own_vni) { set_web(Row::relaying(there_vtep, RowOrigin::endpoint, label)); }

    std::vector<Out> receive_one(const Vxlan& outer, const Bytes& inner)
    {
        return without_ports(receive({vxlan(outer, inner)}));
    }

    static std::vector<rte_mbuf*> frames_of(const std::vector<Bytes>& inner, std::uint16_t headroom = 128)
    {
        std::vector<rte_mbuf*> frames;
        for (const Bytes& one : inner) {
            frames.push_back(make_frame(one));
            // Moves the frame to where it has that much room before it.
            rte_mbuf& frame = *frames.back();
            std::memmove(static_cast<std::uint8_t*>(frame.buf_addr) + headroom, rte_pktmbuf_mtod(&frame, void*),
                         frame.data_len);
            frame.data_off = headroom;
            frame.hash.usr = index_of(VtepId::none);
        }
        return frames;
    }
    std::vector<Out> relay(const std::vector<Bytes>& inner, const std::vector<Arrival>& arrivals, VtepId to, Vni number,
                           std::uint16_t headroom = 128)
    {
        std::vector<rte_mbuf*> frames = frames_of(inner, headroom);
        recorder().peers.clear();
        worker().relay(web, frames.data(), arrivals.data(), static_cast<std::uint16_t>(frames.size()), to, number,
                       recorder());
        return without_ports(std::exchange(recorder().taken, {}));
    }
    /// Flushes what is left of `frames` while the underlay has room for `room`; returns what was sent, and removes what is
    /// done with.
    std::vector<Out> flush(std::vector<rte_mbuf*>& frames, std::vector<Arrival>& arrivals, std::uint16_t room)
    {
        recorder().room = room;
        const std::uint16_t done =
            worker().flush_dock(web, frames.data(), arrivals.data(), static_cast<std::uint16_t>(frames.size()), there_vtep,
                                vni(Moving::flush_label), recorder());
        frames.erase(frames.begin(), frames.begin() + done);
        arrivals.erase(arrivals.begin(), arrivals.begin() + done);
        return without_ports(std::exchange(recorder().taken, {}));
    }
};

const Bytes plain = inner_frame(Moving::web_mac, Moving::sender);

}  // namespace

TEST_CASE("A relaying row passes frames from the underlay on under the segment's VNI or a label, with a lower TTL")
{
    const std::uint32_t label = GENERATE(0xff'ffffu, 0xf0'0010u, 0xf0'0011u);
    const std::uint32_t number = label == 0xff'ffff ? 100 : label;
    Gone host(vni(label));
    for (const std::uint8_t ttl : std::initializer_list<std::uint8_t>{255, 64, 2}) {
        Vxlan outer = host.from_near(100);
        outer.ip.ttl = ttl;
        CHECK(host.receive_one(outer, plain) ==
              std::vector{sent(1, relayed(Moving::there, number, static_cast<std::uint8_t>(ttl - 1)), plain)});
        CHECK(host.recorder().peers.at(0) == host.there_vtep);
    }
    CHECK(host.drops() == "");
    CHECK(host.counters().relayed.get() == 3);
    CHECK(host.counters().encapsulated.get() == 3);
    CHECK(host.counters().decapsulated.get() == 3);
    CHECK(host.counters().vtep(host.there_vtep).relayed_frames.get() == 3);
    CHECK(host.counters().vtep(host.there_vtep).out_frames.get() == 3);
    check_sums(host, 3, 3);

    // This host's own frames go as by any remote row.
    const Bytes own = inner_frame(Moving::web_mac, Moving::other_mac);
    Vxlan direct = relayed(Moving::there, 100, 64);
    direct.reserved = 0;
    CHECK(without_ports(host.send(host.other, {own})) == std::vector{sent(1, direct, own)});
    CHECK(host.counters().relayed.get() == 3);
}

TEST_CASE("Each VTEP that comes by a relaying row is told of, once a second for each endpoint")
{
    Gone host;
    const auto told = [&] {
        std::vector<std::pair<FdbKey, VtepId>> events;
        for (RelayEvent event; host.worker().relayed().pop(&event, 1) != 0;)
            events.emplace_back(event.key, event.peer);
        return events;
    };
    const std::vector near_came{std::pair(host.web_key(), host.near_vtep)};
    for (int i = 0; i < 3; ++i)
        host.receive_one(host.from_near(100), plain);
    CHECK(told() == near_came);
    host.receive_one(outer_from(Moving::there, 100), plain);
    CHECK(told() == std::vector{std::pair(host.web_key(), host.there_vtep)});
    host.receive_one(outer_from(Moving::unknown, 100), plain);
    CHECK(told().empty());
    ++host.now;
    host.receive_one(host.from_near(100), plain);
    host.receive_one(host.from_near(100), plain);
    CHECK(told() == near_came);

    // Not what its old host passes on, nor what is not passed on.
    ++host.now;
    must(host.tables().labels().set(vni(Moving::relay_label), host.web_key()));
    host.receive_one(host.from_near(Moving::relay_label), plain);
    Vxlan outer = host.from_near(100);
    outer.ip.ttl = 1;
    host.receive_one(outer, plain);
    host.set_web(Row::remote(host.there_vtep, RowOrigin::endpoint));
    host.receive_one(host.from_near(100), plain);
    CHECK(told().empty());
    CHECK(host.drops() == "split_horizon relay_ttl");
}

TEST_CASE("A frame whose TTL is used up is not relayed")
{
    Gone host;
    for (const std::uint8_t ttl : std::initializer_list<std::uint8_t>{0, 1}) {
        Vxlan outer = host.from_near(100);
        outer.ip.ttl = ttl;
        CHECK(host.receive_one(outer, plain).empty());
        CHECK(host.drops() == "relay_ttl");
    }
    CHECK(host.counters().vtep(host.near_vtep).drops[static_cast<std::size_t>(DropReason::relay_ttl)].get() == 2);
    CHECK(host.counters().relayed.get() == 0);
}

TEST_CASE("Two hosts that relay to each other end a frame's way")
{
    Gone host;
    Vxlan outer = host.from_near(100);
    std::size_t hops = 0;
    for (auto out = host.receive_one(outer, plain); out.size() == 1 && hops < 100; ++hops) {
        outer.ip.ttl = out[0].frame.at(22);
        out = host.receive_one(outer, plain);
    }
    CHECK(hops == 63);
    CHECK(host.drops() == "relay_ttl");
}

TEST_CASE("A relay keeps the mark of a detour, and no other")
{
    Gone host(vni(Moving::relay_label));
    Vxlan outer = host.from_near(100);
    outer.last = 9;
    Vxlan expected = relayed(Moving::there, Moving::relay_label);
    SECTION("of a detour: it is for the merge at the new host")
    {
        outer.flags = 0x48;
        expected.flags = 0x48;
        expected.last = 9;
    }
    SECTION("of a frame that thinks that it came directly: it was for this host") { outer.flags = 0x28; }
    SECTION("without a mark the last byte is no stream") {}
    CHECK(host.receive_one(outer, plain) == std::vector{sent(1, expected, plain)});
}

TEST_CASE("A relay passes the congestion mark on (RFC 6040), and gives a flow the port that it has anyway")
{
    Gone host;
    Ipv4 fields;
    fields.tos = 0x02;
    const auto inner = [&] { return ethernet(Moving::web_mac, Moving::sender, 0x0800, ipv4(fields, udp(1, 2, {}))); };
    Vxlan outer = host.from_near(100);
    outer.ip.tos = 0x03;
    const Bytes arrived = inner();
    fields.tos = 0x03;
    Vxlan expected = relayed(Moving::there, 100);
    expected.ip.tos = 0x03;
    CHECK(host.receive_one(outer, arrived) == std::vector{sent(1, expected, inner())});

    const auto port = [](const std::vector<Out>& out) {
        return Bytes(out.at(0).frame.begin() + 34, out[0].frame.begin() + 36);
    };
    const Bytes relay_port = port(host.receive({vxlan(host.from_near(100), plain)}));
    CHECK(relay_port == port(host.send(host.other, {inner_frame(Moving::web_mac, Moving::other_mac)})));
}

TEST_CASE("A frame may go back to the host that sent it, where the endpoint has moved there")
{
    Gone host;
    CHECK(host.receive_one(outer_from(Moving::there, 100), plain) ==
          std::vector{sent(1, relayed(Moving::there, 100), plain)});
    host.set_web(Row::remote(host.there_vtep, RowOrigin::endpoint));
    CHECK(host.receive_one(outer_from(Moving::there, 100), plain).empty());
    CHECK(host.drops() == "hairpin");
    CHECK(host.receive_one(host.from_near(100), plain).empty());
    CHECK(host.drops() == "split_horizon");
}

TEST_CASE("What does not fit the way to the new host is dropped")
{
    Gone host;
    const Bytes large = inner_frame(Moving::web_mac, Moving::sender, 1, 300);
    CHECK(host.receive_one(host.from_near(100), large).empty());
    CHECK(host.drops() == "frame_too_big");
    check_sums(host, 1, 0);
}

TEST_CASE("A labelled frame goes after an endpoint that has gone on, without its mark")
{
    Gone host(vni(0xf0'0021));
    for (const std::uint32_t label : {Moving::flush_label, Moving::relay_label}) {
        must(host.tables().labels().set(vni(label), host.web_key()));
        Vxlan outer = host.from_near(label);
        outer.flags = 0x48;
        outer.last = 3;
        const Bytes broadcast = inner_frame({0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, Moving::sender);
        for (const Bytes& inner : {plain, broadcast})
            CHECK(host.receive_one(outer, inner) == std::vector{sent(1, relayed(Moving::there, 0xf0'0021), inner)});
    }
    CHECK(host.drops() == "");
}

TEST_CASE("A gate's frames go on under the label, with the mark, stream and TTL of their arrival")
{
    Gone host;
    const Bytes second = inner_frame(Moving::web_mac, Moving::sender, 2);
    const Bytes third = inner_frame(Moving::web_mac, Moving::sender, 3);
    Vxlan marked = relayed(Moving::there, Moving::flush_label, 30);
    Vxlan turned = relayed(Moving::there, Moving::flush_label);
    marked.flags = 0x48;
    marked.last = 5;
    turned.flags = 0x28;
    turned.last = 6;
    const std::vector<Arrival> arrivals{{.peer = host.near_vtep},
                                        {.mark = Mark::detour, .stream = 5, .ttl = 31},
                                        {.mark = Mark::turned, .stream = 6, .from_attachment = true}};
    const auto headroom = GENERATE(std::uint16_t{0}, std::uint16_t{49}, std::uint16_t{50}, std::uint16_t{128});
    CHECK(host.relay({plain, second, third}, arrivals, host.there_vtep, vni(Moving::flush_label), headroom) ==
          std::vector{sent(1, relayed(Moving::there, Moving::flush_label), plain), sent(1, marked, second),
                      sent(1, turned, third)});
    CHECK(host.recorder().peers == std::vector(3, host.there_vtep));
    CHECK(host.drops() == "");
    CHECK(host.counters().relayed.get() == 3);
    CHECK(host.counters().encapsulated.get() == 3);
    CHECK(host.counters().attachment(host.web).relayed_frames.get() == 3);
    CHECK(host.counters().vtep(host.there_vtep).relayed_frames.get() == 3);
    check_sums(host, 3, 3);
}

TEST_CASE("A gate may pass on more frames than a burst")
{
    Gone host;
    std::vector<Bytes> inner;
    for (std::uint16_t i = 0; i < 150; ++i)
        inner.push_back(inner_frame(Moving::web_mac, Moving::sender, i));
    const auto out = host.relay(inner, std::vector<Arrival>(150), host.near_vtep, vni(100));
    REQUIRE(out.size() == 150);
    for (std::size_t i = 0; i < out.size(); ++i)
        CHECK(out[i] == sent(0, relayed(Moving::near, 100), inner[i]));
    CHECK(host.recorder().largest_call == Worker::max_burst);
}

TEST_CASE("What a gate cannot pass on is dropped and counted")
{
    Gone host;
    const Bytes large = inner_frame(Moving::web_mac, Moving::sender, 1, 300);
    const std::vector<Arrival> fresh(2), old(2, Arrival{.ttl = 1});
    CHECK(host.relay({large, plain}, fresh, host.there_vtep, own_vni).size() == 1);
    CHECK(host.drops() == "frame_too_big");
    CHECK(host.relay({plain, plain}, old, host.there_vtep, own_vni).empty());
    CHECK(host.drops() == "relay_ttl*2");
    CHECK(host.relay({plain, plain}, fresh, VtepId{77}, own_vni).empty());
    CHECK(host.drops() == "adjacency_gone*2");
    std::vector<rte_mbuf*> taken(rte_mempool_avail_count(pool()) - 2);
    REQUIRE(rte_pktmbuf_alloc_bulk(pool(), taken.data(), static_cast<unsigned>(taken.size())) == 0);
    CHECK(host.relay({plain, plain}, fresh, host.there_vtep, own_vni, 10).empty());
    rte_pktmbuf_free_bulk(taken.data(), static_cast<unsigned>(taken.size()));
    CHECK(host.drops() == "no_buffer*2");
    CHECK(host.counters().attachment(host.web).drops[static_cast<std::size_t>(DropReason::no_buffer)].get() == 2);
    check_sums(host, 8, 1);
}

TEST_CASE("What the underlay has no room for of a dock stays the gate's, as it came, and goes in order later")
{
    Gone host;
    const auto headroom = GENERATE(std::uint16_t{10}, std::uint16_t{128});
    std::vector<Bytes> inner;
    for (std::uint16_t i = 0; i < 6; ++i)
        inner.push_back(inner_frame(Moving::web_mac, Moving::sender, i));
    inner[3] = inner_frame(Moving::web_mac, Moving::sender, 3, 300);  // too large
    const auto out = [&](std::size_t i) { return sent(1, relayed(Moving::there, Moving::flush_label), inner[i]); };
    std::vector<rte_mbuf*> frames = Gone::frames_of(inner, headroom);
    std::vector<Arrival> arrivals(6);
    CHECK(host.flush(frames, arrivals, 2) == std::vector{out(0), out(1)});
    CHECK(host.drops() == "");
    REQUIRE(frames.size() == 4);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        CHECK(bytes_of_frame(*frames[i]) == inner[i + 2]);
        CHECK(VtepId{frames[i]->hash.usr} == VtepId::none);
    }
    CHECK(host.flush(frames, arrivals, 0).empty());
    REQUIRE(frames.size() == 4);
    CHECK(host.flush(frames, arrivals, 1) == std::vector{out(2)});
    CHECK(host.drops() == "frame_too_big");
    REQUIRE(frames.size() == 2);
    CHECK(host.flush(frames, arrivals, 9) == std::vector{out(4), out(5)});
    CHECK(frames.empty());
    CHECK(host.counters().relayed.get() == 5);
    CHECK(host.counters().encapsulated.get() == 5);
    CHECK(host.counters().vtep(host.there_vtep).out_frames.get() == 5);
    CHECK(host.counters().vtep(host.there_vtep).out_bytes.get() == 5 * (inner[0].size() + Adjacency::header_size));
}

TEST_CASE("A dock of more frames than a burst stops where the underlay is full")
{
    Gone host;
    std::vector<Bytes> inner;
    for (std::uint16_t i = 0; i < 150; ++i)
        inner.push_back(inner_frame(Moving::web_mac, Moving::sender, i));
    std::vector<rte_mbuf*> frames = Gone::frames_of(inner);
    std::vector<Arrival> arrivals(150);
    CHECK(host.flush(frames, arrivals, 100).size() == 100);
    CHECK(frames.size() == 50);
    CHECK(host.flush(frames, arrivals, 100).size() == 50);
    check_sums(host, 150, 150);
}

TEST_CASE("A gate may pass frames on while the burst that brought them is being delivered")
{
    struct PassesOn : Recorder {
        void to_gate(AttachmentId attachment, rte_mbuf** frames, const Arrival* arrivals, std::uint16_t count) override
        {
            worker->relay(attachment, frames, arrivals, count, to, vni(Moving::relay_label), *this);
        }
        Worker* worker = nullptr;
        VtepId to{};
    };
    Gone host;
    host.set_web(Row::gated(host.web, RowOrigin::endpoint));
    PassesOn sink;
    sink.worker = &host.worker();
    sink.to = host.there_vtep;
    std::vector<rte_mbuf*> frames;
    std::vector<Out> relayed_out, local;
    for (std::uint16_t i = 0; i < 30; ++i) {
        const Bytes inner = inner_frame(i % 3 ? Moving::web_mac : Moving::other_mac, Moving::sender, i);
        frames.push_back(make_frame(vxlan(host.from_near(100), inner)));
        if (i % 3)
            relayed_out.push_back(sent(1, relayed(Moving::there, Moving::relay_label), inner));
        else
            local.push_back(to(host.other, inner));
    }
    host.worker().from_underlay(frames.data(), 30, 1000, sink);
    std::vector<Out> expected = relayed_out;
    expected.insert(expected.end(), local.begin(), local.end());
    CHECK(without_ports(sink.taken) == expected);
    CHECK(host.drops() == "");
    host.worker().quiescent();
}
