// Frame sizes as RFC 2544 counts them: Ethernet header to FCS.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ferry/error.hpp>

namespace ferry::bench {

inline constexpr std::uint16_t fcs_size = 4;
inline constexpr std::uint16_t smallest_frame = 64, largest_frame = 9216;

/// One size, or a mix of sizes that come in turn.
class FrameSize {
public:
    /// "64" to "9216", or "imix", in any case: 64, 570 and 1518 bytes as 7:4:1, FD.io CSIT's IMIX_v4_1. Fails with
    /// invalid_argument.
    static Expected<FrameSize> parse(std::string_view text);

    /// As case names have it: "64b", "imix".
    std::string name() const;
    /// As people read it: "64", "IMIX".
    std::string label() const;

    /// The size of the frame with this number, FCS included.
    std::uint16_t of_frame(std::uint64_t number) const noexcept { return turn_[number % turn_.size()]; }
    std::uint16_t largest() const noexcept;
    double average() const noexcept;

private:
    explicit FrameSize(std::vector<std::uint16_t> turn) : turn_(std::move(turn)) {}
    std::vector<std::uint16_t> turn_;
};

/// Frames a second that fit a link of this speed, with preamble and gap of 20 bytes a frame (RFC 2544 appendix B).
double line_rate(double bits_per_second, double frame_size) noexcept;

}  // namespace ferry::bench
