// What the benchmarks of bursts share: frames as a driver leaves them, and times in nanoseconds and TSC cycles a frame.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>
#include <rte_mbuf.h>

#include <ferry/control/transaction.hpp>
#include <ferry/engine/worker.hpp>

namespace ferry::bench {

inline constexpr std::size_t burst_size = 32;
inline constexpr std::size_t endpoints = 1024;
inline constexpr std::size_t remote_vteps = 64;
inline constexpr std::size_t inner_size = 60;  ///< 64 bytes on a wire, with the FCS

/// Where a frame's bytes are when the burst begins. The mbuf itself is in the first cache: the driver has just filled
/// it.
enum class Frames : std::int64_t {
    warm,    ///< 512 buffers in turn: in the first or second cache
    placed,  ///< 8,192 buffers in turn, their bytes in the last cache, where a NIC's direct cache access puts them
};

/// Tables of one segment (VNI 100): `endpoints` endpoints behind `remote_vteps` VTEPs, as many behind `local`
/// attachments, and a worker over them. Every attachment may use any source where the segment learns, else only its
/// endpoints' own.
class Switch {
public:
    Switch(bool learning, std::size_t local);

    static MacAddress remote_mac(std::size_t endpoint) noexcept;
    static MacAddress local_mac(std::size_t endpoint) noexcept;
    static Ipv4Address vtep_of(std::size_t endpoint) noexcept;

    std::unique_ptr<Tables> tables;
    std::unique_ptr<Worker> worker;
    std::vector<AttachmentId> attachments;
};

/// Bursts over a ring of buffers whose frames are laid out once and set right again, outside the measured time,
/// whenever their turn comes.
class Ring {
public:
    /// `write` lays out the frame of a number at the given place and returns its length.
    Ring(Frames frames, const std::function<std::size_t(std::size_t number, std::uint8_t* place)>& write);
    ~Ring();
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    /// The next `burst_size` frames, as received.
    rte_mbuf** next();

private:
    struct Template {
        std::uint16_t data_offset, length;
        std::uint8_t bytes[128];
    };
    std::vector<rte_mbuf*> frames_;
    std::vector<Template> templates_;
    std::size_t at_ = 0;
    Frames place_;
};

/// Runs `take` on bursts of the ring and reports the median burst, which other programs on the machine disturb less
/// than the mean: `cycles` and `ns` a frame, and the mean cycles besides.
void run(benchmark::State& state, Ring& ring, const std::function<void(rte_mbuf**)>& take);

}  // namespace ferry::bench
