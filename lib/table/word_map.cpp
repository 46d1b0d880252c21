#include "table/word_map.hpp"

#include <chrono>
#include <new>
#include <utility>

#include <sys/mman.h>
#include <sys/random.h>

#include "table/no_memory.hpp"

namespace ferry {
namespace {

/// Eight places for five live keys and a quarter, which makes 31.3 bytes a key. With six the memory is an eighth less,
/// but where the map is full a look-up that finds nothing takes twice as long: one in three homes is a full bucket then,
/// and the CPU cannot foresee which.
constexpr std::uint64_t buckets_for(std::uint64_t keys) noexcept
{
    return (4 * keys + 20) / 21 + 8;
}

/// Hands out parts of one block of memory, each aligned to 128 bytes.
class Carver {
public:
    explicit Carver(void* memory = nullptr) : at_(static_cast<std::byte*>(memory)) {}

    template <typename T>
    T* take(std::size_t count) noexcept
    {
        auto* part = reinterpret_cast<T*>(at_);
        const std::size_t bytes = (count * sizeof(T) + 127) / 128 * 128;
        at_ = at_ == nullptr ? nullptr : at_ + bytes;
        bytes_ += bytes;
        return part;
    }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    std::byte* at_;
    std::size_t bytes_ = 0;
};

/// Two numbers that nobody outside can guess. The multiplier is odd, so that multiplying loses nothing.
void fill_secret(std::uint64_t (&secret)[2]) noexcept
{
    if (getrandom(secret, sizeof(secret), GRND_NONBLOCK) != static_cast<ssize_t>(sizeof(secret))) {
        // Early in a boot the kernel has no randomness yet. What this gives is not secret, but spreads keys as well.
        const auto now = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
        secret[0] = now * 0x9e37'79b9'7f4a'7c15;
        secret[1] = reinterpret_cast<std::uintptr_t>(&secret) ^ 0xd6e8'feb8'6659'fd93;
    }
    secret[1] |= 1;
}

}  // namespace

Expected<std::unique_ptr<WordMap>> WordMap::make(std::uint32_t max_keys)
{
    if (max_keys == 0 || max_keys > 0x4000'0000)
        return fail(ErrorCode::invalid_argument, "a table has room for 1 to 1073741824 keys");
    std::unique_ptr<WordMap> map(new (std::nothrow) WordMap);
    if (map == nullptr)
        return no_memory();
    const std::uint64_t buckets = buckets_for(max_keys);
    const std::uint64_t slots = buckets * bucket_keys;
    WordMap::View& view = map->view_;
    view.longest_ = &map->longest_;
    view.bucket_count_ = static_cast<std::uint32_t>(buckets);
    map->used_limit_ = static_cast<std::uint32_t>(slots - slots / 10);
    fill_secret(view.secret_);

    const auto carve = [&](Carver carver) {
        view.buckets_ = carver.take<Bucket>(buckets);
        map->stamps_ = carver.take<std::atomic<std::uint32_t>>(slots);
        map->passed_by_ = carver.take<std::uint32_t>(buckets);
        return carver.bytes();
    };
    map->memory_bytes_ = carve(Carver{});
    void* memory = mmap(nullptr, map->memory_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return no_memory();
    map->memory_ = memory;
    carve(Carver{memory});
    // A wish: random look-ups in a large table miss the TLB with small pages. All begins as zeros: `empty`, and no
    // word.
    madvise(memory, map->memory_bytes_, MADV_HUGEPAGE);
    return map;
}

WordMap::~WordMap()
{
    if (memory_ != nullptr)
        munmap(memory_, memory_bytes_);
}

std::uint32_t WordMap::View::slot_from(const Bucket* buckets, std::uint32_t count,
                                       const std::atomic<std::uint32_t>& longest, std::uint32_t bucket,
                                       std::uint64_t key) noexcept
{
    for (std::uint32_t distance = 0;;) {
        if (const Places places = matches(buckets[bucket], key); places != 0)
            return bucket * bucket_keys + first_of(places);
        if (matches(buckets[bucket], empty) != 0 || ++distance > longest.load(std::memory_order_relaxed))
            return no_slot;
        bucket = next(bucket, count);
    }
}

WordMap::Found WordMap::View::find_from(const Bucket* buckets, std::uint32_t count,
                                        const std::atomic<std::uint32_t>& longest, std::uint32_t bucket,
                                        std::uint64_t key) noexcept
{
    const std::uint32_t slot = slot_from(buckets, count, longest, bucket, key);
    if (slot == no_slot)
        return {};
    return {buckets[slot / bucket_keys].words[slot % bucket_keys].load(std::memory_order_acquire), slot};
}

std::uint32_t WordMap::insert(std::uint64_t key, std::uint64_t word) noexcept
{
    std::uint32_t bucket = view_.home(key);
    std::uint32_t distance = 0;
    Places free_places = 0;
    while ((free_places = matches(view_.buckets_[bucket], empty) | matches(view_.buckets_[bucket], tombstone)) == 0) {
        ++passed_by_[bucket];
        ++distance;
        bucket = View::next(bucket, view_.bucket_count_);
    }
    const std::uint32_t slot = bucket * bucket_keys + first_of(free_places);
    if (distance > longest_.load(std::memory_order_relaxed))
        longest_.store(distance, std::memory_order_relaxed);
    ++used_;
    stamps_[slot].store(0, std::memory_order_relaxed);
    word_at(slot).store(word, std::memory_order_relaxed);
    // Whoever sees the key sees its word, and how far to look.
    key_at(slot).store(key, std::memory_order_release);
    return slot;
}

void WordMap::erase(std::uint32_t slot, std::uint32_t batch) noexcept
{
    if (raw(slot) >= dead)
        unlink(slot);
    if (!newer_.empty() && newer_.batch != batch && older_.empty())
        older_ = std::exchange(newer_, Erased{});
    newer_.batch = batch;
    link(newer_, slot);
}

void WordMap::link(Erased& erased, std::uint32_t slot) noexcept
{
    if (erased.empty())
        erased.first = slot;
    else
        word_at(erased.last).store(dead_word(before(raw(erased.last)), slot), std::memory_order_relaxed);
    word_at(slot).store(dead_word(erased.last, no_link), std::memory_order_release);
    erased.last = slot;
}

void WordMap::unlink(std::uint32_t slot) noexcept
{
    const std::uint32_t previous = before(raw(slot)), next = behind(raw(slot));
    Erased& ends_here = older_.last == slot ? older_ : newer_;
    Erased& begins_here = older_.first == slot ? older_ : newer_;
    if (next == no_link)
        ends_here.last = previous;
    else
        word_at(next).store(dead_word(previous, behind(raw(next))), std::memory_order_relaxed);
    if (previous == no_link)
        begins_here.first = next;
    else
        word_at(previous).store(dead_word(before(raw(previous)), next), std::memory_order_relaxed);
}

void WordMap::reclaim(std::uint32_t over) noexcept
{
    for (Erased* erased : {&older_, &newer_})
        if (!erased->empty() && static_cast<std::int32_t>(erased->batch - over) <= 0)
            free_all(*erased);
}

void WordMap::free_all(Erased& erased) noexcept
{
    for (std::uint32_t slot = erased.first; slot != no_link;) {
        const std::uint32_t next = behind(raw(slot));
        free(slot);
        slot = next;
    }
    erased = {};
}

void WordMap::free(std::uint32_t slot) noexcept
{
    const std::uint32_t place = slot / bucket_keys;
    const std::uint32_t first = view_.home(key(slot));
    key_at(slot).store(passed_by_[place] != 0 ? tombstone : empty, std::memory_order_relaxed);
    word_at(slot).store(0, std::memory_order_relaxed);
    for (std::uint32_t bucket = first; bucket != place; bucket = View::next(bucket, view_.bucket_count_)) {
        if (--passed_by_[bucket] != 0)
            continue;
        for (auto& freed : view_.buckets_[bucket].keys)
            if (freed.load(std::memory_order_relaxed) == tombstone)
                freed.store(empty, std::memory_order_relaxed);
    }
    --used_;
}

}  // namespace ferry
