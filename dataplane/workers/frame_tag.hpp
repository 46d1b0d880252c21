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

/// Lies in the dynamic area of an mbuf while it is in a hand-over queue.
struct FrameTag {
    std::uint64_t received_tsc;
    Destination destination;
    bool gated;              ///< it came for a gated row, and `arrival` says how
    ferry::Arrival arrival;
};

/// Reserves room for FrameTag in every mbuf; once, before workers start. Fails with no_memory.
ferry::Expected<void> reserve_frame_tag();

namespace detail {
extern int frame_tag_offset;
}

inline FrameTag& tag_of(rte_mbuf* frame) noexcept
{
    return *RTE_MBUF_DYNFIELD(frame, detail::frame_tag_offset, FrameTag*);
}

}  // namespace ferryd
