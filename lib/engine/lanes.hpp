// Frames gathered by destination, in order.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "engine/burst.hpp"

namespace ferry::engine {

/// The frames for one destination.
template <typename Id>
struct Lane {
    Id id{};
    std::uint16_t count = 0;
    std::uint64_t bytes = 0;
    PerFrame<rte_mbuf*> frames;
};

/// Up to `size` destinations at a time, each with room for max_burst frames. A destination keeps its lane from burst to
/// burst until all lanes are taken and another one comes. `Id` is an enumeration.
template <typename Id, std::size_t size>
class Lanes {
    static_assert(size <= 64, "one bit a lane");

public:
    /// Adds a frame for `id`. Lanes that are full, or in the way of a new destination, go to `send`, a function that
    /// takes a Lane and its frames.
    template <typename Send>
    void add(Id id, rte_mbuf& frame, Send&& send)
    {
        std::size_t number = hints_[hint_of(id)];
        if (number >= used_ || lanes_[number].id != id) [[unlikely]]
            number = find(id, send);
        Lane<Id>& lane = lanes_[number];
        filled_ |= std::uint64_t{1} << number;
        lane.bytes += frame.pkt_len;
        lane.frames[lane.count++] = &frame;
        if (lane.count == max_burst) [[unlikely]]
            empty(number, send);
    }

    /// Gives all frames to `send`.
    template <typename Send>
    void flush(Send&& send)
    {
        while (filled_ != 0)
            empty(static_cast<std::size_t>(std::countr_zero(filled_)), send);
    }

private:
    static constexpr std::size_t hints = 256;

    static constexpr std::size_t hint_of(Id id) noexcept { return static_cast<std::size_t>(id) % hints; }

    /// Two destinations may share a hint; it is one of theirs, and the other one is looked for.
    template <typename Send>
    std::size_t find(Id id, Send&& send)
    {
        std::size_t number = 0;
        while (number < used_ && lanes_[number].id != id)
            ++number;
        if (number == size) {
            flush(send);
            number = used_ = 0;
        }
        if (number == used_) {
            lanes_[number].id = id;
            ++used_;
        }
        hints_[hint_of(id)] = static_cast<std::uint8_t>(number);
        return number;
    }

    template <typename Send>
    void empty(std::size_t number, Send&& send)
    {
        Lane<Id>& lane = lanes_[number];
        send(lane);
        lane.count = 0;
        lane.bytes = 0;
        filled_ &= ~(std::uint64_t{1} << number);
    }

    std::uint64_t filled_ = 0;  ///< a bit for each lane that has frames
    std::size_t used_ = 0;      ///< lanes that have a destination come first
    std::array<std::uint8_t, hints> hints_{};  ///< by the low bits of a destination: where it probably is
    std::array<Lane<Id>, size> lanes_;
};

}  // namespace ferry::engine
