// Bursts in which neighbours differ in every way, beside bursts of like frames over the same tables in the same run.
#include <array>

#include "buffers.hpp"
#include "bursts.hpp"
#include "frames.hpp"
#include "host.hpp"

namespace ferry::bench {
namespace {

constexpr std::uint32_t segments = 16, vteps = 64, members = 64;
constexpr std::array<std::size_t, 6> sizes{64, 128, 512, 1024, 1518, 96};
constexpr std::array<Payload, 5> payloads{Payload::udp, Payload::ipv6_udp, Payload::arp, Payload::tagged_udp,
                                          Payload::tcp};

/// How little the frames of a burst have in common. VTEPs differ always.
enum class Mix : std::int64_t {
    uniform,   ///< the same size, protocol, segment and attachment, and rows that say alike
    hits,      ///< none of that; every frame has a row
    misses,    ///< besides, every eighth frame's destination is unknown and is flooded, to one receiver
};

MacAddress far_mac(std::size_t number) { return MacAddress::from_u48(0x5254'00aa'0000 + number % members); }
MacAddress near_mac(std::size_t number) { return MacAddress::from_u48(0x5254'00bb'0000 + number % members); }
constexpr MacAddress unknown = MacAddress::from_u48(0x5254'00cc'0001);

Vni vni_of(std::size_t number) { return *Vni::make(100 + number % segments); }

/// 16 segments with 64 endpoints behind 64 VTEPs and as many behind one attachment each, and segment 0 with one more
/// attachment, that has half of its local endpoints.
class Mixture {
public:
    Mixture() : tables(must(Tables::make({})))
    {
        Transaction transaction(*tables);
        const std::vector<VtepId> ids = add_vteps(transaction, vteps);
        for (std::uint32_t segment = 0; segment < segments; ++segment) {
            must(transaction.add_segment(vni_of(segment), false));
            attachments.push_back(must(transaction.add_attachment(vni_of(segment), {})));
            must(transaction.set_flood(vni_of(segment), {vtep_address(segment)}));
        }
        second = must(transaction.add_attachment(vni_of(0), {}));
        for (std::uint32_t segment = 0; segment < segments; ++segment) {
            for (std::uint32_t i = 0; i < members; ++i) {
                const AttachmentId near = segment == 0 && i % 2 == 0 ? second : attachments[segment];
                must(transaction.set_row(vni_of(segment), far_mac(i),
                                         Row::remote(ids[(i + segment) % vteps], RowOrigin::endpoint)));
                must(transaction.set_row(vni_of(segment), near_mac(i), Row::local(near, RowOrigin::endpoint)));
            }
        }
        settle(*tables, transaction);
        worker = make_worker(*tables, buffers("copies", 1023, RTE_MBUF_DEFAULT_BUF_SIZE));
    }

    std::unique_ptr<Tables> tables;
    std::unique_ptr<Worker> worker;
    std::vector<AttachmentId> attachments;
    AttachmentId second{};
};

/// A number as any other, so that no branch predictor learns what comes next: rings are of 8,192 frames.
constexpr std::size_t dice(std::size_t number, std::size_t throw_) noexcept
{
    std::uint64_t hash = (number * 8 + throw_ + 1) * 0x9e37'79b9'7f4a'7c15;
    hash = (hash ^ hash >> 31) * 0xbf58'476d'1ce4'e5b9;
    return hash >> 33;
}

void differ(InnerFrame& frame, std::size_t number)
{
    frame.payload = payloads[dice(number, 0) % payloads.size()];
    frame.size = sizes[dice(number, 1) % sizes.size()] - fcs_size;
    if (frame.payload == Payload::ipv6_udp)
        frame.size = std::max<std::size_t>(frame.size, 62);
}

/// Segment 0's bursts have local destinations, but its floods would have two receivers; segment 1's floods have one.
void encap_mix(benchmark::State& state)
{
    const Mix mix{state.range(0)};
    Mixture all;
    const AttachmentId from = all.attachments[mix == Mix::misses ? 1 : 0];
    Ring ring(Frames::placed, [&](std::size_t number, std::uint8_t* place) {
        InnerFrame frame{far_mac(dice(number, 2)), near_mac(1), number};
        if (mix != Mix::uniform)
            differ(frame, number);
        if (mix == Mix::hits && dice(number, 3) % 3 == 0)
            frame.destination = near_mac(2 * dice(number, 4));
        if (mix == Mix::misses && dice(number, 5) % 8 == 0)
            frame.destination = unknown;
        return write_frame(place, frame);
    });
    run_encap(state, *all.worker, from, ring);
}

void decap_mix(benchmark::State& state)
{
    const Mix mix{state.range(0)};
    Mixture all;
    Ring ring(Frames::placed, [&](std::size_t number, std::uint8_t* place) {
        const std::size_t segment = mix == Mix::uniform ? 1 : dice(number, 3);
        OuterFrame frame{vtep_address(dice(number, 2) % vteps), vni_of(segment), false,
                         {near_mac(dice(number, 4)), far_mac(dice(number, 2)), number}};
        if (mix != Mix::uniform)
            differ(frame.inner, number);
        if (mix == Mix::misses && dice(number, 5) % 8 == 0) {
            frame.inner.destination = unknown;
            frame.vni = vni_of(1);
        }
        return write_frame(place, frame);
    });
    run_decap(state, *all.worker, ring);
}

BENCHMARK(encap_mix)->ArgName("mix")->Arg(0)->Arg(1)->Arg(2)->UseManualTime();
BENCHMARK(decap_mix)->ArgName("mix")->Arg(0)->Arg(1)->Arg(2)->UseManualTime();

}  // namespace
}  // namespace ferry::bench
