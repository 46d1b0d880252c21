#include "split_ring.hpp"

#include <algorithm>
#include <bit>

#include <sys/eventfd.h>

#include <fmt/format.h>

namespace ferry::front_end {

Expected<SplitRing> SplitRing::make(GuestMemory& memory, Writer writer, std::uint16_t size, std::uint32_t buffer_bytes)
{
    if (!std::has_single_bit(size) || size > largest)
        return fail(ErrorCode::invalid_argument, fmt::format("a ring of {} descriptors; give a power of two up to {}", size, largest));
    SplitRing ring;
    ring.size_ = size;
    ring.mask_ = static_cast<std::uint16_t>(size - 1);
    ring.buffer_bytes_ = buffer_bytes;
    // Each part on pages of its own, so that both sides' writes do not share a cache line.
    const auto descriptors = memory.cut(sizeof(RingDescriptor) * size);
    const auto available = memory.cut(sizeof(AvailableHead) + sizeof(std::uint16_t) * size);
    const auto used = memory.cut(sizeof(UsedHead) + sizeof(UsedElement) * size);
    ring.buffers_ = memory.cut(std::size_t{buffer_bytes} * size);
    ring.kick_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    ring.call_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (descriptors.empty() || available.empty() || used.empty() || ring.buffers_.empty() || !ring.kick_ || !ring.call_)
        return fail(ErrorCode::no_memory, fmt::format("no room for a ring of {} buffers of {} bytes", size, buffer_bytes));

    ring.descriptors_ = reinterpret_cast<RingDescriptor*>(descriptors.data());
    ring.available_ = reinterpret_cast<AvailableHead*>(available.data());
    ring.available_places_ = reinterpret_cast<std::uint16_t*>(ring.available_ + 1);
    ring.used_ = reinterpret_cast<UsedHead*>(used.data());
    ring.used_places_ = reinterpret_cast<UsedElement*>(ring.used_ + 1);
    const auto flags = static_cast<std::uint16_t>(writer == Writer::device ? RingDescriptor::device_writes : 0);
    for (std::uint16_t id = 0; id < size; ++id)
        ring.descriptors_[id] = {memory.address_of(ring.buffer(id).data()), buffer_bytes, flags, 0};
    // The driver polls.
    std::atomic_ref(ring.available_->flags).store(AvailableHead::no_interrupt, std::memory_order_release);
    return ring;
}

void SplitRing::publish() noexcept
{
    std::atomic_ref(available_->index).store(offered_, std::memory_order_release);
    // The index before the question whether to kick: a device that goes to sleep asks them the other way round.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (std::atomic_ref(used_->flags).load(std::memory_order_relaxed) & UsedHead::no_notify)
        return;
    eventfd_write(kick_.get(), 1);
}

SplitRing::Used SplitRing::peek(std::uint16_t ahead) noexcept
{
    const UsedElement element = used_places_[static_cast<std::uint16_t>(taken_ + ahead) & mask_];
    if (element.id >= size_ || element.length > buffer_bytes_)
        ++malformed_;
    return {static_cast<std::uint16_t>(element.id < size_ ? element.id : 0), std::min(element.length, buffer_bytes_)};
}

RingAddresses SplitRing::addresses(std::uint32_t index, const GuestMemory& memory, bool log) const noexcept
{
    RingAddresses addresses{};
    addresses.ring = index;
    addresses.flags = log ? RingAddresses::log : 0;
    addresses.descriptors = reinterpret_cast<std::uintptr_t>(descriptors_);
    addresses.used = reinterpret_cast<std::uintptr_t>(used_);
    addresses.available = reinterpret_cast<std::uintptr_t>(available_);
    addresses.used_guest_address = memory.address_of(used_);
    return addresses;
}

}  // namespace ferry::front_end
