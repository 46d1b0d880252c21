#include "traffic/probe.hpp"

#include <array>

#include <ferry/wire/checksum.hpp>

namespace ferry::bench {
namespace {

constexpr wire::be16 signature{0xfe77};

wire::be16 check_of(const ProbeHeader& header) noexcept
{
    return wire::InternetSum{}.add(signature).add(&header, sizeof(header) - sizeof(header.check)).checksum();
}

constexpr std::array<std::uint8_t, most_filler> make_filler() noexcept
{
    std::array<std::uint8_t, most_filler> bytes{};
    std::uint32_t state = 0x2545'f491;
    for (std::uint8_t& byte : bytes) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<std::uint8_t>(state >> 24);
    }
    return bytes;
}

const std::array<std::uint8_t, most_filler> filler_bytes = make_filler();

}  // namespace

void write_probe(const Probe& probe, std::uint8_t* payload) noexcept
{
    auto& header = wire::header_at<ProbeHeader>(payload);
    header.trial = wire::be16{probe.trial};
    header.flow = wire::be32{probe.flow};
    header.sequence = wire::be32{probe.sequence};
    header.time_high = wire::be16{static_cast<std::uint16_t>(probe.time >> 32)};
    header.time_low = wire::be32{static_cast<std::uint32_t>(probe.time)};
    header.check = check_of(header);
}

std::optional<Probe> read_probe(std::span<const std::uint8_t> payload) noexcept
{
    if (payload.size() < sizeof(ProbeHeader))
        return std::nullopt;
    const auto& header = wire::header_at<ProbeHeader>(payload.data());
    if (header.check != check_of(header))
        return std::nullopt;
    return Probe{header.trial.host(), header.flow.host(), header.sequence.host(),
                 std::uint64_t{header.time_high.host()} << 32 | header.time_low.host()};
}

std::span<const std::uint8_t> filler(std::size_t length) noexcept
{
    return std::span{filler_bytes}.first(length);
}

}  // namespace ferry::bench
