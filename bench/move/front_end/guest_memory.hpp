// A VM's memory: a memfd, which a back end maps as well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <ferry/error.hpp>

#include "host/descriptor.hpp"

namespace ferry::front_end {

using ferryd::Descriptor;

/// Memory that is shared by its file descriptor. Pages are there from the start, so that nobody waits for one.
class SharedMemory {
public:
    /// Makes zeroed memory of at least `bytes`. Fails with `no_memory`.
    static Expected<SharedMemory> make(const char* name, std::size_t bytes);
    SharedMemory(SharedMemory&& other) noexcept : fd_(std::move(other.fd_)), bytes_(std::exchange(other.bytes_, {})) {}
    SharedMemory& operator=(SharedMemory&&) = delete;
    ~SharedMemory();

    int fd() const noexcept { return fd_.get(); }
    std::span<std::byte> bytes() const noexcept { return bytes_; }

private:
    SharedMemory(Descriptor fd, std::span<std::byte> bytes) : fd_(std::move(fd)), bytes_(bytes) {}

    Descriptor fd_;
    std::span<std::byte> bytes_;
};

/// The memory as the VM's driver uses it: pieces are cut off for rings and buffers, and never given back.
class GuestMemory {
public:
    static constexpr std::size_t page = 4096;
    /// Where the memory begins in the VM's physical addresses. Not at 0, which back ends take for "no address".
    static constexpr std::uint64_t first_address = 0x100000;

    static Expected<GuestMemory> make(std::size_t bytes);

    /// Cuts off `bytes`, which begin at a page. Returns an empty span when that much is not left.
    std::span<std::byte> cut(std::size_t bytes) noexcept;

    /// The VM's physical address of a place in the memory.
    std::uint64_t address_of(const void* place) const noexcept
    {
        return first_address + static_cast<std::uint64_t>(static_cast<const std::byte*>(place) - memory_.bytes().data());
    }
    std::size_t size() const noexcept { return memory_.bytes().size(); }
    const std::byte* begin() const noexcept { return memory_.bytes().data(); }
    int fd() const noexcept { return memory_.fd(); }

private:
    explicit GuestMemory(SharedMemory memory) : memory_(std::move(memory)) {}

    SharedMemory memory_;
    std::size_t used_ = 0;
};

}  // namespace ferry::front_end
