// What a frame carries with it from one worker to another: where it goes, when ferry had received it, and how it came.
#pragma once

#include <cstdint>

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include <ferry/engine/arrival.hpp>
#include <ferry/error.hpp>
#include <ferry/table/row.hpp>
#include <ferry/table/vtep.hpp>

namespace ferryd {

/// A destination in 32 bits: an attachment's number, or an underlay port's with the top bit set.
class Destination {
public:
    constexpr Destination() noexcept = default;
    static constexpr Destination attachment(ferry::AttachmentId id) noexcept { return Destination(ferry::index_of(id)); }
    static constexpr Destination underlay(ferry::UnderlayId id) noexcept
    {
        return Destination(underlay_bit | static_cast<std::uint32_t>(id));
    }

    constexpr bool is_underlay() const noexcept { return word_ & underlay_bit; }
    constexpr ferry::AttachmentId attachment_id() const noexcept { return ferry::AttachmentId{word_}; }
    constexpr ferry::UnderlayId underlay_id() const noexcept
    {
        return ferry::UnderlayId{static_cast<std::uint16_t>(word_ & ~underlay_bit)};
    }
    friend constexpr bool operator==(Destination, Destination) noexcept = default;

private:
    static constexpr std::uint32_t underlay_bit = 1U << 31;
    explicit constexpr Destination(std::uint32_t word) noexcept : word_(word) {}
    std::uint32_t word_ = 0;
};

/// Lies in the dynamic area of an mbuf while it is in a hand-over queue; small, because DPDK's drivers need room there too.
struct FrameTag {
    std::uint64_t received_tsc = 0;
    Destination destination;
    bool gated : 1 = false;            ///< it came for a gated row, and the rest says how; its peer is in hash.usr
    bool from_attachment : 1 = false;
    ferry::Via via : 2 = ferry::Via::direct;
    ferry::Mark mark : 2 = ferry::Mark::none;
    std::uint8_t stream = 0;
    std::uint8_t ttl = 0;
};
static_assert(sizeof(FrameTag) == 16);

/// Reserves room for FrameTag in every mbuf; once, before workers start. Fails with no_memory.
ferry::Expected<void> reserve_frame_tag();

namespace detail {
extern int frame_tag_offset;
}

inline FrameTag& tag_of(rte_mbuf* frame) noexcept
{
    return *RTE_MBUF_DYNFIELD(frame, detail::frame_tag_offset, FrameTag*);
}

/// Makes the frame's tag; `arrival` is null but for a frame for a gated row.
inline void put_tag(rte_mbuf* frame, std::uint64_t received_tsc, Destination destination, const ferry::Arrival* arrival) noexcept
{
    FrameTag tag;
    tag.received_tsc = received_tsc;
    tag.destination = destination;
    if (arrival != nullptr) {
        tag.gated = true;
        tag.from_attachment = arrival->from_attachment;
        tag.via = arrival->via;
        tag.mark = arrival->mark;
        tag.stream = arrival->stream;
        tag.ttl = arrival->ttl;
    }
    tag_of(frame) = tag;
}

/// Of a frame whose tag says gated.
inline ferry::Arrival arrival_of(rte_mbuf* frame) noexcept
{
    const FrameTag tag = tag_of(frame);
    return {tag.via, tag.mark, tag.stream, tag.ttl, ferry::VtepId{frame->hash.usr}, tag.from_attachment};
}

}  // namespace ferryd
