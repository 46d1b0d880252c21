// Frames from the capture files of tests/packets/captures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ferry::test {

using Bytes = std::vector<std::uint8_t>;

/// Returns all frames of `name`.pcap in order, each whole. Throws std::runtime_error when the file cannot be read,
/// holds no frame, is not of Ethernet link type or has a frame cut short.
std::vector<Bytes> read_capture(const std::string& name);

}  // namespace ferry::test
