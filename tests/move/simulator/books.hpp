// What became of each frame, and whether that keeps the promises.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::sim {

using FrameId = std::uint32_t;

/// Where a frame ended. All but `delivered` are drops that somebody counts.
enum class Fate : std::uint8_t {
    under_way,
    delivered,
    dock_full,
    dock_expired,
    unclaimed,
    no_row,
    split_horizon,
    label_unknown,
    relay_ttl,
    host_down,
    underlay_loss,
    count_
};
std::string_view name_of(Fate fate) noexcept;

struct Flow {
    unsigned endpoint = 0;
    unsigned host = 0;         ///< where its sender is
    std::uint32_t sent = 0;
    std::uint32_t last = 0;    ///< the highest that has been delivered
    std::uint32_t doubled = 0, reordered = 0;
    std::array<std::uint32_t, static_cast<std::size_t>(Fate::count_)> fates{};
};

class Books {
public:
    std::vector<Flow> flows;

    FrameId send(std::uint32_t flow)
    {
        frames_.push_back({flow, ++flows[flow].sent, Fate::under_way});
        return static_cast<FrameId>(frames_.size() - 1);
    }
    std::uint32_t flow_of(FrameId frame) const { return frames_[frame].flow; }
    std::uint32_t number_of(FrameId frame) const { return frames_[frame].number; }

    /// Returns false where that breaks the flow's order, or is the second time.
    bool deliver(FrameId id)
    {
        Frame& frame = frames_[id];
        Flow& flow = flows[frame.flow];
        if (frame.fate != Fate::under_way) {
            ++flow.doubled;
            return false;
        }
        end(frame, Fate::delivered);
        const bool in_order = frame.number > flow.last;
        if (in_order)
            flow.last = frame.number;
        else
            ++flow.reordered;
        return in_order;
    }
    void drop(FrameId id, Fate why)
    {
        if (frames_[id].fate != Fate::under_way)
            ++flows[frames_[id].flow].doubled;
        else
            end(frames_[id], why);
    }
    std::size_t frames() const { return frames_.size(); }

private:
    struct Frame {
        std::uint32_t flow, number;
        Fate fate;
    };
    void end(Frame& frame, Fate fate)
    {
        frame.fate = fate;
        ++flows[frame.flow].fates[static_cast<std::size_t>(fate)];
    }
    std::vector<Frame> frames_;
};

}  // namespace ferry::sim
