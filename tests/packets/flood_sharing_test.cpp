// Long frames of floods are not copied for remotes: each gets outer headers of its own before bytes that all share.
//
//   attachments a, b in VNI 100 ── Host ── 172.16.1.1 … 172.16.1.N  (flood list of 100)
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <random>
#include <thread>

#include "host.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

constexpr Mac everybody{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr Mac vm{0x52, 0x54, 0, 0, 0, 1};
constexpr Mac next_hop{2, 0, 0, 0, 0, 9};
constexpr std::uint32_t never = 0xffff'ffff;

Ip4 vtep(std::size_t number) { return {172, 16, 1, static_cast<std::uint8_t>(1 + number)}; }

/// Keeps what the worker sends until it is destroyed.
struct Flooding : Host {
    Flooding(std::size_t remotes, std::size_t guests, std::uint32_t share_from = 512)
        : Host([&](WorkerConfig& config) { config.share_from = share_from; })
    {
        add_segment(100);
        std::vector<Ip4> flood;
        for (std::size_t i = 0; i < remotes; ++i) {
            flood.push_back(vtep(i));
            add_vtep(flood.back(), next_hop, [](AdjacencySpec& spec) { spec.mtu = 9100; });
        }
        set_flood(100, flood);
        for (std::size_t i = 0; i < guests; ++i)
            attachments.push_back(add_attachment(100, {mac(vm)}));
        recorder().keep = [this](rte_mbuf** frames, std::uint16_t count) {
            kept.insert(kept.end(), frames, frames + count);
        };
    }
    ~Flooding() { release(); }

    void release()
    {
        rte_pktmbuf_free_bulk(kept.data(), static_cast<unsigned>(kept.size()));
        kept.clear();
    }
    std::size_t in_use() const { return rte_mempool_in_use_count(pool()); }

    std::vector<AttachmentId> attachments;
    std::vector<rte_mbuf*> kept;
};

Bytes inner_of(std::size_t size) { return ethernet(everybody, vm, 0x0800, pattern(size - 14)); }

/// What all remotes get, but for the source port, which is taken from `port_of`.
std::vector<Bytes> expected(std::size_t remotes, const Bytes& inner, const Bytes& port_of)
{
    std::vector<Bytes> frames;
    for (std::size_t i = 0; i < remotes; ++i) {
        Vxlan fields = outer_to(vtep(i), next_hop, 100);
        fields.source_port = static_cast<std::uint16_t>(port_of.at(34) << 8 | port_of.at(35));
        frames.push_back(vxlan(fields, inner));
    }
    return frames;
}

std::vector<Bytes> at_underlay(const std::vector<Out>& out)
{
    std::vector<Bytes> frames;
    for (const Out& one : out)
        if (one.where == "underlay 0")
            frames.push_back(one.frame);
    return frames;
}

std::vector<rte_mbuf*> with_several_buffers(const std::vector<rte_mbuf*>& frames)
{
    std::vector<rte_mbuf*> chains;
    for (rte_mbuf* frame : frames)
        if (frame->nb_segs > 1)
            chains.push_back(frame);
    return chains;
}

void scribble(rte_mbuf& buffer)
{
    std::memset(buffer.buf_addr, 0xee, std::size_t{buffer.data_off} + buffer.data_len);
}

}  // namespace

TEST_CASE("A flood's remotes get the same bytes by copy and by reference, whatever the frame's size and buffers")
{
    Flooding by_copy(70, 2, never), by_reference(70, 2, 0);
    for (const std::size_t size : {60u, 128u, 511u, 512u, 1514u, 1900u, 9014u}) {
        INFO(size << " bytes");
        const Bytes inner = inner_of(size);
        std::vector<std::size_t> cuts = {200};
        for (std::size_t done = 200; done + 1500 < size; done += 1500)
            cuts.push_back(1500);
        if (size < 300)
            cuts = {20};
        const auto frame = [&](bool chained) {
            return chained || size > 2048 ? make_chain(inner, cuts) : make_frame(inner);
        };
        for (const bool chained : {false, true}) {
            const auto copies = by_copy.send_mbufs(by_copy.attachments[0], {frame(chained)});
            const auto references = by_reference.send_mbufs(by_reference.attachments[0], {frame(chained)});
            CHECK(copies == references);
            const auto sent = at_underlay(references);
            REQUIRE(sent.size() == 70);
            CHECK(sent == expected(70, inner, sent[0]));
            CHECK(references.back() == to(by_reference.attachments[1], inner));
        }
        by_copy.release();
        by_reference.release();
        CHECK(by_copy.in_use() == 0);
    }
    CHECK(by_copy.drops() == "");
    CHECK(by_reference.drops() == "");
}

