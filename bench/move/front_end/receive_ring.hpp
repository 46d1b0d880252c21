// A VM's receive ring: frames as the device has put them into one buffer or several.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "split_ring.hpp"

namespace ferry::front_end {

/// For one thread, the VM's processor.
class ReceiveRing {
public:
    /// A ring of `size` buffers of `buffer_bytes`, all of them offered to the device.
    static Expected<ReceiveRing> make(GuestMemory& memory, std::uint16_t size, std::uint32_t buffer_bytes)
    {
        return SplitRing::make(memory, SplitRing::Writer::device, size, buffer_bytes).map([&](SplitRing ring) {
            return ReceiveRing(std::move(ring), buffer_bytes);
        });
    }

    /// Calls frame(std::span<const std::byte>) for up to `most` frames in the order of the ring, then gives their
    /// buffers back to the device. Returns how many there were.
    template <typename Frame>
    unsigned poll(unsigned most, Frame&& frame)
    {
        unsigned frames = 0;
        while (frames < most && ring_.waiting() > 0) {
            const std::uint16_t buffers = buffers_of_next();
            if (buffers > ring_.waiting() && buffers > ring_.look())
                break;  // the device has not finished the frame
            if (const auto bytes = gather(buffers); !bytes.empty())
                frame(bytes);
            for (std::uint16_t i = 0; i < buffers; ++i)
                ring_.offer(ring_.peek(i).id, buffer_bytes_);
            ring_.take(buffers);
            ++frames;
        }
        if (frames > 0)
            ring_.publish();
        return frames;
    }

    SplitRing& ring() noexcept { return ring_; }
    const SplitRing& ring() const noexcept { return ring_; }
    /// Frames whose header could not be right.
    std::uint64_t malformed() const noexcept { return malformed_ + ring_.malformed(); }

private:
    ReceiveRing(SplitRing ring, std::uint32_t buffer_bytes) : ring_(std::move(ring)), buffer_bytes_(buffer_bytes)
    {
        for (std::uint16_t id = 0; id < ring_.size(); ++id)
            ring_.offer(id, buffer_bytes_);
        ring_.publish();
    }

    std::uint16_t buffers_of_next() noexcept
    {
        const auto first = ring_.peek(0);
        NetworkHeader header;
        std::memcpy(&header, ring_.buffer(first.id).data(), sizeof(header));
        if (header.buffers >= 1 && header.buffers <= ring_.size() && first.length >= sizeof(header))
            return header.buffers;
        ++malformed_;
        return 1;
    }

    /// The bytes of the next frame, without its header, in one piece.
    std::span<const std::byte> gather(std::uint16_t buffers)
    {
        const auto first = ring_.peek(0);
        const std::size_t header = std::min<std::size_t>(sizeof(NetworkHeader), first.length);
        const auto begin = ring_.buffer(first.id).subspan(header, first.length - header);
        if (buffers == 1)
            return begin;
        frame_.assign(begin.begin(), begin.end());
        for (std::uint16_t i = 1; i < buffers; ++i) {
            const auto used = ring_.peek(i);
            const auto bytes = ring_.buffer(used.id).first(used.length);
            frame_.insert(frame_.end(), bytes.begin(), bytes.end());
        }
        return frame_;
    }

    SplitRing ring_;
    std::uint32_t buffer_bytes_;
    std::vector<std::byte> frame_;
    std::uint64_t malformed_ = 0;
};

}  // namespace ferry::front_end
