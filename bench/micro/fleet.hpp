// Tables of a large overlay: endpoints in 1,000 segments, behind 4,096 VTEPs or on this host.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "host.hpp"

namespace ferry::bench {

inline constexpr std::uint32_t fleet_segments = 1000;
inline constexpr std::uint32_t fleet_vteps = 4096;

/// Where the endpoints are.
enum class Place : std::int64_t { remote, local };

/// Endpoint e is in segment e modulo 1,000; VTEPs come at random. Each segment has one attachment, that may use any
/// source; nothing is learned.
class Fleet {
public:
    /// Loads the endpoints by transactions of 16,384 rows.
    Fleet(std::uint32_t endpoints, Place place);

    /// The one of the last call where it is such, else a new one in its place: a large one takes seconds to load.
    static Fleet& of(std::uint32_t endpoints, Place place);

    static Vni vni(std::uint32_t segment) noexcept { return *Vni::make(1000 + segment); }
    /// MACs in sequence within a segment, as a cloud gives them out.
    static MacAddress mac(std::uint32_t endpoint) noexcept
    {
        return MacAddress::from_u48(0x5254'0000'0000 + endpoint / fleet_segments);
    }

    const std::uint32_t endpoints;
    const Place place;
    std::unique_ptr<Tables> tables;
    std::vector<AttachmentId> attachments;  ///< by segment
    double load_seconds = 0;                ///< of the rows

    /// Bytes of the process's memory that came with the tables.
    std::uint64_t resident_bytes = 0;
};

/// Numbers without a pattern, quickly (Marsaglia 2003).
class Xorshift {
public:
    /// One of `bound` numbers from 0 on.
    std::uint32_t below(std::uint32_t bound) noexcept
    {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return static_cast<std::uint32_t>((state_ >> 32) * bound >> 32);
    }

private:
    std::uint64_t state_ = 0x9e37'79b9'7f4a'7c15;
};

}  // namespace ferry::bench
