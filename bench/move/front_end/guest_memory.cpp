#include "guest_memory.hpp"

#include <cerrno>
#include <cstring>

#include <sys/mman.h>

#include <fmt/format.h>

namespace ferry::front_end {
namespace {

constexpr std::size_t whole_pages(std::size_t bytes) noexcept
{
    return (bytes + GuestMemory::page - 1) / GuestMemory::page * GuestMemory::page;
}

}  // namespace

Expected<SharedMemory> SharedMemory::make(const char* name, std::size_t bytes)
{
    bytes = whole_pages(bytes);
    Descriptor fd(::memfd_create(name, MFD_CLOEXEC));
    if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0)
        return fail(ErrorCode::no_memory, fmt::format("no memfd of {} bytes: {}", bytes, std::strerror(errno)));
    void* const place = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd.get(), 0);
    if (place == MAP_FAILED)
        return fail(ErrorCode::no_memory, fmt::format("{} bytes are not mapped: {}", bytes, std::strerror(errno)));
    return SharedMemory(std::move(fd), {static_cast<std::byte*>(place), bytes});
}

SharedMemory::~SharedMemory()
{
    if (!bytes_.empty())
        ::munmap(bytes_.data(), bytes_.size());
}

Expected<GuestMemory> GuestMemory::make(std::size_t bytes)
{
    return SharedMemory::make("guest", bytes).map([](SharedMemory memory) { return GuestMemory(std::move(memory)); });
}

std::span<std::byte> GuestMemory::cut(std::size_t bytes) noexcept
{
    const std::size_t whole = whole_pages(bytes);
    if (whole > size() - used_)
        return {};
    const auto piece = memory_.bytes().subspan(used_, bytes);
    used_ += whole;
    return piece;
}

}  // namespace ferry::front_end