TEST_CASE("Sixty remotes of a long frame share its one buffer")
{
    Flooding host(60, 1);
    rte_mbuf* const frame = make_frame(inner_of(1514));
    host.send_mbufs(host.attachments[0], {frame});
    REQUIRE(host.kept.size() == 60);
    CHECK(with_several_buffers(host.kept).size() == 60);
    for (const rte_mbuf* one : host.kept) {
        CHECK(one->next == frame);
        CHECK(one->data_len == 50);
    }
    CHECK(rte_mbuf_refcnt_read(frame) == 60);
    CHECK(host.in_use() == 61);
}

TEST_CASE("Short frames, and long ones where ports send no chains, leave in one buffer each")
{
    Flooding usual(60, 1), linear(60, 1, never);
    usual.send(usual.attachments[0], {inner_of(511)});
    linear.send(linear.attachments[0], {inner_of(1514)});
    REQUIRE(usual.kept.size() + linear.kept.size() == 120);
    CHECK(with_several_buffers(usual.kept).empty());
    CHECK(with_several_buffers(linear.kept).empty());
    CHECK(usual.in_use() == 120);
    usual.release();
    linear.release();
}

TEST_CASE("Whoever writes to a frame of a flood writes to nobody else's")
{
    Flooding host(5, 3);
    const auto out = host.send(host.attachments[0], {inner_of(1000)});
    REQUIRE(host.kept.size() == 7);
    for (std::size_t written = 0; written < host.kept.size(); ++written) {
        scribble(*host.kept[written]);
        for (std::size_t i = written + 1; i < host.kept.size(); ++i)
            CHECK(bytes_of_frame(*host.kept[i]) == out[i].frame);
    }
    CHECK(with_several_buffers(host.kept).size() == 5);
}

TEST_CASE("A port that sends no chains makes each frame of a flood one buffer")
{
    Flooding host(5, 1);
    const auto out = host.send(host.attachments[0], {inner_of(1514)});
    REQUIRE(with_several_buffers(host.kept).size() == 5);
    for (std::size_t i = 0; i < host.kept.size(); ++i) {
        CHECK(rte_pktmbuf_linearize(host.kept[i]) == 0);
        CHECK(host.kept[i]->nb_segs == 1);
        CHECK(bytes_of_frame(*host.kept[i]) == out[i].frame);
    }
    CHECK(host.in_use() == 5);
}

TEST_CASE("Two threads that free a flood's frames at the same time give every buffer back once")
{
    Flooding host(200, 1);
    for (int round = 0; round < 50; ++round) {
        host.send_mbufs(host.attachments[0], {make_chain(inner_of(1514), {300, 500})});
        REQUIRE(host.kept.size() == 200);
        std::shuffle(host.kept.begin(), host.kept.end(), std::mt19937(static_cast<unsigned>(round)));
        std::thread other([&] { rte_pktmbuf_free_bulk(host.kept.data(), 100); });
        rte_pktmbuf_free_bulk(host.kept.data() + 100, 100);
        other.join();
        host.kept.clear();
        REQUIRE(host.in_use() == 0);
    }
}

TEST_CASE("Remotes for which no buffer is free are counted one by one, and what is shared is freed")
{
    Flooding host(100, 2);
    rte_mbuf* const frame = make_frame(inner_of(1514));
    std::vector<rte_mbuf*> hoard(rte_mempool_avail_count(pool()) - 70);
    REQUIRE(rte_pktmbuf_alloc_bulk(pool(), hoard.data(), static_cast<unsigned>(hoard.size())) == 0);
    CHECK(host.send_mbufs(host.attachments[0], {frame}).size() == 70);
    CHECK(host.drops() == "no_buffer*31");
    CHECK(host.send(host.attachments[0], {}).empty());
    rte_pktmbuf_free_bulk(hoard.data(), static_cast<unsigned>(hoard.size()));
    CHECK(host.in_use() == 71);
}

TEST_CASE("A long frame for one remote alone is encapsulated in place")
{
    Flooding host(1, 1);
    rte_mbuf* const frame = make_frame(inner_of(1514));
    host.send_mbufs(host.attachments[0], {frame});
    CHECK(host.kept == std::vector{frame});
    CHECK(frame->nb_segs == 1);
}

TEST_CASE("A long frame that nobody's underlay has room for is freed and counted for each")
{
    Flooding host(70, 1);
    std::vector<rte_mbuf*> none;
    host.send_mbufs(host.attachments[0], {make_chain(inner_of(9100), std::vector<std::size_t>(6, 1500))});
    CHECK(host.kept == none);
    CHECK(host.drops() == "frame_too_big*70");
    CHECK(host.in_use() == 0);
}
