#include "device.hpp"

#include <algorithm>
#include <bit>

namespace ferry::front_end {

Expected<Device> Device::make(const DeviceOptions& options)
{
    // 16, 2 and 8 bytes a descriptor for the tables of a ring, some pages for their ends, and the buffers.
    const std::size_t ring_bytes = std::size_t{options.ring_size} * (options.buffer_bytes + 26) + 8 * GuestMemory::page;
    auto memory = GuestMemory::make(rings * ring_bytes);
    if (!memory)
        return tl::unexpected(memory.error());
    auto log = SharedMemory::make("dirty-log", (GuestMemory::first_address + memory->size()) / GuestMemory::page / 8 + 1);
    if (!log)
        return tl::unexpected(log.error());
    auto receive = ReceiveRing::make(*memory, options.ring_size, options.buffer_bytes);
    if (!receive)
        return tl::unexpected(receive.error());
    auto transmit = TransmitRing::make(*memory, options.ring_size, options.buffer_bytes);
    if (!transmit)
        return tl::unexpected(transmit.error());
    return Device{std::move(*memory), std::move(*log), std::move(*receive), std::move(*transmit)};
}

std::size_t Device::dirty_pages() const noexcept
{
    std::size_t pages = 0;
    for (std::byte byte : log.bytes())
        pages += static_cast<std::size_t>(std::popcount(static_cast<std::uint8_t>(byte)));
    return pages;
}

void Device::clear_log() noexcept
{
    std::ranges::fill(log.bytes(), std::byte{});
}

}  // namespace ferry::front_end
