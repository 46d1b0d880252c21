// Which VNIs: all of them, or a few ranges.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <ferry/wire/address.hpp>

namespace ferryd {

/// By itself it has none.
class VniSet {
public:
    struct Range {
        std::uint32_t first = 0, last = 0;
        friend bool operator==(const Range&, const Range&) = default;
    };

    static VniSet all()
    {
        VniSet set;
        set.ranges_ = {{0, 0xff'ffff}};
        return set;
    }
    /// `first` is not above `last`.
    void add(std::uint32_t first, std::uint32_t last) { ranges_.push_back({first, last}); }
    bool contains(ferry::Vni vni) const noexcept
    {
        return std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& range) {
            return range.first <= vni.value() && vni.value() <= range.last;
        });
    }
    /// "all", "none", or "100, 200-299".
    std::string to_string() const
    {
        if (*this == all())
            return "all";
        std::string text;
        for (const Range& range : ranges_) {
            text += (text.empty() ? "" : ", ") + std::to_string(range.first);
            if (range.last != range.first)
                text += "-" + std::to_string(range.last);
        }
        return text.empty() ? "none" : text;
    }
    friend bool operator==(const VniSet&, const VniSet&) = default;

private:
    std::vector<Range> ranges_;
};

}  // namespace ferryd
