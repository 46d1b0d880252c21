// A VM's transmit ring: one buffer a frame, reused when the device has taken it.
#pragma once

#include <cstring>
#include <vector>

#include "split_ring.hpp"

namespace ferry::front_end {

/// For one thread, the VM's processor.
class TransmitRing {
public:
    static Expected<TransmitRing> make(GuestMemory& memory, std::uint16_t size, std::uint32_t buffer_bytes)
    {
        return SplitRing::make(memory, SplitRing::Writer::driver, size, buffer_bytes).map([](SplitRing ring) {
            return TransmitRing(std::move(ring));
        });
    }

    /// Where the next frame's bytes go; empty when the device has not taken enough of the earlier ones yet.
    std::span<std::byte> room() noexcept
    {
        if (free_.empty())
            reclaim();
        return free_.empty() ? std::span<std::byte>{} : ring_.buffer(free_.back()).subspan(header_bytes);
    }

    /// Offers the frame of `length` bytes that stands in room(), which was not empty.
    void send(std::size_t length) noexcept
    {
        const std::uint16_t id = free_.back();
        free_.pop_back();
        std::memset(ring_.buffer(id).data(), 0, header_bytes);  // no offloads
        ring_.offer(id, static_cast<std::uint32_t>(header_bytes + length));
    }

    /// Shows the device the frames that were sent since.
    void publish() noexcept { ring_.publish(); }

    /// Frames that the device has not taken yet.
    std::size_t unsent() noexcept
    {
        reclaim();
        return ring_.size() - free_.size();
    }

    const SplitRing& ring() const noexcept { return ring_; }

private:
    static constexpr std::size_t header_bytes = sizeof(NetworkHeader);

    explicit TransmitRing(SplitRing ring) : ring_(std::move(ring))
    {
        for (std::uint16_t id = ring_.size(); id > 0; --id)
            free_.push_back(static_cast<std::uint16_t>(id - 1));
    }

    void reclaim() noexcept
    {
        for (std::uint16_t count = ring_.look(); count > 0; --count) {
            free_.push_back(ring_.peek(0).id);
            ring_.take(1);
        }
    }

    SplitRing ring_;
    std::vector<std::uint16_t> free_;
};

}  // namespace ferry::front_end
