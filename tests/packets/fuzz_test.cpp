// Mutated frames by the hundred thousand, the same ones each time: nothing crashes, no byte beyond a frame is read
// (with AddressSanitizer), every frame is accounted for, and what is taken is what a plain reading of the RFCs takes.
#include <catch2/catch.hpp>

#include "mixture.hpp"

using namespace ferry;
using namespace ferry::test;

namespace {

enum class Fate { host, dropped, decapsulated };

/// What must become of a frame from the underlay, written without an eye on speed or on ferry's own code.
Fate judge(const Bytes& frame)
{
    const auto number = [&](std::size_t at) { return std::size_t{frame.at(at)} * 256 + frame.at(at + 1); };
    const auto part = [&](std::size_t at, std::size_t length) {
        Bytes bytes;
        for (std::size_t i = 0; i < length; ++i)
            bytes.push_back(frame.at(at + i));
        return bytes;
    };

    if (frame.size() < 14)
        return Fate::dropped;
    if (number(12) != 0x0800)
        return Fate::host;
    if (frame.size() < 34)
        return Fate::dropped;
    if (part(30, 4) != Bytes(Host::address.begin(), Host::address.end()) || frame[23] != 17 ||
        (number(20) & 0x1fff) != 0)
        return Fate::host;
    const std::size_t header = (frame[14] & 15u) * 4;
    if (header < 20 || frame.size() < 14 + header + 8)
        return Fate::dropped;
    if (number(14 + header + 2) != 4789)
        return Fate::host;

    if (frame[14] != 0x45 || frame.size() < 64 || naive_checksum(part(14, 20)) != 0 || (number(20) & 0x2000) != 0)
        return Fate::dropped;
    const std::size_t total = number(16), datagram = number(38);
    if (total < 28 || 14 + total > frame.size() || datagram < 16 || 20 + datagram > total)
        return Fate::dropped;
    if (number(40) != 0 && naive_checksum(join({part(26, 8), u16(17), u16(static_cast<std::uint32_t>(datagram)),
                                                part(34, datagram)})) != 0)
        return Fate::dropped;
    const std::size_t network = number(46) * 256 + frame[48];
    if ((frame[42] & 8) == 0 || datagram < 30 || (network != 100 && network != 200))
        return Fate::dropped;

    // Congestion was met outside, and the packet inside cannot carry that.
    std::size_t at = 62, end = 50 + datagram - 16;
    for (int tags = 0; tags < 2 && (number(at) == 0x8100 || number(at) == 0x88a8) && at + 6 <= end; ++tags)
        at += 4;
    const std::size_t type = number(at), ip = at + 2;
    if ((frame[15] & 3) == 3) {
        if (type == 0x0800 && ip + 20 <= end && frame[ip] >> 4 == 4 && (frame[ip + 1] & 3) == 0)
            return Fate::dropped;
        if (type == 0x86dd && ip + 40 <= end && frame[ip] >> 4 == 6 && (frame[ip + 1] >> 4 & 3) == 0)
            return Fate::dropped;
    }
    return Fate::decapsulated;
}

/// In one buffer of exactly its size, in one with room around it, or in several.
rte_mbuf* random_buffers(Random& random, const Bytes& frame)
{
    switch (below(random, 4)) {
    case 0: return make_frame(frame);
    case 1: return make_chain(frame, {below(random, frame.size() + 1)});
    default: return make_exact_frame(frame);
    }
}

struct Ledger {
    std::uint64_t in = 0, out = 0;

    /// Everything given was given away or dropped and counted.
    void check(Host& host) const
    {
        std::uint64_t dropped = 0;
        for (const Counter& drops : host.counters().drops)
            dropped += drops.get();
        CHECK(in + host.counters().replicated.get() == out + dropped);
        CHECK(rte_mempool_in_use_count(pool()) == 0);
    }
};

}  // namespace

TEST_CASE("What ferry takes from the underlay is what a plain reading of the RFCs takes")
{
    Mixture host;
    Random random(5);
    std::size_t fates[3] = {};
    Ledger ledger;
    for (std::uint32_t mark = 0; mark < 100'000; ++mark) {
        Bytes frame = random_outer(random, mark);
        if (below(random, 4) != 0)
            frame = mutate(random, frame);
        const Fate fate = judge(frame);
        ++fates[static_cast<int>(fate)];
        const std::uint64_t passed = host.counters().passed_frames.get(),
                            decapsulated = host.counters().decapsulated.get();
        ledger.out += host.receive_mbufs({random_buffers(random, frame)}).size();
        ++ledger.in;
        const bool agrees = (host.counters().passed_frames.get() - passed) == (fate == Fate::host) &&
                            (host.counters().decapsulated.get() - decapsulated) == (fate == Fate::decapsulated);
        if (!agrees)
            FAIL("frame " << mark << " is judged " << static_cast<int>(fate) << ": " << hex(frame));
        host.learned();
    }
    ledger.check(host);
    for (const std::size_t count : fates)
        CHECK(count > 10'000);  // the frames are worth the test
}

namespace {

void take_bursts(Mixture& host, Random random, Bytes (*outer)(Random&, std::uint32_t))
{
    Ledger ledger;
    for (std::uint32_t mark = 0; mark < 120'000;) {
        std::vector<rte_mbuf*> burst(1 + below(random, Worker::max_burst));
        const bool from_underlay = below(random, 2) == 0;
        for (rte_mbuf*& frame : burst) {
            const Bytes whole = from_underlay ? outer(random, mark) : random_inner(random, mark);
            frame = random_buffers(random, below(random, 2) == 0 ? whole : mutate(random, whole));
            ++mark;
        }
        ledger.in += burst.size();
        const AttachmentId from = host.guests()[below(random, 4)];
        ledger.out +=
            (from_underlay ? host.receive_mbufs(std::move(burst)) : host.send_mbufs(from, std::move(burst))).size();
        host.learned();
    }
    ledger.check(host);
}

}  // namespace

TEST_CASE("Mutated frames from guests and underlay, in bursts: none is lost from the books")
{
    Mixture host;
    take_bursts(host, Random(6), random_outer);
}

TEST_CASE("Nor is one in the middle of moves")
{
    Mixture host;
    host.begin_moves();
    take_bursts(host, Random(7), random_moving_outer);
    CHECK(host.counters().relayed.get() > 5'000);
    for (const DropReason reason : {DropReason::relay_ttl, DropReason::label_unknown})
        CHECK(host.counters().drops[static_cast<std::size_t>(reason)].get() > 100);
}
