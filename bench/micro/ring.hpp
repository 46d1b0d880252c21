// Frames as a driver leaves them, burst after burst.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <rte_mbuf.h>

namespace ferry::bench {

inline constexpr std::size_t burst_size = 32;

/// Where a frame's bytes are when the burst begins. The mbuf itself is in the first cache: the driver has just filled
/// it.
enum class Frames : std::int64_t {
    warm,    ///< 512 buffers in turn: in the first or second cache
    placed,  ///< 8,192 buffers in turn, their bytes in the last cache, where a NIC's direct cache access puts them
};

/// Bursts over a ring of buffers whose frames are laid out once and set right again, outside the measured time,
/// whenever their turn comes. Of a frame only the first 128 bytes are set right: the engine writes to no others.
class Ring {
public:
    /// `write` lays out the frame of a number at the given place and returns its length, up to 9,600 bytes.
    Ring(Frames frames, const std::function<std::size_t(std::size_t number, std::uint8_t* place)>& write);
    ~Ring();
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    /// The next `burst_size` frames, as received. Where it is given, `change` may write to the first bytes of each.
    rte_mbuf** next(const std::function<void(std::uint8_t* bytes)>& change = {});

private:
    static constexpr std::size_t kept = 128;
    struct Template {
        std::uint16_t data_offset, length;
        std::uint8_t bytes[kept];
    };
    std::vector<rte_mbuf*> frames_;
    std::vector<Template> templates_;
    std::size_t at_ = 0;
    Frames place_;
};

}  // namespace ferry::bench
