// Names of measurements in the manner of FD.io CSIT.
#pragma once

#include <string>
#include <string_view>

#include "traffic/frame_size.hpp"
#include "traffic/plan.hpp"

namespace ferry::bench {

/// "64b-1c-ethip4udp--ethip4vxlan-l2bdscale1l2bd1kmac64vxlan-ndrpdr": frame size, the DUT's cores, encapsulations on
/// both sides, what forwards and how much of it there is, and the test ("ndrpdr", "latency", "lossrate", "backtoback").
/// With one segment, endpoint and remote the third part is "l2bdbase"; of plain traffic it is "l2xcbase", and the
/// second has one side.
std::string case_name(const Plan& plan, const FrameSize& size, unsigned cores, std::string_view test);

/// 1 → "1", 1000 → "1k", 1024 → "1024", 10000000 → "10m".
std::string short_number(std::uint32_t number);

}  // namespace ferry::bench
