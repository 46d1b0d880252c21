#include "workers/waiting_frames.hpp"

#include <algorithm>
#include <optional>

#include <rte_mbuf.h>

#include "host/clock.hpp"

namespace ferryd {
namespace {

using ferry::DropReason;

void address_to(ferry::MacAddress next_hop, rte_mbuf* frame) noexcept
{
    std::copy(next_hop.bytes.begin(), next_hop.bytes.end(), rte_pktmbuf_mtod(frame, std::uint8_t*));
}

/// Why a frame that came at `since` will never leave, if that is so.
std::optional<DropReason> doom(NextHopState state, std::uint64_t since_tsc, std::uint64_t now_tsc) noexcept
{
    switch (state) {
    case NextHopState::unreachable: return DropReason::vtep_unreachable;
    case NextHopState::down: return DropReason::underlay_down;
    case NextHopState::resolved: return std::nullopt;
    case NextHopState::unresolved: break;
    }
    if (now_tsc > since_tsc && now_tsc - since_tsc > ticks_of_milliseconds(WaitingFrames::patience_ms))
        return DropReason::neighbour_unknown;
    return std::nullopt;
}

}  // namespace

WaitingFrames::WaitingFrames(ferry::Worker& engine, const NextHopTable& next_hops, WaitingBounds bounds)
    : engine_(engine), next_hops_(next_hops), bounds_(bounds)
{
    frames_.reserve(bounds.for_all());
}

WaitingFrames::~WaitingFrames()
{
    for (const Frame& frame : frames_)
        rte_pktmbuf_free(frame.mbuf);
}

bool WaitingFrames::waits(ferry::VtepId vtep) const noexcept
{
    return next_hops_.at(vtep).state == NextHopState::unresolved ||
           std::any_of(frames_.begin(), frames_.end(), [&](const Frame& frame) { return frame.vtep == vtep; });
}

bool WaitingFrames::passes(rte_mbuf* mbuf, std::uint64_t now_tsc) noexcept
{
    const ferry::VtepId vtep{mbuf->hash.usr};
    const NextHopTable::Entry next_hop = next_hops_.at(vtep);
    if (const auto reason = doom(next_hop.state, now_tsc, now_tsc)) {
        drop(*reason, mbuf);
        return false;
    }
    const auto before =
        std::count_if(frames_.begin(), frames_.end(), [&](const Frame& frame) { return frame.vtep == vtep; });
    if (next_hop.state == NextHopState::resolved && before == 0) {
        address_to(next_hop.mac, mbuf);
        return true;
    }
    if (before < bounds_.for_one_vtep && frames_.size() < bounds_.for_all())
        frames_.push_back({mbuf, vtep, now_tsc});
    else
        drop(DropReason::neighbour_unknown, mbuf);
    return false;
}

std::uint16_t WaitingFrames::take_ready(rte_mbuf** ready, std::uint16_t room, std::uint64_t now_tsc) noexcept
{
    std::uint16_t count = 0;
    std::size_t kept = 0;
    for (const Frame frame : frames_) {
        const NextHopTable::Entry next_hop = next_hops_.at(frame.vtep);
        const auto reason = doom(next_hop.state, frame.since_tsc, now_tsc);
        const auto waits_before = [&] {  // the next hop may have become known since an earlier frame was looked at
            return std::any_of(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(kept),
                               [&](const Frame& other) { return other.vtep == frame.vtep; });
        };
        if (reason) {
            drop(*reason, frame.mbuf);
        } else if (next_hop.state == NextHopState::resolved && count < room && !waits_before()) {
            address_to(next_hop.mac, frame.mbuf);
            ready[count++] = frame.mbuf;
        } else {
            frames_[kept++] = frame;
        }
    }
    frames_.resize(kept, Frame{});
    return count;
}

void WaitingFrames::drop(DropReason reason, rte_mbuf* frame) noexcept
{
    engine_.drop(reason, ferry::AttachmentId::none, &frame, 1);
}

}  // namespace ferryd
