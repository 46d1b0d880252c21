#include "traffic/frame_size.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

#include <fmt/format.h>

namespace ferry::bench {

Expected<FrameSize> FrameSize::parse(std::string_view text)
{
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    if (lower == "imix")
        return FrameSize({64, 570, 64, 64, 570, 64, 1518, 64, 570, 64, 64, 570});
    std::uint32_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc{} || end != text.data() + text.size() || size < smallest_frame || size > largest_frame)
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("\"{}\" is no frame size; it is a number of bytes from {} to {}, the FCS included, or imix",
                        text, smallest_frame, largest_frame));
    return FrameSize({static_cast<std::uint16_t>(size)});
}

std::string FrameSize::name() const
{
    return turn_.size() == 1 ? fmt::format("{}b", turn_.front()) : "imix";
}

std::string FrameSize::label() const
{
    return turn_.size() == 1 ? std::to_string(turn_.front()) : "IMIX";
}

std::uint16_t FrameSize::largest() const noexcept
{
    return *std::max_element(turn_.begin(), turn_.end());
}

double FrameSize::average() const noexcept
{
    return std::accumulate(turn_.begin(), turn_.end(), 0.0) / static_cast<double>(turn_.size());
}

double line_rate(double bits_per_second, double frame_size) noexcept
{
    return bits_per_second / 8 / (frame_size + 20);
}

}  // namespace ferry::bench
