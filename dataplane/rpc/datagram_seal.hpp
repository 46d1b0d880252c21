// What makes a datagram the other host's and nobody else's: it is sealed under a key that the hosts' stream has brought.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ferryd {

/// Which numbers have come: each once, in any order, and none that is 64 behind the highest (RFC 4303, section 3.4.3).
class ReplayWindow {
public:
    bool is_new(std::uint64_t number) const noexcept
    {
        if (number > highest_)
            return true;
        const std::uint64_t behind = highest_ - number;
        return number != 0 && behind < 64 && (come_ >> behind & 1) == 0;
    }
    void note(std::uint64_t number) noexcept
    {
        if (number > highest_) {
            const std::uint64_t ahead = number - highest_;
            come_ = ahead < 64 ? come_ << ahead : 0;
            highest_ = number;
        }
        if (highest_ - number < 64)
            come_ |= std::uint64_t{1} << (highest_ - number);
    }

private:
    std::uint64_t highest_ = 0, come_ = 0;
};

/// One of the two ends of a session. A datagram is, in network byte order,
///
///     session, 64 bits | number, 64 bits | what it carries, encrypted | tag, 128 bits
///
/// by AES-256-GCM (NIST SP 800-38D), which authenticates session and number too. The number's highest bit tells the
/// direction, the others count from 1: so the number, which is the nonce behind 32 bits of zero, comes once under a key, because a key is of one
/// session. seal() and open() may run on two threads at a time, neither on two.
class DatagramSeal {
public:
    using Key = std::array<unsigned char, 32>;
    enum class End : std::uint8_t { caller, called };
    static constexpr std::size_t header_bytes = 16, tag_bytes = 16;

    DatagramSeal(std::uint64_t session, const Key& key, End end);
    ~DatagramSeal();
    DatagramSeal(const DatagramSeal&) = delete;
    DatagramSeal& operator=(const DatagramSeal&) = delete;

    /// Empty where the library fails.
    std::string seal(std::string_view text);
    /// What the other end has sealed; nothing where it has not, or where this has come before.
    std::optional<std::string> open(std::string_view datagram);

    /// Whatever a datagram is worth: the session that it claims to be of.
    static std::optional<std::uint64_t> session_of(std::string_view datagram);

private:
    struct Ciphers;
    const std::uint64_t session_;
    const End end_;
    std::uint64_t sent_ = 0;
    ReplayWindow received_;
    std::unique_ptr<Ciphers> ciphers_;
};

/// Random bytes for keys and sessions; false where the library fails.
bool fill_randomly(void* bytes, std::size_t size);

}  // namespace ferryd
