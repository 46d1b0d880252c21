// Tells new, repeated and overtaken sequence numbers apart, in bounded memory.
#pragma once

#include <cstdint>
#include <vector>

namespace ferry::demo {

/// Watches the sequence numbers of one flow. It remembers the last `size` numbers below the highest one seen (1,048,576
/// of them in 128 KiB: more than a minute at 10,000 a second); an older one can no longer be told from a repetition and
/// is counted as `too_old`. Not safe for use by several threads at once.
class SequenceWindow {
public:
    static constexpr std::uint64_t size = std::uint64_t{1} << 20;

    SequenceWindow() : seen_(size / 64) {}

    /// Counts `sequence`. A number is reordered when a higher one came before it (RFC 4737 §3.3) and it is no
    /// repetition.
    void add(std::uint64_t sequence) noexcept
    {
        if (sequence >= next_) {
            advance(sequence);
        } else if (next_ - sequence > size) {
            ++too_old_;
            return;
        } else if (test(sequence)) {
            ++duplicated_;
            return;
        } else {
            ++reordered_;
        }
        set(sequence);
        ++received_;
    }

    std::uint64_t received() const noexcept { return received_; }  ///< different numbers seen
    std::uint64_t duplicated() const noexcept { return duplicated_; }
    std::uint64_t reordered() const noexcept { return reordered_; }
    std::uint64_t too_old() const noexcept { return too_old_; }

private:
    // The bits of numbers that enter the window still hold those of numbers `size` lower: clear them.
    void advance(std::uint64_t sequence) noexcept
    {
        if (sequence - next_ >= size)
            seen_.assign(seen_.size(), 0);
        else
            for (std::uint64_t entering = next_; entering <= sequence; ++entering)
                word(entering) &= ~bit(entering);
        next_ = sequence + 1;
    }

    static constexpr std::uint64_t bit(std::uint64_t sequence) noexcept { return std::uint64_t{1} << sequence % 64; }
    std::uint64_t& word(std::uint64_t sequence) noexcept { return seen_[sequence % size / 64]; }
    bool test(std::uint64_t sequence) noexcept { return (word(sequence) & bit(sequence)) != 0; }
    void set(std::uint64_t sequence) noexcept { word(sequence) |= bit(sequence); }

    std::vector<std::uint64_t> seen_;
    std::uint64_t next_ = 0;  // the lowest number above all that were seen
    std::uint64_t received_ = 0;
    std::uint64_t duplicated_ = 0;
    std::uint64_t reordered_ = 0;
    std::uint64_t too_old_ = 0;
};

}  // namespace ferry::demo
