// A hash table from 64-bit keys to 64-bit words for one writer and any number of readers that never wait.
//
// A bucket is two cache lines: eight keys, then their eight words. A key that finds its home bucket full goes to the
// next one (linear probing), and the writer counts, for each bucket, the keys that went past it. A reader needs no
// counts: in a bucket that keys went past, a freed place holds `tombstone`, in any other `empty`, so a reader that sees
// an `empty` place knows that its key is not further on.
//
// A reader matches a whole key, then loads the word beside it. So a place never changes its key while a reader may
// stand between the two: erase() gives the key a dead word at once, and the place is used again only after a grace
// period. Places that wait for theirs are in a list, whose links are their dead words: it needs no memory.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#if defined(__SSE4_1__) && !defined(__SANITIZE_THREAD__)
#include <immintrin.h>
#endif

#include <ferry/error.hpp>
#include <ferry/wire/multiply_fold.hpp>

namespace ferry {

class WordMap {
public:
    /// Not a slot.
    static constexpr std::uint32_t no_slot = 0xffff'ffff;
    /// These two are not keys.
    static constexpr std::uint64_t empty = 0;
    static constexpr std::uint64_t tombstone = ~std::uint64_t{0};
    static constexpr bool is_key(std::uint64_t word) noexcept { return word != empty && word != tombstone; }

    /// Words of keys are not 0, and less than this.
    static constexpr std::uint64_t dead = std::uint64_t{1} << 63;

    /// Room for `max_keys` live keys, and for a third as many that wait for their grace period; 32 bytes a key. Fails
    /// with invalid_argument (0, or more than 2^30 keys) or no_memory.
    static Expected<std::unique_ptr<WordMap>> make(std::uint32_t max_keys);
    ~WordMap();
    WordMap(const WordMap&) = delete;
    WordMap& operator=(const WordMap&) = delete;

private:
    static constexpr std::uint32_t bucket_keys = 8;
    struct alignas(128) Bucket {
        std::atomic<std::uint64_t> keys[bucket_keys];
        std::atomic<std::uint64_t> words[bucket_keys];
    };
    static_assert(sizeof(Bucket) == 128 && std::atomic<std::uint64_t>::is_always_lock_free);

    /// Which places of a bucket hold a key: `place_bits` bits for each.
    using Places = unsigned;
#if defined(__AVX512F__) && !defined(__SANITIZE_THREAD__)
    static constexpr unsigned place_bits = 1;
#else
    static constexpr unsigned place_bits = 2;
#endif
    static std::uint32_t first_of(Places places) noexcept
    {
        return static_cast<std::uint32_t>(std::countr_zero(places)) / place_bits;
    }

    /// Orders later loads of this thread after those of the keys.
    static Places matches(const Bucket& bucket, std::uint64_t key) noexcept
    {
        // x86 loads each aligned part of eight bytes of a vector atomically and keeps loads in order; the fence tells the
        // compiler.
#if defined(__AVX512F__) && !defined(__SANITIZE_THREAD__)
        const auto wanted = _mm512_set1_epi64(static_cast<long long>(key));
        const Places places = _mm512_cmpeq_epi64_mask(_mm512_load_si512(bucket.keys), wanted);
        std::atomic_signal_fence(std::memory_order_acquire);
        return places;
#elif defined(__SSE4_1__) && !defined(__SANITIZE_THREAD__)
        const __m128i wanted = _mm_set1_epi64x(static_cast<long long>(key));
        const auto* keys = reinterpret_cast<const __m128i*>(bucket.keys);
        const __m128i low = _mm_packs_epi32(_mm_cmpeq_epi64(_mm_load_si128(keys), wanted),
                                            _mm_cmpeq_epi64(_mm_load_si128(keys + 1), wanted));
        const __m128i high = _mm_packs_epi32(_mm_cmpeq_epi64(_mm_load_si128(keys + 2), wanted),
                                             _mm_cmpeq_epi64(_mm_load_si128(keys + 3), wanted));
        const auto places = static_cast<Places>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
        std::atomic_signal_fence(std::memory_order_acquire);
        return places;
#else
        Places places = 0;
        for (unsigned i = 0; i < bucket_keys; ++i)
            places |= (bucket.keys[i].load(std::memory_order_acquire) == key ? 3u : 0u) << 2 * i;
        return places;
#endif
    }

public:
    /// 0 for a dead word.
    static constexpr std::uint64_t live(std::uint64_t word) noexcept { return word < dead ? word : 0; }

