// Frames gathered by destination, in order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/burst.hpp"

namespace ferry::engine {

/// The frames for one destination.
template <typename Id>
struct Lane {
    Id id{};
    std::uint16_t count = 0;
    bool touched = false;     ///< it is among those that the next flush empties
    std::uint64_t bytes = 0;  ///< of its frames
    PerFrame<rte_mbuf*> frames;
};

/// Up to `size` destinations at a time, each with room for max_burst frames. A destination keeps its lane from burst to
/// burst, until all lanes are taken and another destination comes. `Id` is an enumeration.
template <typename Id, std::size_t size>
class Lanes {
public:
    Lanes() noexcept { hints_.fill(&lanes_[0]); }
    Lanes(const Lanes&) = delete;
    Lanes& operator=(const Lanes&) = delete;

    /// Adds a frame for `id`. A lane that is full, or all of them where a new destination finds none, go to `send`, a
    /// function that takes a Lane and its frames.
    template <typename Send>
    void add(Id id, rte_mbuf& frame, Send&& send)
    {
        Lane<Id>* lane = hints_[hint_of(id)];
        if (lane->id != id) [[unlikely]]
            lane = &find(id, send);
        if (!lane->touched) [[unlikely]] {
            lane->touched = true;
            touched_[touched_count_++] = lane;
        }
        lane->bytes += frame.pkt_len;
        lane->frames[lane->count++] = &frame;
        if (lane->count == max_burst) [[unlikely]]
            empty(*lane, send);
    }

    /// Gives all frames to `send`.
    template <typename Send>
    void flush(Send&& send)
    {
        for (std::size_t i = 0; i < touched_count_; ++i) {
            if (touched_[i]->count != 0)
                empty(*touched_[i], send);
            touched_[i]->touched = false;
        }
        touched_count_ = 0;
    }

    /// Gives the frames for `id` to `send`.
    template <typename Send>
    void flush(Id id, Send&& send)
    {
        for (std::size_t number = 0; number < used_; ++number)
            if (lanes_[number].id == id && lanes_[number].count != 0)
                empty(lanes_[number], send);
    }

private:
    static constexpr std::size_t hints = 256;

    static constexpr std::size_t hint_of(Id id) noexcept { return static_cast<std::size_t>(id) % hints; }

    /// Two destinations may share a hint; it is one of theirs, and the other one is looked for.
    template <typename Send>
    Lane<Id>& find(Id id, Send&& send)
    {
        std::size_t number = 0;
        while (number < used_ && lanes_[number].id != id)
            ++number;
        if (number == size) {
            flush(send);
            number = used_ = 0;
            hints_.fill(&lanes_[0]);  // none may lead to a lane that is about to change hands
        }
        if (number == used_) {
            lanes_[number].id = id;
            ++used_;
        }
        hints_[hint_of(id)] = &lanes_[number];
        return lanes_[number];
    }

    template <typename Send>
    void empty(Lane<Id>& lane, Send&& send)
    {
        send(lane);
        lane.count = 0;
        lane.bytes = 0;
    }

    std::size_t used_ = 1;  ///< lanes that have a destination come first; the very first has Id{} from the beginning
    std::size_t touched_count_ = 0;
    std::array<Lane<Id>*, size> touched_;
    std::array<Lane<Id>*, hints> hints_;  ///< by the low bits of a destination: where it probably is
    std::array<Lane<Id>, size> lanes_;
};

}  // namespace ferry::engine
