// Memory set apart: what a thread allocates while it says so lies together, and every write to it can be found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

namespace ferry::test {

/// While it lives, what this thread gets by operator new and by mmap comes from one region, packed; what is given back
/// is not used again. One at a time; the region takes 1 GiB in all.
class CollectMemory {
public:
    CollectMemory() noexcept;
    ~CollectMemory();
    CollectMemory(const CollectMemory&) = delete;
    CollectMemory& operator=(const CollectMemory&) = delete;
};

/// Where the next allocation in the region will begin, at the earliest.
std::uintptr_t collected_end() noexcept;

/// While it lives, everything collected until then is read-only. A write is counted and then allowed, together with all
/// others to its page.
class ReadOnlyMemory {
public:
    ReadOnlyMemory();
    ~ReadOnlyMemory();
    ReadOnlyMemory(const ReadOnlyMemory&) = delete;
    ReadOnlyMemory& operator=(const ReadOnlyMemory&) = delete;

    std::size_t writes() const noexcept;
};

/// A copy of what is collected, to find what has been written since.
class MemoryCopy {
public:
    MemoryCopy();
    /// The cache lines whose bytes are others now: their addresses.
    std::set<std::uintptr_t> changed_lines() const;

private:
    std::vector<std::uint8_t> bytes_;
};

}  // namespace ferry::test
