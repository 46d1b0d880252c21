// What has become of a frame on its way: compared with what was to come, byte by byte.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "traffic/plan.hpp"
#include "traffic/probe.hpp"

namespace ferry::bench {

enum class Verdict : std::uint8_t {
    good,
    other,       ///< not one of the tester's: ARP, LLDP and the like
    corrupted,   ///< one of the tester's, of which a byte has changed
    not_vxlan,   ///< a plain frame of the tester's where VXLAN was to come, or the other way round
    wrong_port,  ///< VXLAN to another UDP port
    wrong_vni,   ///< VXLAN of another segment
    wrong_remote,  ///< VXLAN to another VTEP
    bad_outer,   ///< an outer header that is wrong in itself: lengths, checksum, flags
};
inline constexpr std::size_t verdict_count = 8;
inline constexpr std::array<std::string_view, verdict_count> verdict_names{
    "good", "other", "corrupted", "not_vxlan", "wrong_port", "wrong_vni", "wrong_remote", "bad_outer"};

struct Judgement {
    Verdict verdict = Verdict::other;
    Probe probe{};  ///< of a frame that is good
};

/// Judges a frame without its FCS, whose bytes are all in `frame`.
Judgement judge(const Plan& plan, std::span<const std::uint8_t> frame) noexcept;

}  // namespace ferry::bench
