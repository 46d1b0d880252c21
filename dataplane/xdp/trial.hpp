// What an XDP program would do with a frame, without a frame on any wire (BPF_PROG_TEST_RUN).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace ferryd {

struct ReceiveQueue {
    int interface = 0;  ///< its index
    std::uint32_t number = 0;
};

/// Runs the program over the Ethernet frame, of 14 bytes at least, as if it had come by the queue; without one, by the
/// loopback's first. Returns its verdict (enum xdp_action), or nothing, with errno, where the kernel does not run it: EINVAL
/// where the interface has no such queue.
std::optional<std::uint32_t> trial_verdict(int program, std::span<const std::uint8_t> frame,
                                           std::optional<ReceiveQueue> queue = std::nullopt);

}  // namespace ferryd