    struct Found {
        std::uint64_t word = 0;  ///< 0, or dead where that is said: not there
        std::uint32_t slot = no_slot;
    };

    /// What a reader needs, to be copied before a burst of look-ups: none of it changes. A look-up is home(), prefetch() and,
    /// once the lines may have come, find().
    class View {
    public:
        /// The bucket where a look-up of `key` begins.
        std::uint32_t home(std::uint64_t key) const noexcept
        {
            // Folded multiplication by a secret of this table: keys that a guest chooses (its MACs) must not be able to
            // pile up in one bucket. By itself it leaves keys in sequence at even distances, which for some secrets means
            // in heaps; the second multiplication breaks that up. The last one stands for a remainder.
            const std::uint64_t folded = wire::detail::multiply_fold(key ^ secret_[0], secret_[1]);
            const std::uint64_t hash = (folded ^ folded >> 32) * 0x9e37'79b9'7f4a'7c15;
            return static_cast<std::uint32_t>((hash >> 32) * bucket_count_ >> 32);
        }

        void prefetch(std::uint32_t bucket) const noexcept
        {
            __builtin_prefetch(&buckets_[bucket].keys);
            __builtin_prefetch(&buckets_[bucket].words);
        }

        /// For the bucket behind this one, where find() goes on when a key is not at home.
        void prefetch_next(std::uint32_t bucket) const noexcept { prefetch(next(bucket, bucket_count_)); }

        /// find() where the key is in its home bucket, as nearly all are; otherwise nothing. `key` is one: neither `empty` nor
        /// `tombstone`.
        std::optional<Found> find_at_home(std::uint32_t bucket, std::uint64_t key) const noexcept
        {
            const Bucket& home = buckets_[bucket];
            const Places here = matches(home, key);
            if (here == 0) [[unlikely]]
                return std::nullopt;
            // The word belongs to the key that was matched, whatever the writer did in between: see above.
            const std::uint32_t place = first_of(here);
            return Found{home.words[place].load(std::memory_order_acquire), bucket * bucket_keys + place};
        }

        /// Looks `key`, which is one, up from its home bucket on. The word may be dead: live() is left to the caller, who may
        /// have another reason to look at the word's upper bits.
        Found find(std::uint32_t bucket, std::uint64_t key) const noexcept
        {
            if (const auto found = find_at_home(bucket, key)) [[likely]]
                return *found;
            return find_from(buckets_, bucket_count_, *longest_, bucket, key);
        }

    private:
        friend class WordMap;
        static std::uint32_t next(std::uint32_t bucket, std::uint32_t count) noexcept
        {
            return bucket + 1 == count ? 0 : bucket + 1;
        }
        // What they need of a view is given one by one, so that a view may lie in registers alone.
        static std::uint32_t slot_from(const Bucket* buckets, std::uint32_t count, const std::atomic<std::uint32_t>& longest,
                                       std::uint32_t bucket, std::uint64_t key) noexcept;
        static Found find_from(const Bucket* buckets, std::uint32_t count, const std::atomic<std::uint32_t>& longest,
                               std::uint32_t bucket, std::uint64_t key) noexcept;

        Bucket* buckets_ = nullptr;
        std::uint64_t secret_[2] = {};
        std::uint32_t bucket_count_ = 0;
        const std::atomic<std::uint32_t>* longest_ = nullptr;  ///< the map's; the only thing here that changes
    };

    const View& view() const noexcept { return view_; }
    /// For any word: one that is no key is never found.
    Found find(std::uint64_t key) const noexcept
    {
        const Found found = is_key(key) ? view_.find(view_.home(key), key) : Found{};
        return live(found.word) != 0 ? found : Found{};
    }

    /// A number that readers and the writer may keep for each slot; 0 when the key is put in.
    std::atomic<std::uint32_t>& stamp(std::uint32_t slot) const noexcept { return stamps_[slot]; }

