#include "collected_memory.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>

namespace ferry::test {
namespace {

constexpr std::size_t page = 4096, line = 64, region_size = std::size_t{1} << 30;

void* map(void* place, std::size_t bytes, int protection, int flags, int file, long offset)
{
    return reinterpret_cast<void*>(syscall(SYS_mmap, place, bytes, protection, flags, file, offset));
}

std::uintptr_t region()
{
    static const auto begin = reinterpret_cast<std::uintptr_t>(
        map(nullptr, region_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    return begin;
}

thread_local bool collects = false;
std::size_t used = 0;
std::atomic<std::size_t> written{0};
struct sigaction handled_before;

bool is_collected(const void* pointer)
{
    return reinterpret_cast<std::uintptr_t>(pointer) - region() < region_size;
}

void* collect(std::size_t bytes, std::size_t alignment)
{
    used = (used + alignment - 1) / alignment * alignment;
    void* const place = reinterpret_cast<void*>(region() + used);
    used += bytes;
    return used <= region_size ? place : nullptr;
}

void* allocate(std::size_t bytes, std::size_t alignment)
{
    if (collects)
        return collect(bytes, std::max(alignment, alignof(std::max_align_t)));
    if (alignment <= alignof(std::max_align_t))
        return std::malloc(bytes);
    return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

void* allocate_or_throw(std::size_t bytes, std::size_t alignment)
{
    if (void* const place = allocate(bytes == 0 ? 1 : bytes, alignment))
        return place;
    throw std::bad_alloc();
}

void release(void* pointer)
{
    if (!is_collected(pointer))
        std::free(pointer);
}

void on_fault(int number, siginfo_t* info, void*)
{
    if (!is_collected(info->si_addr)) {
        sigaction(number, &handled_before, nullptr);  // the instruction runs again and meets that
        return;
    }
    ++written;
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr) / page * page;
    mprotect(reinterpret_cast<void*>(address), page, PROT_READ | PROT_WRITE);
}

void protect(int protection)
{
    if (mprotect(reinterpret_cast<void*>(region()), (used + page - 1) / page * page, protection) != 0)
        throw std::runtime_error("the collected memory cannot be protected");
}

}  // namespace

CollectMemory::CollectMemory() noexcept { collects = true; }
CollectMemory::~CollectMemory() { collects = false; }

std::uintptr_t collected_end() noexcept { return region() + used; }

ReadOnlyMemory::ReadOnlyMemory()
{
    written = 0;
    struct sigaction action{};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, &handled_before);
    protect(PROT_READ);
}

ReadOnlyMemory::~ReadOnlyMemory()
{
    protect(PROT_READ | PROT_WRITE);
    sigaction(SIGSEGV, &handled_before, nullptr);
}

std::size_t ReadOnlyMemory::writes() const noexcept { return written; }

MemoryCopy::MemoryCopy() : bytes_(used)
{
    std::memcpy(bytes_.data(), reinterpret_cast<const void*>(region()), bytes_.size());
}

std::set<std::uintptr_t> MemoryCopy::changed_lines() const
{
    std::set<std::uintptr_t> lines;
    for (std::size_t at = 0; at < bytes_.size(); at += line)
        if (std::memcmp(&bytes_[at], reinterpret_cast<void*>(region() + at), std::min(line, bytes_.size() - at)) != 0)
            lines.insert(region() + at);
    return lines;
}

}  // namespace ferry::test

using ferry::test::allocate;
using ferry::test::allocate_or_throw;
using ferry::test::release;

// The program's own, for libraries too.
void* operator new(std::size_t bytes) { return allocate_or_throw(bytes, 1); }
void* operator new[](std::size_t bytes) { return allocate_or_throw(bytes, 1); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes, 1); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t to) { return allocate_or_throw(bytes, std::size_t(to)); }
void* operator new[](std::size_t bytes, std::align_val_t to) { return allocate_or_throw(bytes, std::size_t(to)); }
void* operator new(std::size_t bytes, std::align_val_t to, const std::nothrow_t&) noexcept
{
    return allocate(bytes, std::size_t(to));
}
void* operator new[](std::size_t bytes, std::align_val_t to, const std::nothrow_t&) noexcept
{
    return allocate(bytes, std::size_t(to));
}
void operator delete(void* pointer) noexcept { release(pointer); }
void operator delete[](void* pointer) noexcept { release(pointer); }
void operator delete(void* pointer, std::size_t) noexcept { release(pointer); }
void operator delete[](void* pointer, std::size_t) noexcept { release(pointer); }
void operator delete(void* pointer, const std::nothrow_t&) noexcept { release(pointer); }
void operator delete[](void* pointer, const std::nothrow_t&) noexcept { release(pointer); }
void operator delete(void* pointer, std::align_val_t) noexcept { release(pointer); }
void operator delete[](void* pointer, std::align_val_t) noexcept { release(pointer); }
void operator delete(void* pointer, std::size_t, std::align_val_t) noexcept { release(pointer); }
void operator delete[](void* pointer, std::size_t, std::align_val_t) noexcept { release(pointer); }
void operator delete(void* pointer, std::align_val_t, const std::nothrow_t&) noexcept { release(pointer); }
void operator delete[](void* pointer, std::align_val_t, const std::nothrow_t&) noexcept { release(pointer); }

extern "C" void* mmap(void* place, std::size_t bytes, int protection, int flags, int file, off_t offset) noexcept
{
    using namespace ferry::test;
    return collects ? collect(bytes, page) : map(place, bytes, protection, flags, file, offset);
}

extern "C" int munmap(void* place, std::size_t bytes) noexcept
{
    return ferry::test::is_collected(place) ? 0 : static_cast<int>(syscall(SYS_munmap, place, bytes));
}