    // The writer.

    /// The slot of a key that is in the table or waits for its grace period, else no_slot.
    std::uint32_t slot_of(std::uint64_t key) const noexcept
    {
        return is_key(key) ? View::slot_from(view_.buckets_, view_.bucket_count_, longest_, view_.home(key), key) : no_slot;
    }
    std::uint64_t key(std::uint32_t slot) const noexcept { return key_at(slot).load(std::memory_order_relaxed); }
    std::uint64_t word(std::uint32_t slot) const noexcept { return live(raw(slot)); }

    /// True when `keys` more keys that have no slot can be inserted.
    bool has_room(std::uint32_t keys) const noexcept { return keys <= used_limit_ - used_; }
    /// Puts in a key that has no slot, with its word. has_room() was asked before.
    std::uint32_t insert(std::uint64_t key, std::uint64_t word) noexcept;
    /// Changes the word of a key that has a slot, erased or not: one store.
    void set(std::uint32_t slot, std::uint64_t word) noexcept
    {
        if (raw(slot) >= dead) [[unlikely]]
            unlink(slot);
        word_at(slot).store(word, std::memory_order_release);
    }
    /// Takes the key out: one store. Its slot is free when `batch` (see GraceBatches) is over. Batches never fall.
    void erase(std::uint32_t slot, std::uint32_t batch) noexcept;
    /// Frees the slots of what was erased in batches up to `over`. What more than two batches wait for may be freed
    /// with a later one than its own.
    void reclaim(std::uint32_t over) noexcept;

    /// Slots are numbered from 0. Where word(slot) is 0 there is no key in it.
    std::uint32_t slot_count() const noexcept { return view_.bucket_count_ * bucket_keys; }

    std::size_t memory_bytes() const noexcept { return memory_bytes_; }

private:
    /// What ends a list of slots; and how many bits the links in a dead word have.
    static constexpr unsigned link_bits = 31;
    static constexpr std::uint32_t no_link = (std::uint32_t{1} << link_bits) - 1;

    /// Erased slots that wait for one batch to be over, oldest first.
    struct Erased {
        std::uint32_t first = no_link;
        std::uint32_t last = no_link;
        std::uint32_t batch = 0;
        bool empty() const noexcept { return first == no_link; }
    };

    static constexpr std::uint64_t dead_word(std::uint32_t before, std::uint32_t behind) noexcept
    {
        return dead | std::uint64_t{before} << link_bits | behind;
    }
    static constexpr std::uint32_t before(std::uint64_t dead_word) noexcept { return dead_word >> link_bits & no_link; }
    static constexpr std::uint32_t behind(std::uint64_t dead_word) noexcept { return dead_word & no_link; }

    WordMap() = default;

    std::atomic<std::uint64_t>& key_at(std::uint32_t slot) const noexcept
    {
        return view_.buckets_[slot / bucket_keys].keys[slot % bucket_keys];
    }
    std::atomic<std::uint64_t>& word_at(std::uint32_t slot) const noexcept
    {
        return view_.buckets_[slot / bucket_keys].words[slot % bucket_keys];
    }
    /// The slot's word, dead or not.
    std::uint64_t raw(std::uint32_t slot) const noexcept { return word_at(slot).load(std::memory_order_relaxed); }
    void link(Erased& erased, std::uint32_t slot) noexcept;
    void unlink(std::uint32_t slot) noexcept;
    void free_all(Erased& erased) noexcept;
    void free(std::uint32_t slot) noexcept;

    // Read by readers, all but `longest_` constant.
    View view_;
    std::atomic<std::uint32_t>* stamps_ = nullptr;
    std::atomic<std::uint32_t> longest_{0};  ///< no key is, or was, more buckets than this from its home

    // The writer's own, on other cache lines.
    alignas(64) std::uint32_t* passed_by_ = nullptr;  ///< by bucket: keys that went past it
    Erased older_, newer_;
    std::uint32_t used_ = 0;        ///< slots with a key in them, live or waiting
    std::uint32_t used_limit_ = 0;
    void* memory_ = nullptr;
    std::size_t memory_bytes_ = 0;
};

}  // namespace ferry
